/*
 * Local addresses that were deleted and come back (RFC 5061 5.3): sctp_asconf_queue_mgmt(), sctp_asconf_queue_add(),
 * sctp_is_addr_pending(), sctp_compose_asconf(). Upstream's main corrects the size of an ASCONF, but not its lookup
 * address (f972096d).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_asconf.h>
#include <netinet/sctp_auth.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "network/network.h"

/* The first request of this type for an address that the peer hasn't answered yet. */
static const struct sctp_asconf_addr *find_request(const struct sctp_tcb *stcb, uint16_t type, struct sctp_ifa *ifa)
{
	const struct sctp_asconf_addr *request;

	TAILQ_FOREACH(request, &stcb->asoc.asconf_queue, next) {
		if (request->ap.aph.ph.param_type == type && request->ifa != NULL &&
		    sctp_cmpaddr(&request->ifa->address.sa, &ifa->address.sa)) {
			return request;
		}
	}
	return NULL;
}

int link_is_usable_address(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	return (ifa->localifa_flags & SCTP_BEING_DELETED) == 0 && !sctp_is_addr_restricted(stcb, ifa) &&
	       sctp_is_address_in_scope(ifa, &stcb->asoc.scope, 0) &&
	       ((stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_BOUNDALL) != 0 || sctp_is_addr_in_ep(stcb->sctp_ep, ifa));
}

struct sctp_ifa *link_usable_address(struct sctp_tcb *stcb, sa_family_t family, const struct sctp_ifa *but)
{
	struct sctp_ifn *ifn;
	struct sctp_ifa *ifa;

	LIST_FOREACH(ifn, &sctp_find_vrf(stcb->asoc.vrf_id)->ifnlist, next_ifn) {
		LIST_FOREACH(ifa, &ifn->ifalist, next_ifa) {
			if (ifa != but && (family == AF_UNSPEC || ifa->address.sa.sa_family == family) &&
			    link_is_usable_address(stcb, ifa)) {
				return ifa;
			}
		}
	}
	return NULL;
}

/*
 * Is there another address of this family, so that an ASCONF about this one leaves from there? Those of the other
 * family don't count: if the peer has moved as well, it may be reachable with this family only.
 */
static int has_other_address(struct sctp_tcb *stcb, const struct sctp_ifa *ifa)
{
	return link_usable_address(stcb, ifa->address.sa.sa_family, ifa) != NULL;
}

/*
 * An ASCONF may leave from an address that it adds (RFC 5061 5.3). If an address goes and comes back before the peer
 * was told, the request to add it waits for the ASCONF that deletes it. If no other address leads to the peer, that
 * ASCONF could never leave, and the association would be stuck. So ASCONF may leave from that address too.
 */
int fixed_is_addr_pending(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	return sctp_is_addr_pending(stcb, ifa) ||
	       (find_request(stcb, SCTP_ADD_IP_ADDRESS, ifa) != NULL && !has_other_address(stcb, ifa));
}

/* Replaces the former struct sctp_ifa of an address. */
static void replace_address(struct sctpladdr *list, struct sctp_ifa *ifa)
{
	struct sctp_laddr *address;

	LIST_FOREACH(address, list, sctp_nxt_addr) {
		if (address->ifa != ifa && sctp_cmpaddr(&address->ifa->address.sa, &ifa->address.sa)) {
			sctp_free_ifa(address->ifa);
			address->ifa = ifa;
			atomic_add_int(&ifa->refcount, 1);
		}
	}
}

/*
 * An address that comes back gets another struct sctp_ifa. Sockets that are bound to the address have the former one,
 * and would never send from the address again.
 */
void link_local_address_added(struct sctp_ifa *ifa)
{
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;

	SCTP_INP_INFO_RLOCK();
	LIST_FOREACH(inp, &SCTP_BASE_INFO(listhead), sctp_list) {
		SCTP_INP_WLOCK(inp);
		replace_address(&inp->sctp_addr_list, ifa);
		LIST_FOREACH(stcb, &inp->sctp_asoc_list, sctp_tcblist) {
			SCTP_TCB_LOCK(stcb);
			replace_address(&stcb->asoc.sctp_restricted_addrs, ifa);
			SCTP_TCB_UNLOCK(stcb);
		}
		SCTP_INP_WUNLOCK(inp);
	}
	SCTP_INP_INFO_RUNLOCK();
}

/*
 * A local address has gone. If the peer doesn't support ASCONF, the address stays in the list of restricted addresses
 * for ever, because the peer was never told of it. That list is walked for each choice of a source address, and would
 * grow with each change.
 */
void link_forget_restricted(const struct sockaddr *gone)
{
	struct sctp_laddr *address, *next;
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;

	FOREACH_ASSOCIATION(inp, stcb) {
		LIST_FOREACH_SAFE(address, &stcb->asoc.sctp_restricted_addrs, sctp_nxt_addr, next) {
			if (!stcb->asoc.asconf_supported &&
			    sctp_cmpaddr(&address->ifa->address.sa, (struct sockaddr *)(uintptr_t)gone)) {
				sctp_del_local_addr_restricted(stcb, address->ifa);
			}
		}
	}
}

/* An address that was to be deleted once there is another one has come back. */
static int cancel_pending_deletion(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	struct sctp_ifa *pending = stcb->asoc.asconf_addr_del_pending;

	if (pending == NULL || !sctp_cmpaddr(&pending->address.sa, &ifa->address.sa)) {
		return 0;
	}
	stcb->asoc.asconf_del_pending = 0;
	stcb->asoc.asconf_addr_del_pending = NULL;
	sctp_free_ifa(pending);
	return 1;
}

/* Was the former struct sctp_ifa of this address restricted? */
static int was_restricted(const struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	const struct sctp_laddr *address;

	LIST_FOREACH(address, &stcb->asoc.sctp_restricted_addrs, sctp_nxt_addr) {
		if (address->ifa != ifa && sctp_cmpaddr(&address->ifa->address.sa, &ifa->address.sa)) {
			return 1;
		}
	}
	return 0;
}

/*
 * An address must not be used before the peer has confirmed it. But the peer may still know an address that comes back.
 * If it was the only one, sctp_asconf_queue_add() has told nobody, and would still delete it later. Or the peer hasn't
 * learned yet that the address went, and no other address leads there.
 */
void fixed_add_local_addr_restricted(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	int is_known = cancel_pending_deletion(stcb, ifa) && !was_restricted(stcb, ifa);

	if (is_known || (find_request(stcb, SCTP_DEL_IP_ADDRESS, ifa) != NULL && !has_other_address(stcb, ifa))) {
		sctp_del_local_addr_restricted(stcb, ifa); /* sctp_add_local_addr_ep() has put it there */
	} else {
		sctp_add_local_addr_restricted(stcb, ifa);
	}
}

/*
 * Upstream allows the use of an address too early or not at all. sctp_asconf_queue_mgmt() does so when a new request to
 * add it cancels a request to delete it, even if the peer hasn't answered an earlier request to add it.
 * sctp_asconf_addr_mgmt_ack() does so for the struct sctp_ifa of the request, which may no longer be the current one.
 */
void fixed_del_local_addr_restricted(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	const struct sctp_asconf_addr *request = find_request(stcb, SCTP_ADD_IP_ADDRESS, ifa);
	struct sctp_laddr *address, *next;

	if (request != NULL && request->sent && request->ifa != ifa) {
		return;
	}
	link_peer_knows(stcb, &ifa->address.sa);
	LIST_FOREACH_SAFE(address, &stcb->asoc.sctp_restricted_addrs, sctp_nxt_addr, next) {
		if (sctp_cmpaddr(&address->ifa->address.sa, &ifa->address.sa)) {
			sctp_del_local_addr_restricted(stcb, address->ifa);
		}
	}
}

/*
 * The bytes of a packet with an ASCONF besides its requests. sctp_compose_asconf() allows for requests that fill the
 * whole MTU. Upstream's main allows for the rest, but not for the lookup address.
 */
static uint32_t asconf_overhead(const struct sctp_tcb *stcb)
{
	return link_header_bytes(stcb) + sctp_get_auth_chunk_len(stcb->asoc.peer_hmac_id) +
	       sizeof(struct sctp_asconf_chunk) + sizeof(struct sctp_ipv6addr_param);
}

/*
 * sctp_compose_asconf() without its side effects on failure: it counts the serial number up and marks the requests as
 * sent first. Requests that don't fit follow when the peer has acknowledged this ASCONF.
 */
static struct mbuf *compose(struct sctp_tcb *stcb, int *length, int addr_locked)
{
	uint32_t serial = stcb->asoc.asconf_seq_out, mtu = stcb->asoc.smallest_mtu;
	struct sctp_asconf_addr *request;
	struct mbuf *chunk;

	TAILQ_FOREACH(request, &stcb->asoc.asconf_queue, next) {
		if (!request->sent) {
			break;
		}
	}
	link_hold_back_additions(stcb);
	stcb->asoc.smallest_mtu -= asconf_overhead(stcb);
	chunk = sctp_compose_asconf(stcb, length, addr_locked);
	stcb->asoc.smallest_mtu = mtu;
	link_release_additions(stcb);
	if (chunk == NULL) {
		stcb->asoc.asconf_seq_out = serial;
		for (; request != NULL; request = TAILQ_NEXT(request, next)) {
			request->sent = 0;
		}
	} else {
		link_translate_asconf(stcb, chunk);
	}
	return chunk;
}

/*
 * sctp_compose_asconf() fails if the association has no address for the lookup (RFC 5061 4.1.1), and isn't called
 * again. Then a restricted address is used for the lookup, because the peer can find the association by its tag as
 * well.
 */
struct mbuf *fixed_compose_asconf(struct sctp_tcb *stcb, int *length, int addr_locked)
{
	struct mbuf *chunk = compose(stcb, length, addr_locked);
	struct sctp_laddr *address;

	if (chunk != NULL || TAILQ_EMPTY(&stcb->asoc.asconf_queue)) {
		return chunk;
	}
	LIST_FOREACH(address, &stcb->asoc.sctp_restricted_addrs, sctp_nxt_addr) {
		struct sctp_ifa *ifa = address->ifa;

		if ((ifa->localifa_flags & SCTP_BEING_DELETED) == 0) {
			atomic_add_int(&ifa->refcount, 1);
			sctp_del_local_addr_restricted(stcb, ifa);
			chunk = compose(stcb, length, addr_locked);
			sctp_add_local_addr_restricted(stcb, ifa);
			sctp_free_ifa(ifa);
			return chunk;
		}
	}
	return NULL;
}
