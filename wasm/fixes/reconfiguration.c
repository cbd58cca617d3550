/*
 * RE-CONFIG (RFC 6525 5.2.7): answers to our requests, resets of the association, and added streams. Corrects
 * sctp_handle_stream_reset_response(), sctp_notify_stream_reset_tsn(), sctp_notify_stream_reset_add() and
 * sctp_send_str_reset_req(). Upstream's main checks whether there is a socket (c1d6cb3b, 3e0636a2, 61de530c), and keeps
 * the counters of streams (dc1aa09c). send_buffer.c makes room for the events in the receive buffer.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>
#include <netinet/sctp_output.h>

#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"

/*
 * sctp_handle_stream_reset_response() counts a request to reset the association as answered only if it was granted.
 * After a refusal the chunk would be retransmitted for ever, and no other request could be made.
 */
static void count_refusal(struct sctp_tcb *stcb, int is_refused)
{
	if (is_refused && stcb->asoc.stream_reset_outstanding > 0) {
		stcb->asoc.stream_reset_outstanding--;
	}
}

/*
 * The peer has granted a reset of the association, so it has acknowledged everything before our next TSN (RFC 6525
 * 5.2.7). sctp_handle_stream_reset_response() stores the TSN of the other direction instead. In half of all cases every
 * later SACK is then taken for an old one. If the peer requested the reset, upstream stores nothing.
 */
static void acknowledge_all_before_reset(struct sctp_association *asoc)
{
	if (asoc->last_acked_seq == asoc->cumulative_tsn && TAILQ_EMPTY(&asoc->sent_queue)) {
		asoc->last_acked_seq = asoc->sending_seq - 1;
		asoc->advanced_peer_ack_point = asoc->sending_seq - 1;
	}
}

/*
 * Outcomes of a request to reset streams, other than "Performed" and "Denied". "Nothing to do" is a success, too (RFC
 * 6525 4.4): the SSNs are 0 already at the peer. sctp_handle_stream_reset_response() takes it for a failure. Both
 * functions return what the application is told.
 */
uint32_t link_outcome_of_reset_out(struct sctp_tcb *stcb, uint32_t result, uint32_t count, const uint16_t *streams)
{
	struct sctp_association *asoc = &stcb->asoc;

	if (result != SCTP_STREAM_RESET_RESULT_NOTHING_TO_DO) {
		return SCTP_NOTIFY_STR_RESET_FAILED_OUT;
	}
	for (uint32_t i = 0; i < (count > 0 ? count : asoc->streamoutcnt); i++) {
		uint32_t sid = count > 0 ? ntohs(streams[i]) : i;

		if (sid < asoc->streamoutcnt) {
			asoc->strmout[sid].next_mid_ordered = asoc->strmout[sid].next_mid_unordered = 0;
		}
	}
	return SCTP_NOTIFY_STR_RESET_SEND;
}

uint32_t link_outcome_of_reset_in(uint32_t result)
{
	return result == SCTP_STREAM_RESET_RESULT_NOTHING_TO_DO ? SCTP_NOTIFY_STR_RESET_RECV
	                                                        : SCTP_NOTIFY_STR_RESET_FAILED_IN;
}

static void association_reset(struct sctp_tcb *stcb, int is_refused)
{
	count_refusal(stcb, is_refused);
	if (!is_refused) {
		acknowledge_all_before_reset(&stcb->asoc);
		link_reset_ecn_tsns(&stcb->asoc, stcb->asoc.sending_seq);
	}
}

#ifndef UPSTREAM_MAIN
/* Upstream's two functions below write to a socket that may be closed. */
static int has_socket(const struct sctp_tcb *stcb)
{
	return stcb->sctp_socket != NULL && (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) == 0 &&
	       (stcb->asoc.state & SCTP_STATE_CLOSED_SOCKET) == 0;
}

/*
 * When streams are added, sctp_send_str_reset_req() moves the existing ones to new memory. It doesn't copy two of their
 * counters, which SCTP_PR_STREAM_STATUS reports.
 */
int fixed_send_str_reset_req(struct sctp_tcb *stcb, uint16_t count, uint16_t *list, uint8_t send_in, uint8_t send_tsn,
                             uint8_t add, uint16_t adding_out, uint16_t adding_in, uint8_t peer_asked)
{
	struct sctp_association *asoc = &stcb->asoc;
	const struct sctp_stream_out *before = asoc->strmout;
	uint32_t streams = (add & 1) != 0 ? asoc->streamoutcnt : 0;
	uint32_t *abandoned = link_malloc((2 * streams + 1) * sizeof(uint32_t));
	int error;

	for (uint32_t i = 0; i < streams; i++) {
		abandoned[2 * i] = asoc->strmout[i].abandoned_sent[0];
		abandoned[2 * i + 1] = asoc->strmout[i].abandoned_unsent[0];
	}
	error = sctp_send_str_reset_req(stcb, count, list, send_in, send_tsn, add, adding_out, adding_in, peer_asked);
	for (uint32_t i = 0; asoc->strmout != before && i < streams; i++) {
		asoc->strmout[i].abandoned_sent[0] = abandoned[2 * i];
		asoc->strmout[i].abandoned_unsent[0] = abandoned[2 * i + 1];
	}
	link_free(abandoned);
	return error;
}

void fixed_notify_stream_reset_tsn(struct sctp_tcb *stcb, uint32_t sending_tsn, uint32_t recv_tsn, int flag)
{
	association_reset(stcb, flag != 0);
	if (!has_socket(stcb)) {
		return;
	}
	sctp_notify_stream_reset_tsn(stcb, sending_tsn, recv_tsn, flag);
}

void fixed_notify_stream_reset_add(struct sctp_tcb *stcb, uint16_t in, uint16_t out, int flag)
{
	restart_keep_unread_streams(stcb);
	if (!has_socket(stcb)) {
		return;
	}
	sctp_notify_stream_reset_add(stcb, in, out, flag);
}
#else
void fixed_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked)
{
	if (notification == SCTP_NOTIFY_STR_RESET_TSN) {
		association_reset(stcb, error != 0);
	}
	sctp_ulp_notify(notification, stcb, error, data, so_locked);
}
#endif
