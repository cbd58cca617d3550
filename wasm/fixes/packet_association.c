/*
 * What must not reach an association, once it is known which one a packet is for: packets that RFC 9260 has discarded, and
 * what upstream learns from a packet, or ends because of it, before its checksum and its tag have been checked.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"

/* ABORT, SHUTDOWN COMPLETE and PKTDROP may have the peer's tag, which the T bit tells (RFC 9260 8.5.1 B and C). */
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
 * Is a packet to be discarded because of the state of its association?
 *
 *   SHUTDOWN ACK with a wrong tag, which upstream answers (RFC 9260 8.5.1 E: it may only while an association is set up)
 *   INIT ACK where none is expected (5.2.3), which can end an association if something is wrong with it
 *   COOKIE ECHO if the socket is closed, which upstream would tell that it is connected
 */
static int is_unexpected(const struct sctp_tcb *stcb, uint32_t tag, const struct sctp_chunkhdr *first)
{
	switch (first->chunk_type) {
	case SCTP_COOKIE_ECHO: return (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) != 0;
	case SCTP_INITIATION_ACK: return SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT;
	case SCTP_SHUTDOWN_ACK: return tag != stcb->asoc.my_vtag && !is_being_set_up(stcb);
	default: return 0;
	}
}

/*
 * From another UDP port, a packet is discarded whose tag or checksum is wrong: upstream would send there from now on (RFC 6951
 * 5.4; a peer that restarts elsewhere isn't accepted by sctp_send_initiate_ack(), so that a COOKIE ECHO has the tag as well).
 */
static int is_useless(const struct sctp_tcb *stcb, const struct sctp_nets *path, uint32_t tag,
                      const struct sctp_chunkhdr *first, uint16_t port, int is_corrupt)
{
	int is_from_elsewhere = path != NULL && path->port != port;

	if (first->chunk_type == SCTP_INITIATION) {
		return 0;
	}
	if (!UPSTREAM_VALIDATES_CHUNKS && is_unexpected(stcb, tag, first)) {
		return 1;
	}
	return is_from_elsewhere && (is_corrupt || !has_tag(&stcb->asoc, tag, first));
}

/* Has upstream do nothing with a packet: it is for no endpoint, and begins with a chunk that is never answered. */
static struct sctp_tcb *discard(struct sctp_tcb *stcb, struct sctp_chunkhdr *first, struct sctp_inpcb **inp,
                                struct sctp_nets **path)
{
	SCTP_TCB_UNLOCK(stcb);
	*inp = NULL;
	*path = NULL;
	first->chunk_type = SCTP_SHUTDOWN_COMPLETE;
	return NULL;
}

/*
 * An ABORT that answers an INIT ACK has the tag that this one names (RFC 9260 8.5.1 B). sctp_process_init_ack() may have to
 * send one before it has noted the tag.
 */
static void note_tag(struct sctp_tcb *stcb, uint32_t tag, const struct sctp_chunkhdr *first)
{
	if (first->chunk_type == SCTP_INITIATION_ACK && tag == stcb->asoc.my_vtag) {
		stcb->asoc.peer_vtag = ntohl(((const struct sctp_init_chunk *)first)->init.initiate_tag);
	}
}

/* COOKIE ACK where none is expected says nothing (RFC 9260 5.2.5). With a socket that is closed it was the end at once. */
static void pass_over_cookie_ack(const struct sctp_tcb *stcb, struct sctp_chunkhdr *first)
{
	if (first->chunk_type == SCTP_COOKIE_ACK && SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_ECHOED) {
		first->chunk_type = SCTP_PAD_CHUNK;
	}
}

struct sctp_tcb *fixed_findassociation_addr(struct mbuf *packet, int offset, struct sockaddr *source,
                                            struct sockaddr *destination, struct sctphdr *header, struct sctp_chunkhdr *first,
                                            struct sctp_inpcb **inp, struct sctp_nets **path, uint32_t vrf_id, uint16_t port,
                                            int is_corrupt)
{
	struct sctp_tcb *stcb = sctp_findassociation_addr(packet, offset, source, destination, header, first, inp, path, vrf_id);
	uint32_t tag = ntohl(header->v_tag);

	if (stcb == NULL) {
		return NULL;
	}
	if (is_useless(stcb, *path, tag, first, port, is_corrupt)) {
		return discard(stcb, first, inp, path);
	}
	if (UPSTREAM_VALIDATES_CHUNKS || is_corrupt) {
		return stcb;
	}
	note_tag(stcb, tag, first);
	pass_over_cookie_ack(stcb, first);
	return stcb;
}

/* By the address that an ASCONF names (RFC 5061 5.3): with a wrong tag, or HMAC, the packet says nothing of that path. */
struct sctp_tcb *fixed_findassociation_ep_asconf(struct mbuf *packet, int offset, struct sockaddr *destination,
                                                 struct sctphdr *header, struct sctp_inpcb **inp, struct sctp_nets **path,
                                                 uint32_t vrf_id)
{
	struct sctp_tcb *stcb = sctp_findassociation_ep_asconf(packet, offset, destination, header, inp, path, vrf_id);

	if (stcb != NULL && ntohl(header->v_tag) != stcb->asoc.my_vtag) {
		*path = NULL;
	}
	return stcb;
}

/*
 * An INIT that can't be accepted is answered with ABORT, and "MUST NOT change the state of any existing association"
 * (RFC 9260 3.3.2): whoever knows addresses and ports could end it. sctp_handle_init() aborts that one.
 */
void fixed_abort_association(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct mbuf *packet, int ip_bytes,
                             struct sockaddr *source, struct sockaddr *destination, struct sctphdr *header,
                             struct mbuf *cause, uint32_t vrf_id, uint16_t port)
{
	const struct sctp_chunkhdr *first = (const struct sctp_chunkhdr *)(header + 1);

	if (stcb != NULL && first->chunk_type == SCTP_INITIATION) {
		SCTP_TCB_UNLOCK(stcb);
		stcb = NULL;
	}
	sctp_abort_association(inp, stcb, packet, ip_bytes, source, destination, header, cause, vrf_id, port);
}
