/*
 * Which chunks must be authenticated, for headers in upstream/.
 */
#ifndef REQUIRED_AUTH_H
#define REQUIRED_AUTH_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_auth.h>

/*
 * Upstream asks whether DATA must be authenticated where it means the chunk that carries messages. On an association
 * that uses I-DATA this is I-DATA, which has its own entry in the list (RFC 4895 6, RFC 8260).
 */
static inline int link_is_auth_required(const struct sctp_tcb *stcb, uint8_t chunk,
                                        const struct sctp_auth_chklist *list)
{
	uint8_t meant = chunk == SCTP_DATA && stcb->asoc.idata_supported ? SCTP_IDATA : chunk;

	return list != NULL && list->chunks[meant] != 0;
}

#endif
