/*
 * The ABORT that this end sends (RFC 9260 3.3.7, 8.4, 9.1), and what its application is told about it:
 * sctp_abort_an_association(), sctp_abort_association(). Upstream's main reports the code of the first cause (7852947b,
 * fc5cba21, 1ade45cb), doesn't let an INIT abort an association (279a68fd, f438eacb), and answers SHUTDOWN ACK with
 * ABORT while DATA is missing (f4d39960).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"

/* Makes the ABORT chunk for sac_info, as for a peer's ABORT; no longer than sctp_notify_assoc_change() copies. */
static struct sctp_abort_chunk *chunk_with(struct mbuf *causes)
{
	static _Alignas(struct sctp_abort_chunk) uint8_t bytes[SCTP_CHUNK_BUFFER_SIZE];
	struct sctp_abort_chunk *chunk = (struct sctp_abort_chunk *)bytes;
	uint32_t length = 0;

	for (const struct mbuf *part = causes; part != NULL; part = SCTP_BUF_NEXT(part)) {
		length += (uint32_t)SCTP_BUF_LEN(part);
	}
	length = min(length, sizeof(bytes) - sizeof(*chunk));
	m_copydata(causes, 0, (int)length, (caddr_t)(chunk + 1));
	chunk->ch.chunk_type = SCTP_ABORT_ASSOCIATION;
	chunk->ch.chunk_flags = LINK_ABORT_SENT;
	chunk->ch.chunk_length = htons((uint16_t)(sizeof(*chunk) + length));
	return chunk;
}

static uint16_t first_code(const struct sctp_abort_chunk *chunk)
{
	const struct sctp_error_cause *cause = (const struct sctp_error_cause *)(chunk + 1);

	return ntohs(chunk->ch.chunk_length) >= sizeof(*chunk) + sizeof(*cause) ? ntohs(cause->code) : 0;
}

#ifndef UPSTREAM_MAIN
/* The ABORT to report instead of an orderly end. */
static struct sctp_abort_chunk *abort_to_report;

/*
 * A peer sends SHUTDOWN ACK once all of its DATA has been acknowledged (RFC 9260 9.2). If some of it is missing,
 * sctp_handle_shutdown_ack() still treats it as an orderly end, and the application would take the part that it has
 * received for everything. So ABORT is sent instead of SHUTDOWN COMPLETE.
 */
void fixed_send_shutdown_complete(struct sctp_tcb *stcb, struct sctp_nets *net, int is_reflected)
{
	struct mbuf *cause;

	if (is_reflected || !is_data_missing(stcb)) {
		sctp_send_shutdown_complete(stcb, net, is_reflected);
		return;
	}
	cause = sctp_generate_cause(SCTP_CAUSE_PROTOCOL_VIOLATION, "SHUTDOWN ACK while DATA is missing");
	abort_to_report = stcb->sctp_socket != NULL ? chunk_with(cause) : NULL;
	sctp_send_abort_tcb(stcb, cause, SCTP_SO_NOT_LOCKED);
}

static int report_abort(struct sctp_tcb *stcb)
{
	struct sctp_abort_chunk *chunk = abort_to_report;

	if (chunk == NULL) {
		return 0;
	}
	abort_to_report = NULL;
	UPSTREAM_ABORT_NOTIFICATION(stcb, 0, first_code(chunk), chunk, SCTP_SO_NOT_LOCKED);
	return 1;
}

void fixed_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked)
{
	if (notification != SCTP_NOTIFY_ASSOC_DOWN || !report_abort(stcb)) {
		sctp_ulp_notify(notification, stcb, error, data, so_locked);
	}
}
#endif

/* Corrects the error of a one-to-one socket. Main reports a chunk as if the peer had sent it: see release.h. */
static void correct_error(struct socket *socket, int has_chunk, int has_timed_out)
{
	if (socket == NULL) {
		return;
	}
	if (has_timed_out && socket->so_error == ECONNABORTED) {
		socket->so_error = ETIMEDOUT;
	} else if (has_chunk && (socket->so_error == ECONNRESET || socket->so_error == ECONNREFUSED)) {
		socket->so_error = ECONNABORTED;
	}
}

/*
 * ABORT has been sent. Reports the chunk, or that time-outs have ended the association, and frees the association.
 */
static void end_association(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_abort_chunk *chunk,
                            int has_timed_out, int so_locked)
{
	SCTP_STAT_INCR_COUNTER32(sctps_aborted);
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN || SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_RECEIVED) {
		SCTP_STAT_DECR_GAUGE32(sctps_currestab);
	}
	if ((inp->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) == 0) {
		UPSTREAM_ABORT_NOTIFICATION(stcb, has_timed_out, chunk != NULL ? first_code(chunk) : 0, chunk, so_locked);
		correct_error(stcb->sctp_socket, chunk != NULL, has_timed_out);
	}
	(void)fixed_free_assoc(inp, stcb, SCTP_NORMAL_PROC, SCTP_FROM_SCTPUTIL + SCTP_LOC_5);
}

/*
 * Replaces upstream's function, also where that is defined. Upstream reports no reason, as if the peer no longer
 * answered; its main reports the code of the first cause. This reports the chunk that was sent (RFC 6458 6.1.1), with a
 * flag that distinguishes it from a peer's. If time-outs have ended the association there is no chunk, and a one-to-one
 * socket gets ETIMEDOUT.
 */
void sctp_abort_an_association(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct mbuf *causes UPSTREAM_TIMED_OUT,
                               int so_locked)
{
	struct sctp_abort_chunk *chunk = causes != NULL ? chunk_with(causes) : NULL;

	if (stcb == NULL) {
		if ((inp->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) && LIST_EMPTY(&inp->sctp_asoc_list)) {
			sctp_inpcb_free(inp, SCTP_FREE_SHOULD_USE_ABORT, SCTP_CALLED_DIRECTLY_NOCMPSET);
		}
		return;
	}
	sctp_send_abort_tcb(stcb, causes, so_locked);
	end_association(inp, stcb, chunk, causes == NULL && so_locked == SCTP_SO_NOT_LOCKED, so_locked);
}

/*
 * Answers a packet with ABORT and ends the association that it belongs to, with the same report as above. An INIT that
 * can't be accepted "MUST NOT change the state of any existing association" (RFC 9260 3.3.2), or whoever knows
 * addresses and ports could end it. sctp_handle_init() of the pinned release passes that association nevertheless.
 */
void fixed_abort_association(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct mbuf *packet, int ip_bytes,
                             struct sockaddr *source, struct sockaddr *destination, struct sctphdr *header,
                             struct mbuf *causes, uint32_t vrf_id, uint16_t port)
{
	int ends = stcb != NULL && ((const struct sctp_chunkhdr *)(header + 1))->chunk_type != SCTP_INITIATION;
	struct sctp_abort_chunk *chunk;

	if (causes == NULL) { /* sctp_diag_info_code is 0 by default: neither the peer nor the application would learn why */
		causes = sctp_generate_cause(SCTP_CAUSE_PROTOCOL_VIOLATION, "");
	}
	chunk = ends ? chunk_with(causes) : NULL;
	sctp_send_abort(packet, ip_bytes, source, destination, header, ends ? stcb->asoc.peer_vtag : 0, causes, vrf_id,
	                port);
	if (ends) {
		end_association(inp, stcb, chunk, 0, SCTP_SO_NOT_LOCKED);
	} else if (stcb != NULL) {
		SCTP_TCB_UNLOCK(stcb);
	}
}
