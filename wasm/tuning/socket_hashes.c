/*
 * Hash tables of sockets, as large as they need to be.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "link.h"

/*
 * Upstream gives a one-to-many socket 256 places for its associations by their ports, and 32 for them by their ids:
 * with 20,000 of them each is looked for among hundreds.
 */
#define BUCKETS 1024

static int has_one_association;

/* Stands in for SCTP_HASH_INIT. */
void *link_hash_init(uint32_t buckets, u_long *mark)
{
	return sctp_hashinit_flags(has_one_association ? 1 : (int)max(buckets, BUCKETS), M_PCB, mark, HASH_NOWAIT);
}

/*
 * Of both its tables of associations a one-to-one socket, be it accepted, needs a single place. Upstream gives it 256
 * and 32: more than a kilobyte, which is an eighth of what an idle end takes, to be written and freed with each
 * association.
 */
int link_inpcb_alloc(struct socket *so, uint32_t vrf_id)
{
	int error;

	has_one_association = so->so_type == SOCK_STREAM;
	error = sctp_inpcb_alloc(so, vrf_id);
	has_one_association = 0;
	return error;
}

/*
 * The place of ports in these tables, before it is cut to their size. Upstream takes the lowest bits of a port, as it
 * stands in a packet, and of the two ports of an association the bits that either has: a server that accepts on one
 * port found all of its associations in 16 of 1,024 places. Here all bits have their part.
 */
uint32_t link_hash_of_ports(uint32_t ports)
{
	return ports * 0x9e3779b1u >> 16;
}
