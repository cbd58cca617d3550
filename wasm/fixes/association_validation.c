/*
 * Validates packets against their association, once that is known. Some packets must be discarded (RFC 9260). And
 * upstream learns from a packet, or ends an association because of it, before it has checked checksum and tag:
 * sctp_common_input_processing(), sctp_process_control(). Upstream's main discards some of the unexpected chunks
 * (bdf3dd3f, a8409b34, 28e2ea73, 3bb35ee1), and answers an INIT ACK with the right tag (c4ebc2b9, 8e12cd9e). It has the
 * other faults, and another one with SHUTDOWN ACK.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"
#include "tuning/tuning.h"

/* ABORT, SHUTDOWN COMPLETE and PKTDROP may carry the peer's tag, as the T bit says (RFC 9260 8.5.1 B and C). */
static int has_tag(const struct sctp_association *asoc, uint32_t tag, const struct sctp_chunkhdr *first)
{
	int is_reflected = (first->chunk_flags & SCTP_HAD_NO_TCB) != 0 &&
	                   (first->chunk_type == SCTP_ABORT_ASSOCIATION || first->chunk_type == SCTP_SHUTDOWN_COMPLETE ||
	                    first->chunk_type == SCTP_PACKET_DROPPED);

	return tag == (is_reflected ? asoc->peer_vtag : asoc->my_vtag);
}

static int is_being_set_up(const struct sctp_tcb *stcb)
{
	return SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_WAIT || SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_ECHOED;
}

/*
 * Must a packet be discarded because of the state of its association (RFC 9260)?
 *
 *   SHUTDOWN ACK with a wrong tag: upstream answers it, which 8.5.1 E allows only during the set-up
 *   INIT ACK if none is expected (5.2.3): an invalid one may end the association
 *   COOKIE ECHO if the socket is closed: upstream would tell the socket that it is connected
 */
static int is_unexpected(const struct sctp_tcb *stcb, uint32_t tag, const struct sctp_chunkhdr *first)
{
	switch (first->chunk_type) {
	case SCTP_COOKIE_ECHO: return (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) != 0;
	case SCTP_INITIATION_ACK: return SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT;
	case SCTP_SHUTDOWN_ACK:
		return !UPSTREAM_VALIDATES_CHUNKS && tag != stcb->asoc.my_vtag && !is_being_set_up(stcb);
	default: return 0;
	}
}

/*
 * A packet from another UDP port is discarded if its tag or checksum is wrong, because upstream would send to that port
 * from now on (RFC 6951 5.4). This includes COOKIE ECHO: sctp_send_initiate_ack() doesn't accept a peer that restarts
 * from another port, so a valid COOKIE ECHO has the tag as well.
 */
static int must_discard(const struct sctp_tcb *stcb, const struct sctp_nets *path, uint32_t tag,
                        const struct sctp_chunkhdr *first, uint16_t port, int is_corrupt)
{
	int is_from_elsewhere = path != NULL && path->port != port;

	if (first->chunk_type == SCTP_INITIATION) {
		return 0;
	}
	if (is_unexpected(stcb, tag, first)) {
		return 1;
	}
	return is_from_elsewhere && (is_corrupt || !has_tag(&stcb->asoc, tag, first));
}

/*
 * During the set-up a SHUTDOWN ACK belongs to a former association: the peer answers our INIT or COOKIE ECHO with it.
 * It is treated as out of the blue (RFC 9260 8.5.1 E), so that the peer gets SHUTDOWN COMPLETE and accepts the next
 * INIT. Main does so only if the tag is that of the new association. So the attempt to connect failed.
 */
static int ends_former_association(const struct sctp_tcb *stcb, uint32_t tag, const struct sctp_chunkhdr *first)
{
	return UPSTREAM_VALIDATES_CHUNKS && first->chunk_type == SCTP_SHUTDOWN_ACK && tag != stcb->asoc.my_vtag &&
	       is_being_set_up(stcb);
}

/* Makes upstream ignore a packet: it is for no endpoint, and begins with a chunk that is never answered. */
static struct sctp_tcb *discard(struct sctp_chunkhdr *first, struct sctp_inpcb **inp, struct sctp_nets **path)
{
	*inp = NULL;
	*path = NULL;
	first->chunk_type = SCTP_SHUTDOWN_COMPLETE;
	return NULL;
}

/*
 * An ABORT that answers an INIT ACK carries the initiate tag of that INIT ACK (RFC 9260 8.5.1 B).
 * sctp_process_init_ack() may send one before it has stored that tag.
 */
static void store_peer_tag(struct sctp_tcb *stcb, uint32_t tag, const struct sctp_chunkhdr *first)
{
	if (first->chunk_type == SCTP_INITIATION_ACK && tag == stcb->asoc.my_vtag) {
		stcb->asoc.peer_vtag = ntohl(((const struct sctp_init_chunk *)first)->init.initiate_tag);
	}
}

/*
 * An unexpected COOKIE ACK is ignored (RFC 9260 5.2.5). Upstream ended the association if its socket was closed.
 */
static void skip_unexpected_cookie_ack(const struct sctp_tcb *stcb, struct sctp_chunkhdr *first)
{
	if (first->chunk_type == SCTP_COOKIE_ACK && SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_ECHOED) {
		first->chunk_type = SCTP_PAD_CHUNK;
	}
}

/* Is this an address parameter with an address that isn't the peer's? */
static int is_new_address(struct sctp_tcb *stcb, const struct sctp_paramhdr *parameter)
{
	union sctp_sockstore address = {0};

	switch ((uint32_t)ntohs(parameter->param_type) << 16 | ntohs(parameter->param_length)) {
	case SCTP_IPV4_ADDRESS << 16 | sizeof(struct sctp_ipv4addr_param):
		address.sin.sin_family = AF_INET;
		memcpy(&address.sin.sin_addr, parameter + 1, sizeof(address.sin.sin_addr));
		return stcb->asoc.scope.ipv4_addr_legal && sctp_findnet(stcb, &address.sa) == NULL;
	case SCTP_IPV6_ADDRESS << 16 | sizeof(struct sctp_ipv6addr_param):
		address.sin6.sin6_family = AF_INET6;
		memcpy(&address.sin6.sin6_addr, parameter + 1, sizeof(address.sin6.sin6_addr));
		return stcb->asoc.scope.ipv6_addr_legal && sctp_findnet(stcb, &address.sa) == NULL;
	}
	return 0;
}

/*
 * Makes the error cause that lists the addresses of an INIT that aren't the peer's, as many as fit. NULL if there are
 * none.
 */
static struct mbuf *cause_with_new_addresses(struct sctp_tcb *stcb, const struct sctp_chunkhdr *init)
{
	const uint8_t *at = (const uint8_t *)init + sizeof(struct sctp_init_chunk);
	const uint8_t *end = (const uint8_t *)init + ntohs(init->chunk_length);
	struct sctp_error_cause *cause = NULL;
	struct mbuf *causes = NULL;

	while (end - at >= (int)sizeof(struct sctp_paramhdr)) {
		const struct sctp_paramhdr *parameter = (const struct sctp_paramhdr *)at;
		uint16_t bytes = ntohs(parameter->param_length);

		if (bytes < sizeof(*parameter) || end - at < bytes) {
			break;
		}
		if (is_new_address(stcb, parameter)) {
			if (causes == NULL) {
				causes = sctp_get_mbuf_for_msg(MCLBYTES, 0, M_NOWAIT, 1, MT_DATA);
				cause = mtod(causes, struct sctp_error_cause *);
				cause->code = htons(SCTP_CAUSE_RESTART_W_NEWADDR);
				SCTP_BUF_LEN(causes) = sizeof(*cause);
			}
			if (M_TRAILINGSPACE(causes) < bytes) {
				break;
			}
			memcpy((uint8_t *)cause + SCTP_BUF_LEN(causes), at, bytes);
			SCTP_BUF_LEN(causes) += bytes;
			cause->length = htons((uint16_t)SCTP_BUF_LEN(causes));
		}
		at += SCTP_SIZE32(bytes);
	}
	return causes;
}

/*
 * An INIT for an existing association, with addresses that aren't its peer's: the peer restarts elsewhere, or somebody
 * tries to take the association over. It is answered with ABORT that lists these addresses (RFC 9260 5.2.2);
 * sctp_send_initiate_ack() lists none. In SHUTDOWN-ACK-SENT such an INIT is answered with SHUTDOWN ACK (9.2).
 */
static int refuse_new_addresses(struct sctp_tcb *stcb, struct mbuf *packet, struct sockaddr *source,
                                struct sockaddr *destination, struct sctphdr *header, struct sctp_chunkhdr *first,
                                uint32_t vrf_id, uint16_t port)
{
	int state = SCTP_GET_STATE(stcb);
	struct mbuf *cause;

	if (first->chunk_type != SCTP_INITIATION || state == SCTP_STATE_COOKIE_WAIT ||
	    state == SCTP_STATE_SHUTDOWN_ACK_SENT) {
		return 0;
	}
	cause = cause_with_new_addresses(stcb, first);
	if (cause != NULL) {
		sctp_send_abort(packet, 0, source, destination, header, 0, cause, vrf_id, port);
	}
	return cause != NULL;
}

static int has_data_in_flight(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;

	return !TAILQ_EMPTY(&asoc->send_queue) || !TAILQ_EMPTY(&asoc->sent_queue) || asoc->stream_queue_cnt > 0 ||
	       is_data_missing(stcb);
}

/* Does a RE-CONFIG chunk request a reset of the association (SSN/TSN Reset Request, RFC 6525 4.3)? */
static int resets_association(const struct sctp_chunkhdr *chunk, uint32_t bytes)
{
	const struct sctp_paramhdr *parameter;

	for (uint32_t at = sizeof(*chunk); at + sizeof(*parameter) <= bytes;
	     at += SCTP_SIZE32(ntohs(parameter->param_length))) {
		parameter = (const struct sctp_paramhdr *)((const uint8_t *)chunk + at);
		if (parameter->param_type == htons(SCTP_STR_RESET_TSN_REQUEST)) {
			return 1;
		}
		if (ntohs(parameter->param_length) < sizeof(*parameter)) {
			return 0;
		}
	}
	return 0;
}

/*
 * A reset of the association gives both ends new TSNs and SSNs. While data of ours isn't acknowledged, or data of the
 * peer's is missing, it would cut messages and lose data that waits with old TSNs. sctp_handle_str_reset_request_tsn()
 * doesn't check that. So the request is ignored until the peer retransmits it (RFC 6525 5.1.1).
 */
static void postpone_reset(const struct mbuf *packet, struct sctp_chunkhdr *chunk)
{
	const uint8_t *end = mtod(packet, const uint8_t *) + SCTP_BUF_LEN(packet);

	while ((const uint8_t *)(chunk + 1) <= end && ntohs(chunk->chunk_length) >= sizeof(*chunk) &&
	       (const uint8_t *)chunk + ntohs(chunk->chunk_length) <= end) {
		uint32_t bytes = ntohs(chunk->chunk_length);

		if (chunk->chunk_type == SCTP_AUTHENTICATION) {
			return; /* chunks that are authenticated can't be changed */
		}
		if (chunk->chunk_type == SCTP_STREAM_RESET && resets_association(chunk, bytes)) {
			chunk->chunk_type = SCTP_PAD_CHUNK;
		}
		chunk = (struct sctp_chunkhdr *)((uint8_t *)chunk + SCTP_SIZE32(bytes));
	}
}

static int is_negotiated(const struct sctp_association *asoc, uint8_t type)
{
	switch (type) {
	case SCTP_ECN_ECHO:
	case SCTP_ECN_CWR: return asoc->ecn_supported;
	case SCTP_ASCONF:
	case SCTP_ASCONF_ACK: return asoc->asconf_supported;
	case SCTP_AUTHENTICATION: return asoc->auth_supported;
	case SCTP_STREAM_RESET: return asoc->reconfig_supported;
	case SCTP_FORWARD_CUM_TSN:
	case SCTP_IFORWARD_CUM_TSN: return asoc->prsctp_supported;
	default: return 1;
	}
}

/*
 * A chunk that is shorter than its fixed fields ends the association (RFC 9260 3.3.10.13), whatever its type: upstream
 * aborts for DATA, and skips others or the rest of the packet. During the set-up, and if the chunk should have been
 * authenticated (RFC 4895 6.3), it is skipped.
 */
static int refuse_short_chunk(struct sctp_tcb *stcb, uint32_t tag)
{
	uint8_t type = link_short_chunk;

	if (type == 0 || tag != stcb->asoc.my_vtag || is_being_set_up(stcb) || !is_negotiated(&stcb->asoc, type) ||
	    sctp_auth_is_required_chunk(type, stcb->asoc.local_auth_chunks)) {
		return 0;
	}
	VIOLATION(stcb, "Chunk of type %2.2x is too short", type);
	return 1;
}

/*
 * A packet that belongs to no association, and has a chunk that is shorter than its fixed fields, isn't answered:
 * upstream answers some types with ABORT, and not others. What follows a COOKIE ECHO belongs to the new association.
 */
static struct sctp_tcb *discard_if_short(struct sctp_chunkhdr *first, struct sctp_inpcb **inp, struct sctp_nets **path)
{
	if (!link_has_short_chunk || first->chunk_type == SCTP_COOKIE_ECHO) {
		return NULL;
	}
	if (*inp != NULL) {
		SCTP_INP_DECR_REF(*inp); /* upstream releases it only with the packet's endpoint */
	}
	return discard(first, inp, path);
}

struct sctp_tcb *fixed_findassociation_addr(struct mbuf *packet, int offset, struct sockaddr *source,
                                            struct sockaddr *destination, struct sctphdr *header,
                                            struct sctp_chunkhdr *first, struct sctp_inpcb **inp,
                                            struct sctp_nets **path, uint32_t vrf_id, uint16_t port, int is_corrupt)
{
	struct sctp_tcb *stcb =
		sctp_findassociation_addr(packet, offset, source, destination, header, first, inp, path, vrf_id);
	uint32_t tag = ntohl(header->v_tag);

	if (stcb == NULL) {
		return is_corrupt ? NULL : discard_if_short(first, inp, path);
	}
	if (must_discard(stcb, *path, tag, first, port, is_corrupt) ||
	    link_answers_late_packet(stcb, *path, first, destination) ||
	    (!is_corrupt && refuse_new_addresses(stcb, packet, source, destination, header, first, vrf_id, port))) {
		SCTP_TCB_UNLOCK(stcb);
		return discard(first, inp, path);
	}
	if (is_corrupt) {
		return stcb;
	}
	if (ends_former_association(stcb, tag, first)) {
		SCTP_TCB_UNLOCK(stcb);
		SCTP_INP_INCR_REF(*inp); /* as if no association had been found; upstream releases it */
		*path = NULL;
		return NULL;
	}
	if (refuse_short_chunk(stcb, tag)) {
		return discard(first, inp, path);
	}
	if (!UPSTREAM_VALIDATES_CHUNKS) {
		store_peer_tag(stcb, tag, first);
	}
	skip_unexpected_cookie_ack(stcb, first);
	if (first->chunk_type == SCTP_INITIATION_ACK) {
		link_report_forward_tsn(!stcb->asoc.prsctp_supported);
	}
	link_arrived_at(stcb, destination);
	if ((stcb->asoc.local_strreset_support & SCTP_ENABLE_CHANGE_ASSOC_REQ) && has_data_in_flight(stcb)) {
		postpone_reset(packet, first);
	}
	return stcb;
}

/*
 * A cookie whose tags are both those of the association is valid, whatever its age (RFC 9260 5.2.4): each COOKIE ACK may
 * have been lost. Upstream answers by Stale Cookie. The peer then sends an INIT with its former tag, and ends up with
 * other tags and TSNs than this end.
 *
 * A cookie whose association has ended is stale, whatever its age. For upstream a COOKIE ECHO that the network delivers
 * late or again makes a second association, with the tags of the first one: if the peer still waits for SHUTDOWN
 * COMPLETE, this end ignores its SHUTDOWN ACK, and their HEARTBEATs keep both ends from ever closing. A peer that still
 * waits for COOKIE ACK begins again when it learns that the cookie is stale (RFC 9260 5.2.6). Any other one ignores it.
 */
#define VALID_WITH_ASSOCIATION_SECONDS (365 * 24 * 3600)

uint32_t link_cookie_seconds(const struct sctp_tcb *stcb, const struct sctp_state_cookie *cookie)
{
	uint32_t tag = ntohl(cookie->my_vtag);

	if (stcb != NULL && stcb->asoc.my_vtag == tag && stcb->asoc.peer_vtag == cookie->peers_vtag) {
		return VALID_WITH_ASSOCIATION_SECONDS;
	}
	if (timewait_has(tag, cookie->myport, cookie->peerport)) {
		return 0;
	}
	return (uint32_t)sctp_ticks_to_secs(cookie->cookie_life);
}

/*
 * sctp_handle_cookie_echo() looks for an association with an address in the cookie, if the packet came from another
 * one. The lookup releases the reference to the endpoint that was given, and the caller then takes one to the endpoint
 * of the association. They are the same in upstream's eyes. But a listening one-to-one socket stands for those that
 * were accepted from it: each such COOKIE ECHO took a reference from the listener, and kept the other endpoint for ever.
 */
struct sctp_tcb *fixed_findassociation_ep_addr(struct sctp_inpcb **inp, struct sockaddr *remote, struct sctp_nets **net,
                                               struct sockaddr *local, struct sctp_tcb *locked)
{
	struct sctp_inpcb *given = *inp;
	struct sctp_tcb *stcb = sctp_findassociation_ep_addr(inp, remote, net, local, locked);

	if (stcb != NULL && stcb->sctp_ep != given) {
		SCTP_INP_INCR_REF(given);
		SCTP_INP_DECR_REF(stcb->sctp_ep);
	}
	return stcb;
}
