/*
 * Local addresses and routes: which addresses the host has, and which one leads to a destination. The host answers, and
 * this file gives usrsctp's source address selection what it expects.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>
#include <netinet/udp.h>

#include "host.h"
#include "link.h"
#include "network/network.h"
#include "fixes/fixes.h"
#include "tuning/tuning.h"

int link_sockaddr(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port)
{
	memset(store, 0, sizeof(*store));
	if (family == 4) {
		store->sin.sin_family = AF_INET;
		store->sin.sin_port = port;
		memcpy(&store->sin.sin_addr, address, sizeof(store->sin.sin_addr));
	} else if (family == 6) {
		store->sin6.sin6_family = AF_INET6;
		store->sin6.sin6_port = port;
		memcpy(&store->sin6.sin6_addr, address, sizeof(store->sin6.sin6_addr));
	}
	return family == 4 || family == 6;
}

static int is_loopback(const struct sockaddr *address)
{
	if (address->sa_family == AF_INET) {
		return IN4_ISLOOPBACK_ADDRESS(&((const struct sockaddr_in *)address)->sin_addr);
	}
	return address->sa_family == AF_INET6 && IN6_IS_ADDR_LOOPBACK(&((const struct sockaddr_in6 *)address)->sin6_addr);
}

/* usrsctp recognizes the loopback interface by a name that begins with "lo". */
static const char *interface_name(const union sctp_sockstore *address)
{
	return is_loopback(&address->sa) ? "lo" : "ip";
}

/*
 * Decides whether an association has loopback scope. Upstream requires that the peer's address is one of ours. But
 * 127.0.0.2 may belong to another stack. Without loopback scope our loopback addresses couldn't be used for it, and no
 * INIT would be sent.
 */
int sctp_is_address_on_local_host(struct sockaddr *address, uint32_t vrf_id)
{
	return is_loopback(address) || sctp_find_ifa_by_addr(address, vrf_id, SCTP_ADDR_NOT_LOCKED) != NULL;
}

static int is_link_local(const union sctp_sockstore *address)
{
	return address->sa.sa_family == AF_INET6 && IN6_IS_ADDR_LINKLOCAL(&address->sin6.sin6_addr);
}

/*
 * Link-local addresses: upstream never sets local_scope, and never sends from them. Here an association may use them if
 * it has a link-local path. They aren't listed in INIT and INIT ACK, since the list can't say on which link they are
 * valid: the peer learns the one that the packet is sent from.
 */
int upstream_is_address_in_scope(struct sctp_ifa *ifa, struct sctp_scoping *scope, int do_update);
struct mbuf *upstream_add_addresses(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_scoping *scope,
                                    struct mbuf *end, int count, uint16_t *padding, uint16_t *length);

int sctp_is_address_in_scope(struct sctp_ifa *ifa, struct sctp_scoping *scope, int do_update)
{
	if (is_link_local(&ifa->address)) {
		return scope->ipv6_addr_legal && scope->local_scope;
	}
	return upstream_is_address_in_scope(ifa, scope, do_update);
}

struct mbuf *sctp_add_addresses_to_i_ia(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_scoping *scope,
                                        struct mbuf *end, int count, uint16_t *padding, uint16_t *length)
{
	struct sctp_scoping listed = *scope;

	listed.local_scope = 0;
	return upstream_add_addresses(inp, stcb, &listed, end, count, padding, length);
}

void link_set_local_scope(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		stcb->asoc.scope.local_scope |= is_link_local(&net->ro._l_addr);
	}
}

/*
 * Adds a local address as interface number `index`, from 1. With `dynamic`, existing associations learn of it if their
 * options say so.
 */
EXPORT int link_add_address(const uint8_t *address, uint32_t family, uint32_t index, int dynamic)
{
	union sctp_sockstore store;
	struct sctp_ifa *ifa;

	if (!link_sockaddr(&store, (uint8_t)family, address, 0)) {
		return -EAFNOSUPPORT;
	}
	ifa = sctp_add_addr_to_vrf(SCTP_DEFAULT_VRFID, NULL, index, 0, interface_name(&store), NULL, &store.sa, 0, dynamic);
	if (ifa == NULL) {
		return -ENOBUFS;
	}
	if (dynamic) {
		link_local_address_added(ifa);
		link_adding_address();
	} else {
		ifa->localifa_flags &= ~SCTP_ADDR_DEFER_USE;
	}
	return 0;
}

EXPORT int link_remove_address(const uint8_t *address, uint32_t family, uint32_t index)
{
	union sctp_sockstore store;

	if (!link_sockaddr(&store, (uint8_t)family, address, 0)) {
		return -EAFNOSUPPORT;
	}
	UPSTREAM_DELETE_ADDRESS(&store.sa, index);
	link_forget_restricted(&store.sa);
	return 0;
}

static uint32_t interface_to(const union sctp_sockstore *to, uint32_t mtu[2])
{
	int is_ipv4 = to->sa.sa_family == AF_INET;

	return host_route(is_ipv4 ? (const uint8_t *)&to->sin.sin_addr : (const uint8_t *)&to->sin6.sin6_addr,
	                  is_ipv4 ? 4 : 6, mtu);
}

uint32_t link_interface_to(const struct sctp_nets *net)
{
	uint32_t mtu[2];

	return net->ro._l_addr.sa.sa_family == AF_CONN ? 1 : interface_to(&net->ro._l_addr, mtu);
}

/*
 * Replaces sctp_userspace_rtalloc(): asks the host for a route. Without one ro_rt stays NULL, and usrsctp returns
 * EHOSTUNREACH. The interface number is stored in rt_ifa, because rt_ifp would change the order in which
 * sctp_add_remote_addr() lists the peer's addresses.
 */
void link_route(sctp_route_t *route, struct sctp_nets *net)
{
	uint32_t interface, mtu[2] = {0, 0};
	struct link_path *path;

	if (route->ro_rt != NULL) {
		route->ro_rt->rt_refcnt++;
		return;
	}
	interface = interface_to((const union sctp_sockstore *)&route->ro_dst, mtu);
	if (interface == 0) {
		return;
	}
	path = link_calloc(1, sizeof(*path));
	path->route.rt_refcnt = 1;
	path->route.rt_ifa = (struct ifaddr *)(uintptr_t)interface;
	path->route.rt_rmx.rmx_mtu = net != NULL ? link_mtu_of_route(net, path->route.rt_ifa, mtu) : mtu[0];
	route->ro_rt = &path->route;
}

/* Upstream's RTFREE() calls this. Upstream's own function only counts references. */
void link_release_route(sctp_rtentry_t *route)
{
	if (--route->rt_refcnt == 0) {
		link_free(route);
	}
}

uint32_t link_ip_header_bytes(const struct sctp_nets *net)
{
	switch (net->ro._l_addr.sa.sa_family) {
	case AF_INET:
		return sizeof(struct ip);
	case AF_INET6:
		return sizeof(struct ip6_hdr);
	default:
		return 0;
	}
}

/*
 * A new path gets its route and the MTU of that, unless the application has set one (SCTP_PEER_ADDR_PARAMS). All paths
 * of an association are limited to the room of the smallest one after the IP header, which is larger in IPv6. The
 * reason is that a chunk may have to be retransmitted on any path (RFC 9260 6.9), but sctp_can_we_split_this() sizes a
 * fragment of an unfinished message for the path that it is sent on first.
 */
void link_new_path(struct sctp_tcb *stcb, struct sctp_nets *added)
{
	struct sctp_nets *net;

	stcb->asoc.scope.local_scope |= is_link_local(&added->ro._l_addr);
	tables_path_added(stcb, added);
	link_route((sctp_route_t *)&added->ro, added);
	if (stcb->asoc.default_mtu > 0) {
		return;
	}
	if (added->ro.ro_rt != NULL) {
		added->mtu = added->ro.ro_rt->rt_rmx.rmx_mtu; /* sctp_add_remote_addr() subtracts the UDP header */
	} else if (!TAILQ_EMPTY(&stcb->asoc.nets)) {
		added->mtu = UINT32_MAX; /* no route: limited by the other paths only */
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		uint32_t udp_bytes = net->port != 0 ? (uint32_t)sizeof(struct udphdr) : 0;
		uint32_t room = net->mtu + udp_bytes - link_ip_header_bytes(net);
		uint32_t added_room = added->mtu - link_ip_header_bytes(added);

		if (room < added_room) {
			added->mtu = room + link_ip_header_bytes(added);
		} else if ((net->dest_state & SCTP_ADDR_NO_PMTUD) == 0) {
			net->mtu = added_room + link_ip_header_bytes(net) - udp_bytes;
		}
	}
}

/* If the route of a path has changed, the path gets its source address anew, and sends something from there at once. */
static void reroute(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_net_route now = net->ro;
	int has_changed;

	if (net->ro.ro_rt == NULL || net->ro._l_addr.sa.sa_family == AF_CONN) {
		return;
	}
	now.ro_rt = NULL;
	link_route((sctp_route_t *)&now, NULL);
	if (now.ro_rt == NULL) {
		return;
	}
	has_changed = now.ro_rt->rt_ifa != net->ro.ro_rt->rt_ifa;
	if (has_changed) {
		link_release_route(net->ro.ro_rt);
		net->ro.ro_rt = NULL;
		if (net->ro._s_addr != NULL) {
			sctp_free_ifa(net->ro._s_addr);
			net->ro._s_addr = NULL;
		}
		net->src_addr_selected = 0;
	}
	link_release_route(now.ro_rt);
	if (has_changed) {
		link_resume_path(stcb, net);
	}
}

/*
 * Routes may have changed. Upstream keeps the route of a path until that path fails (sctp_timer.c, sctp_t3rxt_timer()).
 * But an end that only receives has no time-outs, and would send its SACKs over a dead route until the sender gives the
 * path up. A path that has no route now keeps its old one, and its time-outs decide.
 */
EXPORT void link_reroute(void)
{
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;
	struct sctp_nets *net;

	FOREACH_ASSOCIATION(inp, stcb) {
		SCTP_TCB_LOCK(stcb);
		TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
			reroute(stcb, net);
		}
		link_send_held_back(stcb);
		SCTP_TCB_UNLOCK(stcb);
	}
}

/* Interfaces have no MTU here; routes have one. */
int sctp_userspace_get_mtu_from_ifn(UPSTREAM_MTU_PARAMETERS)
{
	return 0;
}
