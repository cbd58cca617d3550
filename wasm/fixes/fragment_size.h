/*
 * The size of fragments, for headers in upstream/.
 */
#ifndef FRAGMENT_SIZE_H
#define FRAGMENT_SIZE_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/* The value that an option reports: for SCTP_MAXSEG what was set, or 0; for SCTP_STATUS the resulting size. */
int link_reported_frag_point(struct sctp_tcb *stcb, int option);

/*
 * A fragment of an unfinished message is limited like those of a complete one. sctp_can_we_split_this() lets it fill
 * the packet. Then there is no room for the AUTH chunk that DATA may need, and the packet never leaves; and SCTP_MAXSEG
 * has no effect.
 */
static inline void link_limit_fragment(uint32_t *space_left, uint32_t frag_point)
{
	*space_left = min(*space_left, frag_point);
}

#endif
