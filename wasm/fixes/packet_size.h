/*
 * The size of fragments. For headers of upstream/.
 */
#ifndef PACKET_SIZE_H
#define PACKET_SIZE_H

#include <netinet/sctp_os.h>

/*
 * A fragment of a message that isn't complete yet is no larger than those of complete ones. sctp_can_we_split_this() lets it
 * fill the packet: without room for the AUTH chunk that DATA may need, the packet never leaves, and SCTP_MAXSEG doesn't count.
 */
static inline void link_limit_fragment(uint32_t *space_left, uint32_t frag_point)
{
	*space_left = min(*space_left, frag_point);
}

#endif
