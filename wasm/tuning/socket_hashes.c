/*
 * The size of the hash tables of sockets.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "link.h"

/*
 * Upstream gives a one-to-many socket 256 buckets for its associations by port, and 32 for them by id. With 20,000
 * associations each bucket would hold hundreds.
 */
#define BUCKETS 1024

static int has_one_association;

/* Replaces SCTP_HASH_INIT. */
void *link_hash_init(uint32_t buckets, u_long *mark)
{
	return sctp_hashinit_flags(has_one_association ? 1 : (int)max(buckets, BUCKETS), M_PCB, mark, HASH_NOWAIT);
}

/*
 * A one-to-one socket, accepted or not, has one association, so one bucket is enough for each of its tables. Upstream
 * gives it 256 and 32 buckets. That is more than a kilobyte to initialize and free with each association, an eighth of
 * what an idle association takes.
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
 * The hash of ports, before it is reduced to the size of the table. Upstream uses the lowest bits of a port in network
 * byte order; for the two ports of an association it combines them by OR. A server that accepts on one port found all
 * of its associations in 16 of 1,024 buckets. Here all bits count.
 */
uint32_t link_hash_of_ports(uint32_t ports)
{
	return ports * 0x9e3779b1u >> 16;
}
