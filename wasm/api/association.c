/*
 * Describes an association and its paths in one call: what SCTP_STATUS, SCTP_GET_PEER_ADDRESSES,
 * SCTP_GET_LOCAL_ADDRESSES and, for each path, SCTP_GET_PEER_ADDR_INFO and SCTP_REMOTE_UDP_ENCAPS_PORT return. A dozen
 * calls would take most of the time of a set-up.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "api/handles.h"
#include "link.h"

struct sctp_tcb *association_of(int handle, sctp_assoc_t id)
{
	struct socket *so = socket_of(handle);

	return so != NULL ? association_in(so, id) : NULL;
}

struct sctp_tcb *association_in(struct socket *so, sctp_assoc_t id)
{
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb;

	if (inp == NULL) {
		return NULL;
	}
	if ((inp->sctp_flags & (SCTP_PCB_FLAGS_TCPTYPE | SCTP_PCB_FLAGS_IN_TCPPOOL)) == 0) {
		return sctp_findassociation_ep_asocid(inp, id, 1);
	}
	stcb = LIST_FIRST(&inp->sctp_asoc_list);
	if (stcb != NULL) {
		SCTP_TCB_LOCK(stcb);
	}
	return stcb;
}

static uint32_t state_of(const struct sctp_nets *net)
{
	if (net->dest_state & SCTP_ADDR_UNCONFIRMED) {
		return SCTP_UNCONFIRMED;
	}
	return net->dest_state & SCTP_ADDR_REACHABLE ? SCTP_ACTIVE : SCTP_INACTIVE;
}

static void tell_path(const struct sctp_tcb *stcb, const struct sctp_nets *net, struct link_path_state *path)
{
	const union sctp_sockstore *to = &net->ro._l_addr;
	int is_ipv4 = to->sa.sa_family == AF_INET, is_ipv6 = to->sa.sa_family == AF_INET6;
	uint32_t headers = is_ipv4 ? SCTP_MIN_V4_OVERHEAD : is_ipv6 ? SCTP_MIN_OVERHEAD : sizeof(struct sctphdr);

	*path = (struct link_path_state){
	    .family = is_ipv4 ? 4 : is_ipv6 ? 6 : 0,
	    .state = state_of(net),
	    .cwnd_bytes = net->cwnd,
	    .srtt_ms = (uint32_t)net->lastsa >> SCTP_RTT_SHIFT,
	    .rto_ms = link_rto_ms(stcb, net),
	    .mtu_bytes = net->mtu - headers,
	    .port = ntohs(net->port),
	};
	if (is_ipv4) {
		memcpy(path->address, &to->sin.sin_addr, sizeof(to->sin.sin_addr));
	} else if (is_ipv6) {
		memcpy(path->address, &to->sin6.sin6_addr, sizeof(to->sin6.sin6_addr));
	}
}

static uint8_t *tell_local(struct sctp_tcb *stcb, struct sctp_ifa *ifa, uint8_t *at, const uint8_t *end)
{
	size_t bytes = ifa->address.sa.sa_family == AF_INET    ? sizeof(struct sockaddr_in)
	               : ifa->address.sa.sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                                       : sizeof(struct sockaddr_conn);

	if (sctp_is_addr_restricted(stcb, ifa) || bytes > (size_t)(end - at)) {
		return at;
	}
	memcpy(at, &ifa->address, bytes);
	return at + bytes;
}

/*
 * Writes what SCTP_GET_LOCAL_ADDRESSES lists: see upstream's sctp_fill_up_addresses_vrf(). We don't use that option,
 * because a JavaScript engine takes half a millisecond to compile sctp_getopt(), which a first association doesn't need
 * otherwise.
 */
static uint8_t *tell_locals(struct sctp_tcb *stcb, uint8_t *at, const uint8_t *end)
{
	struct sctp_inpcb *inp = stcb->sctp_ep;
	struct sctp_vrf *vrf = sctp_find_vrf(inp->def_vrf_id);
	struct sctp_laddr *bound;
	struct sctp_ifn *ifn;
	struct sctp_ifa *ifa;

	if ((inp->sctp_flags & SCTP_PCB_FLAGS_BOUNDALL) == 0) {
		LIST_FOREACH(bound, &inp->sctp_addr_list, sctp_nxt_addr) {
			at = tell_local(stcb, bound->ifa, at, end);
		}
		return at;
	}
	LIST_FOREACH(ifn, &vrf->ifnlist, next_ifn) {
		LIST_FOREACH(ifa, &ifn->ifalist, next_ifa) {
			if (sctp_is_address_in_scope(ifa, &stcb->asoc.scope, 0)) {
				at = tell_local(stcb, ifa, at, end);
			}
		}
	}
	return at;
}

/*
 * Writes a struct link_association_state, a struct link_path_state for each path, and the sockaddrs of the local
 * addresses. Returns the number of bytes, or -ENOENT.
 */
EXPORT int bridge_association(int handle, sctp_assoc_t id, uint8_t *buffer, uint32_t capacity)
{
	struct sctp_tcb *stcb = association_of(handle, id);
	struct link_association_state *about = (struct link_association_state *)buffer;
	struct link_path_state *path = (struct link_path_state *)(about + 1);
	struct sctp_nets *net;
	uint8_t *end;

	if (stcb == NULL) {
		return -ENOENT;
	}
	*about = (struct link_association_state){
	    .primary = UINT32_MAX,
	    .window_bytes = stcb->asoc.peers_rwnd,
	    .unacknowledged = stcb->asoc.sent_queue_cnt,
	    .pending = stcb->asoc.cnt_on_reasm_queue + stcb->asoc.cnt_on_all_streams,
	    .inbound = stcb->asoc.streamincnt,
	    .outbound = stcb->asoc.streamoutcnt,
	    .fragmentation_point = (uint32_t)UPSTREAM_FRAG_POINT(stcb),
	    .local_port = ntohs(stcb->sctp_ep->sctp_lport),
	    .remote_port = ntohs(stcb->rport),
	};
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if ((uint8_t *)(path + 1) > buffer + capacity) {
			break;
		}
		tell_path(stcb, net, path);
		if (net == stcb->asoc.primary_destination) {
			about->primary = about->path_count;
		}
		about->path_count++;
		path++;
	}
	end = tell_locals(stcb, (uint8_t *)path, buffer + capacity);
	SCTP_TCB_UNLOCK(stcb);
	return (int)(end - buffer);
}
