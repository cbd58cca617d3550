/*
 * Packets that were in flight when an address was deleted (RFC 5061): from an address that the peer has deleted, or to
 * an address that was removed here. Upstream takes them for out of the blue, and its ABORT (RFC 9260 8.4) ends the
 * association at the other end while it still exists here. Tag and ports identify the association, so these packets are
 * read as if they had arrived on an existing path.
 *
 *     DATA, from or to an address ───────╲
 *     ASCONF: delete that address ────────╲──────► ASCONF ACK
 *                                          ╲─────► SACK instead of ABORT
 *
 * An ASCONF ACK goes from where its ASCONF arrived, because a NAT may let nothing else in, to the source of its
 * ASCONF (RFC 5061 5.2). That may be an address that the peer hasn't added yet,
 * or one that it has deleted, so the packet may be processed for another path than the one that it came from.
 *
 * A peer that answers a late packet with ABORT, such as usrsctp 0.9.5.0, still has the association. Its ABORT has the T
 * bit (RFC 9260 8.4). If the address has been added again by then, at either end, the ABORT would end the association
 * here. So it is ignored until the peer has acknowledged the address. A peer that doesn't know the association answers
 * packets of the other addresses too.
 *
 * A packet from an address that never was the peer's is answered as upstream does. So a peer behind a NAT that has lost
 * its mapping learns at once that its association is gone.
 *
 * Corrects sctp_common_input_processing() with sctp_handle_ootb(), sctp_send_abort(), sctp_send_shutdown_complete2()
 * and sctp_findassociation_ep_asconf(). Upstream's main has the fault; it counts a SHUTDOWN ACK for no association
 * (35897ce3).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "tuning/hash_table.h"
#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"
#include "network/network.h"

/*
 * How many deleted addresses are remembered for each association. A peer deletes fewer within the lifetime of a packet.
 */
#define FORMER_ADDRESSES 8

void link_remember_deleted_address(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	struct association_extra *extra = extra_of(stcb);

	if (extra->former == NULL) {
		extra->former = link_calloc(FORMER_ADDRESSES, sizeof(*extra->former));
	}
	memcpy(&extra->former[extra->former_count++ % FORMER_ADDRESSES], &net->ro._l_addr, sizeof(*extra->former));
}

static int was_deleted_from(const struct sctp_tcb *stcb, struct sockaddr *address)
{
	const struct association_extra *extra = extra_of(stcb);

	for (uint32_t i = 0; i < min(extra->former_count, FORMER_ADDRESSES); i++) {
		if (sctp_cmpaddr(&extra->former[i].sa, address)) {
			return 1;
		}
	}
	return 0;
}

static int is_up(const struct sctp_tcb *stcb)
{
	return SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT &&
	       (stcb->asoc.state & (SCTP_STATE_ABOUT_TO_BE_FREED | SCTP_STATE_WAS_ABORTED)) == 0;
}

/*
 * The association of a late packet, though it has no path with these addresses. It isn't locked here: upstream may
 * already hold the lock, and there is only one thread.
 */
static struct sctp_tcb *owner(const struct sctphdr *header, struct sockaddr *source)
{
	uint32_t tag = ntohl(header->v_tag);
	struct sctpasochead *place = &SCTP_BASE_INFO(sctp_asochash)[SCTP_PCBHASH_ASOC(tag, SCTP_BASE_INFO(hashasocmark))];
	struct sctp_tcb *stcb;

	LIST_FOREACH(stcb, place, sctp_asocs) {
		if (stcb->asoc.my_vtag == tag && stcb->rport == header->src_port &&
		    stcb->sctp_ep->sctp_lport == header->dest_port && is_up(stcb) &&
		    (sctp_findnet(stcb, source) != NULL || was_deleted_from(stcb, source))) {
			return stcb;
		}
	}
	return NULL;
}

/* Can the peer be reached by a confirmed address other than this one? */
static int has_other_path(const struct sctp_tcb *stcb, const struct sctp_nets *path)
{
	const struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (net != path && (net->dest_state & SCTP_ADDR_UNCONFIRMED) == 0) {
			return 1;
		}
	}
	return 0;
}

int link_answers_late_packet(struct sctp_tcb *stcb, const struct sctp_nets *path, const struct sctp_chunkhdr *first,
                             struct sockaddr *destination)
{
	struct sctp_ifa *own;

	if (first->chunk_type != SCTP_ABORT_ASSOCIATION || (first->chunk_flags & SCTP_HAD_NO_TCB) == 0 || path == NULL) {
		return 0;
	}
	if ((path->dest_state & SCTP_ADDR_UNCONFIRMED) != 0 && has_other_path(stcb, path) &&
	    was_deleted_from(stcb, (struct sockaddr *)(uintptr_t)&path->ro._l_addr)) {
		return 1;
	}
	own = sctp_find_ifa_by_addr(destination, stcb->asoc.vrf_id, SCTP_ADDR_NOT_LOCKED);
	return own != NULL && sctp_is_addr_restricted(stcb, own) && link_usable_address(stcb, AF_UNSPEC, own) != NULL;
}

/* Whether the packet being read is late; and its real source, if it is read for another path. */
static int late;
static struct link_addresses origin;

/* The path by whose address an ASCONF was looked up, and that path's former UDP port and MTU. */
static struct {
	struct sctp_nets *path;
	uint16_t port;
	uint32_t mtu;
} looked_up;

static int is_late(const struct sctphdr *header, struct sockaddr *source)
{
	return late = owner(header, source) != NULL;
}

/* A packet is read again once at most. What is known about it must not affect the next one. */
void link_forget_packet_origin(void)
{
	late = 0;
	origin.source.sa.sa_family = AF_UNSPEC;
	if (looked_up.path != NULL) {
		looked_up.path->port = looked_up.port;
		looked_up.path->mtu = looked_up.mtu;
		sctp_free_remote_addr(looked_up.path);
		looked_up.path = NULL;
	}
}

/*
 * The source of an ASCONF isn't an address of the path that it is looked up by. Without this, upstream would use the
 * UDP port of that source for the path from now on (RFC 6951 5.4).
 */
static void save_path_parameters(struct sctp_nets *path)
{
	if (looked_up.path == NULL) {
		looked_up.path = path;
		looked_up.port = path->port;
		looked_up.mtu = path->mtu;
		atomic_add_int(&path->ref_count, 1);
	}
}

void link_address_asconf_ack(struct mbuf *packet, int headers, struct link_packet *header)
{
	int is_v4 = header->family == 4;

	if (origin.source.sa.sa_family == (is_v4 ? AF_INET : AF_INET6) &&
	    link_has_chunk(packet, headers, SCTP_ASCONF_ACK)) {
		memcpy(header->source, link_ip_address(&origin.destination, header->family), is_v4 ? 4 : 16);
		memcpy(header->destination, link_ip_address(&origin.source, header->family), is_v4 ? 4 : 16);
		header->port = ntohs(origin.port);
	}
}

uint16_t link_port_of_asconf(struct sockaddr *source, uint16_t port)
{
	return sctp_cmpaddr(&origin.source.sa, source) ? origin.port : port;
}

int link_readdress_late_packet(const struct sctphdr *header, struct link_addresses *ends)
{
	struct sctp_tcb *stcb = late ? owner(header, &ends->source.sa) : NULL;
	struct sctp_nets *net;
	struct sctp_ifa *local;

	late = 0;
	if (stcb == NULL || (local = link_usable_address(stcb, AF_UNSPEC, NULL)) == NULL) {
		return 0;
	}
	if (sctp_findnet(stcb, &ends->source.sa) == NULL) {
		origin = *ends;
		net = link_path_in_use(stcb);
		memcpy(&ends->source, &net->ro._l_addr, sizeof(ends->source));
		ends->port = net->port;
	}
	memcpy(&ends->destination, &local->address, sizeof(ends->destination));
	return 1;
}

/*
 * The association whose peer has deleted the lookup address of this ASCONF (RFC 5061 4.1.1). The ASCONF is a
 * retransmission then.
 */
static struct sctp_tcb *owner_by_deleted_lookup_address(struct mbuf *packet, int offset, const struct sctphdr *header)
{
	struct sctp_ipv6addr_param buffer;
	union sctp_sockstore address;
	struct sctp_paramhdr *lookup =
	    sctp_get_next_param(packet, offset + (int)sizeof(struct sctp_asconf_chunk), &buffer.ph, sizeof(buffer));

	if (lookup == NULL || !link_sockaddr(&address, lookup->param_type == htons(SCTP_IPV4_ADDRESS) ? 4 : 6,
	                                     (const uint8_t *)(lookup + 1), header->src_port)) {
		return NULL;
	}
	return owner(header, &address.sa);
}

/*
 * Finds the association by the lookup address of an ASCONF (RFC 5061 5.3), because its source may be a new address. If
 * the tag is wrong, the packet must not affect the path. sctp_process_control() expects a locked association, and that
 * its reference to the endpoint is released. With the lookup address 0.0.0.0 upstream releases one to the endpoint of
 * the association, which may be an accepted or peeled-off one: that one was kept for ever, and so was the listener.
 */
struct sctp_tcb *fixed_findassociation_ep_asconf(struct mbuf *packet, int offset, struct sockaddr *source,
                                                 struct sockaddr *destination, struct sctphdr *header,
                                                 struct sctp_inpcb **inp, struct sctp_nets **path, uint32_t vrf_id,
                                                 uint16_t port)
{
	struct sctp_inpcb *given = *inp;
	int32_t references = given->refcount;
	struct sctp_tcb *stcb = sctp_findassociation_ep_asconf(packet, offset, destination, header, inp, path, vrf_id);

	if (stcb != NULL && given->refcount == references) {
		SCTP_INP_INCR_REF(stcb->sctp_ep);
		SCTP_INP_DECR_REF(given);
	}
	if (stcb == NULL && (stcb = owner_by_deleted_lookup_address(packet, offset, header)) != NULL) {
		SCTP_TCB_LOCK(stcb);
		SCTP_INP_DECR_REF(*inp); /* sctp_process_control() has taken it, and expects us to release it if we find one */
		*inp = stcb->sctp_ep;
		*path = link_path_in_use(stcb);
	}
	if (stcb != NULL && ntohl(header->v_tag) != stcb->asoc.my_vtag) {
		*path = NULL;
	} else if (stcb != NULL) {
		*path = *path != NULL ? *path : link_path_in_use(stcb); /* 0.0.0.0 names none */
		memcpy(&origin.source, source, sizeof(origin.source));
		memcpy(&origin.destination, destination, sizeof(origin.destination));
		origin.port = port;
		save_path_parameters(*path);
	}
	return stcb;
}

/*
 * A COOKIE ACK or a Stale Cookie error for no association answers a set-up that has ended here. It gets no answer
 * (RFC 9260 8.4). Upstream answers with ABORT.
 */
static int answers_set_up(struct mbuf *packet, int headers)
{
	struct {
		struct sctp_chunkhdr chunk;
		struct sctp_error_cause cause;
	} first;
	int at = headers + (int)sizeof(struct sctphdr);

	if (link_has_chunk(packet, headers, SCTP_COOKIE_ACK)) {
		return 1;
	}
	if (at + (int)sizeof(first) > SCTP_HEADER_LEN(packet)) {
		return 0;
	}
	m_copydata(packet, at, sizeof(first), (caddr_t)&first);
	return first.chunk.chunk_type == SCTP_OPERATION_ERROR && first.cause.code == htons(SCTP_CAUSE_STALE_COOKIE);
}

void fixed_handle_ootb(struct mbuf *packet, int ip_bytes, int offset, struct sockaddr *source,
                       struct sockaddr *destination, struct sctphdr *header, struct sctp_inpcb *inp, struct mbuf *cause,
                       uint32_t vrf_id, uint16_t port)
{
	if (is_late(header, source) || answers_set_up(packet, ip_bytes)) {
		sctp_m_freem(cause);
	} else {
		sctp_handle_ootb(packet, ip_bytes, offset, source, destination, header, inp, cause, vrf_id, port);
	}
}

/* Called if no endpoint has the destination address any more. */
void fixed_send_abort(struct mbuf *packet, int ip_bytes, struct sockaddr *source, struct sockaddr *destination,
                         struct sctphdr *header, uint32_t tag, struct mbuf *cause, uint32_t vrf_id, uint16_t port)
{
	const struct sctp_chunkhdr *first = (const struct sctp_chunkhdr *)(header + 1);

	if (first->chunk_type != SCTP_COOKIE_ECHO && is_late(header, source)) {
		sctp_m_freem(cause);
	} else {
		sctp_send_abort(packet, ip_bytes, source, destination, header, tag, cause, vrf_id, port);
	}
}

void fixed_send_shutdown_complete2(struct sockaddr *source, struct sockaddr *destination, struct sctphdr *header,
                                      uint32_t vrf_id, uint16_t port)
{
#ifndef UPSTREAM_MAIN /* which counts it */
	SCTP_STAT_INCR_COUNTER64(sctps_incontrolchunks);
#endif
	if (!is_late(header, source)) {
		sctp_send_shutdown_complete2(source, destination, header, vrf_id, port);
	}
}
