/*
 * The size of the send buffer, for headers in upstream/. On a one-to-many socket each association has its own: see
 * buffers.c.
 */
#ifndef SEND_LIMIT_H
#define SEND_LIMIT_H

#include "fixes/extra_fields.h"

static inline uint32_t link_extra_send_bytes(const struct sctp_tcb *stcb)
{
	return stcb != NULL ? extra_of(stcb)->send.bytes : 0;
}

#undef SCTP_SB_LIMIT_SND
#define SCTP_SB_LIMIT_SND(so) ((so)->so_snd.sb_hiwat + link_extra_send_bytes(stcb))

#endif
