/*
 * The size of fragments. For headers of upstream/.
 */
#ifndef FRAGMENT_SIZE_H
#define FRAGMENT_SIZE_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/* What an option tells of an association: SCTP_MAXSEG what was set, 0 if nothing was; SCTP_STATUS what comes of it. */
int link_reported_frag_point(struct sctp_tcb *stcb, int option);

/*
 * A fragment of a message that isn't complete yet is no larger than those of complete ones. sctp_can_we_split_this()
 * lets it fill the packet: without room for the AUTH chunk that DATA may need, the packet never leaves, and SCTP_MAXSEG
 * doesn't count.
 */
static inline void link_limit_fragment(uint32_t *space_left, uint32_t frag_point)
{
	*space_left = min(*space_left, frag_point);
}

#endif
