/*
 * Several stacks behind the same addresses: what tells their packets apart. A stack that has share `index` of `of` chooses
 * verification tags with tag mod of == index. They are in INIT, in INIT ACK and in its cookie, so every later packet of
 * the peer carries one (RFC 9260 3.1), and shows which stack it is for. The host learns the peer's addresses, for the
 * packets without such a tag: INIT, and ABORT and SHUTDOWN COMPLETE with the T bit.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctputil.h>

#include "host.h"
#include "fixes/fixes.h"
#include "link.h"
#include "tuning/tuning.h"

#define FIRST_PORT 49152 /* dynamic ports: RFC 6335 6 */
#define PORTS 16384

static uint32_t share_index, share_of = 1;

/*
 * Sockets that aren't bound get ports of the share, too: two stacks that connect to the same peer from the same port
 * would be one association to that peer.
 */
EXPORT void link_share(uint32_t index, uint32_t of)
{
	share_index = index;
	share_of = of;
	ipport_firstauto = (int)(FIRST_PORT + index * PORTS / of);
	ipport_lastauto = (int)(FIRST_PORT + (index + 1) * PORTS / of - 1);
}

/* Replaces upstream's function, which takes any number but 0. All tags of the share are equally likely. */
uint32_t sctp_select_a_tag(struct sctp_inpcb *inp, uint16_t local_port, uint16_t remote_port, int check)
{
	struct timeval now;
	uint32_t tag;

	(void)SCTP_GETTIME_TIMEVAL(&now);
	do {
		tag = sctp_select_initial_TSN(&inp->sctp_ep);
		tag -= tag % share_of;
	} while (tag > UINT32_MAX - share_index || tag + share_index == 0 ||
	         (check && !timewait_is_vtag_good(tag + share_index, local_port, remote_port, &now)));
	return tag + share_index;
}

void share_path(const struct sockaddr *peer, uint32_t ports, int is_added)
{
	const union sctp_sockstore *address = (const union sctp_sockstore *)peer;

	if (share_of > 1 && peer->sa_family != AF_CONN) {
		uint32_t family = peer->sa_family == AF_INET ? 4 : 6;

		host_path(link_ip_address(address, family), family, ports, (uint32_t)is_added);
	}
}
