/*
 * Associations whose own end is behind a NAT. The peer knows the address that the NAT puts in, not the private one.
 *
 *   source   A packet from an address that the peer doesn't know is out of the blue, and the peer's ABORT ends the
 *            association. So the packets of a second path leave from an address that the peer knows: one at which its
 *            packets arrive.
 *   ASCONF   introduces another one (RFC 5061 4.1.1, 4.2.1, 4.2.2). It leaves from that address, and 0.0.0.0 stands for
 *            the source of the packet: the peer finds the association by its tag, adds the source, or deletes all
 *            addresses but the source.
 *
 * Upstream, its main too, answers such an ASCONF rightly, but sends from any address, and names private ones.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_asconf.h>
#include <netinet/sctp_header.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>

#include "fixes/extra_fields.h"
#include "fixes/fixes.h"
#include "link.h"
#include "network/network.h"

#define HELD_BACK 2 /* of a request's `sent`: it will be sent with another ASCONF */

/* 10/8, 172.16/12, 192.168/16 (RFC 1918), 100.64/10 (RFC 6598), 169.254/16 and 127/8. */
static int is_private(uint32_t address)
{
	uint32_t host = ntohl(address);

	return host >> 24 == 10 || host >> 20 == 0xac1 || host >> 16 == 0xc0a8 || host >> 22 == 0x64400000 >> 22 ||
	       host >> 16 == 0xa9fe || host >> 24 == 127;
}

static int is_peer_outside(const struct sctp_tcb *stcb)
{
	const union sctp_sockstore *peer = (const union sctp_sockstore *)&link_path_in_use(stcb)->ro._l_addr;

	return peer->sa.sa_family == AF_INET && !is_private(peer->sin.sin_addr.s_addr);
}

/* --- addresses that the peer knows ---------------------------------------------------------------------------- */

static int is_known(const struct sctp_tcb *stcb, uint32_t address)
{
	const struct association_extra *extra = extra_of(stcb);

	for (uint32_t i = 0; i < min(extra->known_count, KNOWN_SOURCES); i++) {
		if (extra->known[i] == address) {
			return 1;
		}
	}
	return 0;
}

static void remember(const struct sctp_tcb *stcb, const struct sockaddr *own)
{
	struct association_extra *extra = extra_of(stcb);
	uint32_t address = ((const struct sockaddr_in *)own)->sin_addr.s_addr;

	if (!is_known(stcb, address)) {
		extra->known[extra->known_count++ % KNOWN_SOURCES] = address;
	}
}

static int is_private_address(const struct sockaddr *address)
{
	return address->sa_family == AF_INET && is_private(((const struct sockaddr_in *)address)->sin_addr.s_addr);
}

void link_arrived_at(const struct sctp_tcb *stcb, const struct sockaddr *own)
{
	if (is_private_address(own) && is_peer_outside(stcb)) {
		remember(stcb, own);
	}
}

void link_peer_knows(const struct sctp_tcb *stcb, const struct sockaddr *own)
{
	if (extra_of(stcb)->known_count > 0) {
		link_arrived_at(stcb, own);
	}
}

/* --- ASCONF --------------------------------------------------------------------------------------------------- */

static int is_addition(const struct sctp_asconf_addr *request)
{
	return request->ap.aph.ph.param_type == SCTP_ADD_IP_ADDRESS && request->ifa != NULL &&
	       is_private_address(&request->ifa->address.sa);
}

static int leads_over(const struct sctp_nets *net, const struct sctp_ifa *ifa)
{
	return net->ro.ro_rt != NULL && (uintptr_t)net->ro.ro_rt->rt_ifa == ifa->ifn_p->ifn_index;
}

static struct sctp_nets *path_over(const struct sctp_tcb *stcb, const struct sctp_ifa *ifa)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (leads_over(net, ifa)) {
			return net;
		}
	}
	return NULL;
}

/*
 * An ASCONF leaves from one address, so it can introduce only one, and only if a path leads over that address. Others
 * wait until this one is acknowledged, or until their path is used.
 */
void link_hold_back_additions(struct sctp_tcb *stcb)
{
	struct sctp_asconf_addr *request;
	int has_one = 0;

	TAILQ_FOREACH(request, &stcb->asoc.asconf_queue, next) {
		if (request->sent != 0 || !is_addition(request) || !is_peer_outside(stcb)) {
			continue;
		}
		if (has_one ||
		    (path_over(stcb, request->ifa) == NULL && link_usable_address(stcb, AF_INET, request->ifa) != NULL)) {
			request->sent = HELD_BACK;
		}
		has_one |= request->sent == 0;
	}
}

void link_release_additions(struct sctp_tcb *stcb)
{
	struct sctp_asconf_addr *request;

	TAILQ_FOREACH(request, &stcb->asoc.asconf_queue, next) {
		request->sent = request->sent == HELD_BACK ? 0 : request->sent;
	}
}

static void name_source(struct sctp_ipv4addr_param *address)
{
	if (address->ph.param_type == htons(SCTP_IPV4_ADDRESS) && is_private(address->addr)) {
		address->addr = INADDR_ANY;
	}
}

/* `chunk` has the header and the lookup address, and the mbuf after it the requests. */
void link_translate_asconf(struct sctp_tcb *stcb, struct mbuf *chunk)
{
	struct mbuf *requests = SCTP_BUF_NEXT(chunk);
	uint8_t *at = mtod(requests, uint8_t *);
	const uint8_t *end = at + SCTP_BUF_LEN(requests);
	struct sctp_ifa *usable;
	int keeps_others; /* after this ASCONF, does the peer know other addresses than its source? */

	if (!is_peer_outside(stcb)) {
		return;
	}
	usable = link_usable_address(stcb, AF_INET, NULL);
	keeps_others = usable != NULL && link_usable_address(stcb, AF_INET, usable) != NULL;
	name_source((struct sctp_ipv4addr_param *)(mtod(chunk, struct sctp_asconf_chunk *) + 1));
	while (at < end) {
		struct sctp_asconf_addr_param *request = (struct sctp_asconf_addr_param *)at;

		if (request->aph.ph.param_type == htons(SCTP_ADD_IP_ADDRESS)) {
			keeps_others = usable != NULL;
		}
		if (request->aph.ph.param_type != htons(SCTP_DEL_IP_ADDRESS) || !keeps_others) {
			name_source((struct sctp_ipv4addr_param *)&request->addrp);
		}
		at += SCTP_SIZE32(ntohs(request->aph.ph.param_length));
	}
}

static void request_change(struct sctp_tcb *stcb, struct sctp_ifa *ifa, uint32_t type)
{
	struct sctp_asconf_iterator work = {.cnt = 1};
	struct sctp_laddr address = {.ifa = ifa, .action = type};

	LIST_INIT(&work.list_of_work);
	LIST_INSERT_HEAD(&work.list_of_work, &address, sctp_nxt_addr);
	sctp_asconf_iterator_stcb(stcb->sctp_ep, stcb, &work, 0);
}

/* Upstream deletes an only address when a request to add another one is made, but not if that was made before. */
void link_delete_former_address(struct sctp_tcb *stcb)
{
	struct sctp_ifa *former = stcb->asoc.asconf_addr_del_pending;

	if (stcb->asoc.asconf_del_pending && former != NULL &&
	    link_usable_address(stcb, former->address.sa.sa_family, former) != NULL) {
		stcb->asoc.asconf_del_pending = 0;
		stcb->asoc.asconf_addr_del_pending = NULL;
		request_change(stcb, former, SCTP_DEL_IP_ADDRESS);
		sctp_free_ifa(former);
	}
}

void link_send_held_back(struct sctp_tcb *stcb)
{
	if (extra_of(stcb)->known_count > 0 && SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN &&
	    !TAILQ_EMPTY(&stcb->asoc.asconf_queue) && TAILQ_EMPTY(&stcb->asoc.asconf_send_queue)) {
		sctp_send_asconf(stcb, NULL, SCTP_ADDR_NOT_LOCKED);
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
}

void link_introduce_source(struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	struct sctp_ifn *ifn;
	struct sctp_ifa *ifa;

	if (extra_of(stcb)->known_count == 0 || !stcb->asoc.asconf_supported || SCTP_GET_STATE(stcb) != SCTP_STATE_OPEN) {
		return;
	}
	LIST_FOREACH(ifn, &sctp_find_vrf(stcb->asoc.vrf_id)->ifnlist, next_ifn) {
		LIST_FOREACH(ifa, &ifn->ifalist, next_ifa) {
			if (leads_over(net, ifa) && is_private_address(&ifa->address.sa) &&
			    !is_known(stcb, ifa->address.sin.sin_addr.s_addr) && !sctp_is_addr_restricted(stcb, ifa)) {
				request_change(stcb, ifa, SCTP_ADD_IP_ADDRESS);
			}
		}
	}
	link_send_held_back(stcb);
}

/* --- packets -------------------------------------------------------------------------------------------------- */

static void send_from(const struct sctp_tcb *stcb, struct link_packet *header, const struct sctp_ifa *ifa)
{
	const struct sctp_nets *net = path_over(stcb, ifa);

	memcpy(header->source, &ifa->address.sin.sin_addr, 4);
	if (net != NULL) {
		memcpy(header->destination, link_ip_address((const union sctp_sockstore *)&net->ro._l_addr, 4), 4);
		header->port = ntohs(net->port);
	}
}

void link_translate_source(struct sctp_tcb *stcb, struct mbuf *packet, int headers, struct link_packet *header)
{
	const struct sctp_asconf_addr *request = TAILQ_FIRST(&stcb->asoc.asconf_queue);
	const struct sctp_nets *net = link_path_in_use(stcb);
	uint32_t source;

	if (extra_of(stcb)->known_count == 0 || header->family != 4) {
		return;
	}
	memcpy(&source, header->source, sizeof(source));
	for (; request != NULL; request = TAILQ_NEXT(request, next)) {
		if (request->sent == 1 && is_addition(request) && link_has_chunk(packet, headers, SCTP_ASCONF)) {
			send_from(stcb, header, request->ifa);
			return;
		}
	}
	if (is_private(source) && !is_known(stcb, source) && net != NULL && net->ro._s_addr != NULL &&
	    net->ro._s_addr->address.sa.sa_family == AF_INET && is_known(stcb, net->ro._s_addr->address.sin.sin_addr.s_addr)) {
		memcpy(header->source, &net->ro._s_addr->address.sin.sin_addr, 4);
	}
}
