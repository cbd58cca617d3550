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
 * sctp_mark_all_for_resend() passes over chunks that were sent less than a round trip ago. Those of them that were marked
 * before it doesn't count, and for the others sctp_timeout_handler() starts T3-rtx again only when there is none on any
 * path: the association waits for ever with chunks to send again, and no timer.
 */
int repaired_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	int is_gone = sctp_t3rxt_timer(inp, stcb, net);

	if (!is_gone) {
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
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (net->net_ack > 0 && net->flight_size > 0) {
			restart_t3(stcb, net);
		}
	}
}

/*
 * T2-shutdown has the place of T3-rtx, and sctp_timer_start() leaves a pending timer as it is. Nothing is outstanding
 * when T2 is started, but a window probe may have started T3-rtx anew: then SHUTDOWN would never be sent again.
 */
void repaired_timer_start(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *any;

	if (type == SCTP_TIMER_TYPE_SHUTDOWN || type == SCTP_TIMER_TYPE_SHUTDOWNACK) {
		TAILQ_FOREACH(any, &stcb->asoc.nets, sctp_next) {
			sctp_timer_stop(SCTP_TIMER_TYPE_SEND, inp, stcb, any, SCTP_FROM_SCTP_OUTPUT);
		}
	}
	sctp_timer_start(type, inp, stcb, net);
}

/*
 * SCTP_SHUTDOWN_EVENT says that the peer sends nothing more (RFC 6458 6.1.5). sctp_handle_shutdown() leaves it out where
 * both shut down at once (SHUTDOWN-SENT); but without it nobody knows that all has arrived, should the rest of the
 * handshake get lost. It stops T2-shutdown here in that state, and in no other.
 */
void repaired_timer_stop(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t from)
{
	sctp_timer_stop(type, inp, stcb, net, from);
	if (type == SCTP_TIMER_TYPE_SHUTDOWN && from == SCTP_FROM_SCTP_INPUT + SCTP_LOC_9 && stcb->sctp_socket != NULL) {
		sctp_ulp_notify(SCTP_NOTIFY_PEER_SHUTDOWN, stcb, 0, NULL, SCTP_SO_NOT_LOCKED);
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

/* --- addresses ------------------------------------------------------------------------------------------------ */

/* Gives what was sent, or would be, to an address that the association no longer has to another one. */
static void leave(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *other = asoc->alternate != NULL ? asoc->alternate : asoc->primary_destination;
	struct sctpchunk_listhead *queues[] = {&asoc->sent_queue, &asoc->control_send_queue, &asoc->asconf_send_queue};
	struct sctp_tmit_chunk *chunk;
	int type = net->rxt_timer.type; /* T3-rtx or T2-shutdown */

	if (SCTP_OS_TIMER_PENDING(&net->rxt_timer.timer)) {
		sctp_timer_stop(type, stcb->sctp_ep, stcb, net, SCTP_FROM_SCTP_PCB);
		if (type != SCTP_TIMER_TYPE_SEND) {
			sctp_timer_start(type, stcb->sctp_ep, stcb, other);
		}
	}
	sctp_move_chunks_from_net(stcb, net);
	TAILQ_FOREACH(chunk, &asoc->sent_queue, sctp_next) {
		if (chunk->whoTo == net && chunk->sent < SCTP_DATAGRAM_RESEND) {
			sctp_flight_size_decrease(chunk);
			sctp_total_flight_decrease(stcb, chunk);
			asoc->peers_rwnd += chunk->send_size + SCTP_BASE_SYSCTL(sctp_peer_chunk_oh);
			sctp_ucount_incr(asoc->sent_queue_retran_cnt);
			chunk->sent = SCTP_DATAGRAM_RESEND;
			chunk->flags |= CHUNK_FLAGS_FRAGMENT_OK;
			chunk->rec.data.doing_fast_retransmit = 0;
			chunk->no_fr_allowed = 1;
			chunk->do_rtt = 0;
		}
	}
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++) {
		TAILQ_FOREACH(chunk, queues[i], sctp_next) {
			if (chunk->whoTo == net) {
				chunk->whoTo = other;
				atomic_add_int(&other->ref_count, 1);
				sctp_free_remote_addr(net);
			}
		}
	}
}

/*
 * The peer deletes an address (RFC 5061 5.3): sctp_remove_net() forgets the chunks that are on their way to it, or wait
 * to go there, and sctp_timer_start() refuses T3-rtx for it. What was lost would never be sent again, and
 * sctp_find_alternate_net() would go on from an element that the list no longer has. A timer of it that still runs would
 * keep the association when that has ended.
 */
void repaired_remove_net(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	atomic_add_int(&net->ref_count, 1);
	sctp_remove_net(stcb, net);
	leave(stcb, net);
	sctp_free_remote_addr(net);
}

int repaired_del_remote_addr(struct sctp_tcb *stcb, struct sockaddr *address)
{
	struct sctp_nets *net = sctp_findnet(stcb, address);

	if (net == NULL || stcb->asoc.numnets < 2) {
		return sctp_del_remote_addr(stcb, address);
	}
	repaired_remove_net(stcb, net);
	return 0;
}

/*
 * A request to add or delete an address holds a reference to it. sctp_asconf_queue_mgmt() doesn't give it back when two
 * requests cancel each other out, nor do those who empty the queue (sctp_free_assoc(), sctp_process_cookie_existing()).
 */
void repaired_free_request(struct sctp_asconf_addr *request)
{
	if (request->ifa != NULL) {
		sctp_free_ifa(request->ifa);
	}
	link_free(request);
}

/* Nor does sctp_free_assoc() give back the only address, which waits for another one before it may be deleted. */
void repaired_free_association(struct sctp_tcb *stcb)
{
	if (stcb->asoc.asconf_addr_del_pending != NULL) {
		sctp_free_ifa(stcb->asoc.asconf_addr_del_pending);
	}
	link_free(stcb);
}

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
