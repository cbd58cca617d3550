/*
 * What upstream forgets, put right around the functions that forget it: repairs.h has upstream's other files call these
 * in their place.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctputil.h>

#include "link.h"

/* --- timers --------------------------------------------------------------------------------------------------- */

/*
 * sctp_mark_all_for_resend() passes over chunks that were sent less than an RTO ago. Those of them that were marked
 * before it doesn't count, and for the others sctp_timeout_handler() starts T3-rtx again only when there is none on any
 * path: the association waits for ever with chunks to send again, and no timer. And it takes the RTO from the round trips,
 * without RTO.Max: after one of 15 s chunks are sent again once in 15 s and more, whatever the timer says.
 */
int repaired_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	int srtt = net->lastsa, variance = net->lastsv, is_gone;

	if (net->RTO > 0 && (srtt >> SCTP_RTT_SHIFT) + variance > (int)net->RTO) {
		net->lastsa = (int)net->RTO << SCTP_RTT_SHIFT;
		net->lastsv = 0;
	}
	is_gone = sctp_t3rxt_timer(inp, stcb, net);
	if (!is_gone) {
		net->lastsa = srtt;
		net->lastsv = variance;
		sctp_audit_retranmission_queue(&stcb->asoc);
		if (net->flight_size > 0) {
			sctp_timer_start(SCTP_TIMER_TYPE_SEND, inp, stcb, net);
		}
	}
	return is_gone;
}

static void restart_t3(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_timer *t3 = &net->rxt_timer;
	uint32_t rto_ms = net->RTO > 0 ? net->RTO : stcb->asoc.initial_rto;

	if (t3->type == SCTP_TIMER_TYPE_SEND && SCTP_OS_TIMER_PENDING(&t3->timer)) {
		SCTP_OS_TIMER_START(&t3->timer, sctp_msecs_to_ticks(rto_ms), sctp_timeout_handler, t3);
	}
}

/*
 * A SACK that acknowledges the earliest chunk on its way to an address restarts T3-rtx for that address (RFC 9260 6.3.2,
 * R3). sctp_handle_sack() does so; this one, for SACKs without gaps, leaves the timer as it is, and on a busy path it
 * goes off while all is well: chunks are sent twice, and the path passes for potentially failed.
 */
void repaired_express_handle_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t rwnd, int *is_aborted,
                                  int has_ecn_echo)
{
	uint32_t before = stcb->asoc.last_acked_seq;
	struct sctp_nets *net;

	sctp_express_handle_sack(stcb, cumulative_tsn, rwnd, is_aborted, has_ecn_echo);
	if (*is_aborted || stcb->asoc.last_acked_seq == before) {
		return;
	}
	link_more_delivered(stcb);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (net->net_ack > 0 && net->flight_size > 0) {
			restart_t3(stcb, net);
		}
	}
}

/*
 * sctp_asconf_timer() gives back the reference of the ASCONF chunk to its destination even when there is no other one,
 * and the chunk keeps it: sent again often enough, the destination is freed while the association uses it.
 */
int repaired_asconf_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_tmit_chunk *chunk = TAILQ_FIRST(&stcb->asoc.asconf_send_queue);
	struct sctp_nets *destination = chunk != NULL ? chunk->whoTo : NULL;
	int is_gone;

	if (destination != NULL) {
		atomic_add_int(&destination->ref_count, 1);
	}
	is_gone = sctp_asconf_timer(inp, stcb, net);
	if (is_gone || TAILQ_FIRST(&stcb->asoc.asconf_send_queue) != chunk || (chunk != NULL && chunk->whoTo != destination)) {
		sctp_free_remote_addr(destination);
	}
	return is_gone;
}

/* --- packets -------------------------------------------------------------------------------------------------- */

/*
 * After a restart of the peer (RFC 9260 5.2.4, action A) sctp_process_cookie_existing() drops what was sent, and forgets
 * that it filled the congestion windows, and that a stream was in the middle of a message: nothing could be sent any
 * more.
 */
void repaired_report_all_outbound(struct sctp_tcb *stcb, uint16_t error, int so_locked)
{
	struct sctp_nets *net;

	sctp_report_all_outbound(stcb, error, so_locked);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		net->flight_size = 0;
	}
	stcb->asoc.stream_locked = 0;
}

/* sctp_process_init() has given all paths that threshold anew; this follows it. See repairs.h. */
int repaired_load_addresses_from_init(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int limit,
                                      struct sockaddr *from, struct sockaddr *to, struct sockaddr *listed, uint16_t port)
{
	int result = sctp_load_addresses_from_init(stcb, packet, offset, limit, from, to, listed, port);
	struct sctp_nets *net;

	if (result == 0) {
		TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
			net->ssthresh = FIRST_SSTHRESH;
		}
	}
	return result;
}

/* --- RE-CONFIG (RFC 6525) ------------------------------------------------------------------------------------- */

/* Bytes of notifications beyond the receive buffer: some hundred, and a peer can't have more. */
#define RESERVE_BYTES 4096

/*
 * These notifications are dropped when the receive buffer is full, and whoever waits for the answer to a request, while
 * it doesn't receive, would wait for ever. They have a reserve.
 */
static void reserve(struct sctp_tcb *stcb, int sign)
{
	if (stcb != NULL && stcb->sctp_socket != NULL) {
		stcb->sctp_socket->so_rcv.sb_hiwat += (u_int)(sign * RESERVE_BYTES);
	}
}

/*
 * sctp_handle_stream_reset_response() counts a request to reset the association as answered only when it was granted:
 * after a refusal the chunk would be sent again for ever, and no other request could be made.
 */
void repaired_notify_stream_reset_tsn(struct sctp_tcb *stcb, uint32_t sending_tsn, uint32_t recv_tsn, int flag)
{
	if (flag != 0 && stcb->asoc.stream_reset_outstanding > 0) {
		stcb->asoc.stream_reset_outstanding--;
	}
	reserve(stcb, 1);
	sctp_notify_stream_reset_tsn(stcb, sending_tsn, recv_tsn, flag);
	reserve(stcb, -1);
}

void repaired_notify_stream_reset_add(struct sctp_tcb *stcb, uint16_t in, uint16_t out, int flag)
{
	reserve(stcb, 1);
	sctp_notify_stream_reset_add(stcb, in, out, flag);
	reserve(stcb, -1);
}

void repaired_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked)
{
	int is_reset = notification >= SCTP_NOTIFY_STR_RESET_RECV && notification <= SCTP_NOTIFY_STR_RESET_DENIED_IN;

	reserve(is_reset ? stcb : NULL, 1);
	sctp_ulp_notify(notification, stcb, error, data, so_locked);
	reserve(is_reset ? stcb : NULL, -1);
}

/* --- schedulers ----------------------------------------------------------------------------------------------- */

/*
 * The scheduler round-robin-packet (see repairs.h). Upstream's goes to the next stream in the middle of a message, as
 * none of the others does; but DATA must come whole, one message after the other (RFC 9260 6.9): the peer can't put
 * the messages together, and both wait for ever.
 */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = asoc->ss_data.locked_on_sending;

	(void)stcb;
	(void)net;
	return locked != NULL ? locked : asoc->ss_data.last_out_stream;
}
