/*
 * Shutdown of an association (RFC 9260 9.2): sctp_handle_shutdown(), sctp_update_acked(), sctp_sack_check(); for
 * T2-shutdown sctp_timer_start(), for SCTP_EOF sctp_lower_sosend(), and for stream resets that wait
 * sctp_send_stream_reset_out_if_possible(). Upstream's main performs an early shutdown at COOKIE ACK (e6b93c46),
 * accepts the rest of a message when the peer shuts down (5f87058e), accepts SCTP_EOF where it refuses data (9ed16fc3,
 * 01cc4e04), and doesn't run T5-shutdown-guard before SHUTDOWN is sent (a6bf1b43). It has the other faults.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctputil.h>
#include <netinet/sctp_output.h>

#include "api/association.h"
#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"

/* Upstream's sctp_send_stream_reset_out_if_possible(): upstream/sctp_output.h. */
int upstream_send_stream_reset_out_if_possible(struct sctp_tcb *stcb, int so_locked);

/* The association that the packet being read has brought to OPEN while a shutdown is pending. */
static struct sctp_tcb *just_open;

static int is_shut_down(const struct sctp_tcb *stcb)
{
	switch (SCTP_GET_STATE(stcb)) {
	case SCTP_STATE_SHUTDOWN_SENT:
	case SCTP_STATE_SHUTDOWN_RECEIVED:
	case SCTP_STATE_SHUTDOWN_ACK_SENT:
		return 1;
	default:
		return (stcb->asoc.state & SCTP_STATE_SHUTDOWN_PENDING) != 0;
	}
}

static int has_undelivered(const struct sctp_association *asoc)
{
	return !TAILQ_EMPTY(&asoc->send_queue) || !TAILQ_EMPTY(&asoc->sent_queue) || asoc->stream_queue_cnt > 0;
}

/* Sends SHUTDOWN if all data has been acknowledged. Returns whether it was sent. */
static int send_shutdown(struct sctp_tcb *stcb)
{
	struct sctp_nets *net = link_path_in_use(stcb);

	if (SCTP_GET_STATE(stcb) != SCTP_STATE_OPEN || has_undelivered(&stcb->asoc)) {
		return 0;
	}
	SCTP_STAT_DECR_GAUGE32(sctps_currestab);
	SCTP_SET_STATE(stcb, SCTP_STATE_SHUTDOWN_SENT);
	sctp_stop_timers_for_shutdown(stcb);
	sctp_send_shutdown(stcb, net);
	fixed_timer_start(SCTP_TIMER_TYPE_SHUTDOWN, stcb->sctp_ep, stcb, net);
	sctp_timer_start(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL);
	return 1;
}

static void send_shutdown_ack(struct sctp_tcb *stcb)
{
	struct sctp_nets *net = link_path_in_use(stcb);

	SCTP_STAT_DECR_GAUGE32(sctps_currestab);
	SCTP_SET_STATE(stcb, SCTP_STATE_SHUTDOWN_ACK_SENT);
	sctp_stop_timers_for_shutdown(stcb);
	sctp_send_shutdown_ack(stcb, net);
	fixed_timer_start(SCTP_TIMER_TYPE_SHUTDOWNACK, stcb->sctp_ep, stcb, net);
}

/*
 * A COOKIE ECHO in SHUTDOWN-ACK-SENT is answered with SHUTDOWN ACK and ERROR (RFC 9260 5.2.4, A).
 * sctp_process_cookie_existing() queues SHUTDOWN ACK, but its caller then reads no further, and doesn't send it.
 *
 * SHUTDOWN ACK goes to where the packet came from that it answers (RFC 9260 6.4). For INIT, sctp_handle_init() names no
 * path, so that the answer might take one that has failed; for COOKIE ECHO, the primary one.
 */
void fixed_send_shutdown_ack(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *from = stcb->asoc.last_control_chunk_from;

	sctp_send_shutdown_ack(stcb, from != NULL ? from : net);
	sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
}

void link_send_shutdown_if_due(struct sctp_tcb *stcb)
{
	if ((stcb->asoc.state & SCTP_STATE_SHUTDOWN_PENDING) != 0) {
		send_shutdown(stcb);
	} else if (SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_RECEIVED && !has_undelivered(&stcb->asoc)) {
		send_shutdown_ack(stcb);
	}
}

/*
 * A shutdown that is requested before the association is open, or while the peer restarts, is performed as soon as the
 * association is OPEN (RFC 9260 9.2). COOKIE ACK opens it; so does COOKIE ECHO if both ends connect at once or the peer
 * has restarted (5.2.4). Upstream performs it only when a SACK acknowledges the last data; its main also does so at
 * COOKIE ACK. sctp_toss_old_cookies() is called in each of these cases, before COOKIE ACK is queued, which must be sent
 * first.
 */
void fixed_toss_old_cookies(struct sctp_tcb *stcb, struct sctp_association *asoc)
{
	sctp_toss_old_cookies(stcb, asoc);
	if ((asoc->state & SCTP_STATE_SHUTDOWN_PENDING) != 0) {
		just_open = stcb;
	}
}

void link_send_pending_shutdown(void)
{
	struct sctp_tcb *stcb = just_open;

	if (stcb == NULL) {
		return;
	}
	just_open = NULL;
	SCTP_TCB_LOCK(stcb);
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0 && send_shutdown(stcb)) {
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
}

void shutdown_association_freed(const struct sctp_tcb *stcb)
{
	if (just_open == stcb) {
		just_open = NULL;
	}
}

/*
 * SCTP_EOF without data. sctp_lower_sosend() refuses it like data, while its stream is being reset or the send buffer
 * is full.
 */
int link_shut_down(void *so, uint32_t id)
{
	struct sctp_tcb *stcb = association_in(so, id);
	int error = 0;

	if (stcb == NULL) {
		return -ENOENT;
	}
	if (is_shut_down(stcb)) {
		error = -EPIPE;
	} else if (!send_shutdown(stcb)) {
		SCTP_ADD_SUBSTATE(stcb, SCTP_STATE_SHUTDOWN_PENDING);
		sctp_timer_start(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL);
	}
	if (error == 0) {
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_USR_SEND, SCTP_SO_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
	return error;
}

int link_is_shut_down(void *so, uint32_t id)
{
	struct sctp_tcb *stcb = association_in(so, id);
	int is = stcb != NULL && is_shut_down(stcb);

	if (stcb != NULL) {
		SCTP_TCB_UNLOCK(stcb);
	}
	return is;
}

/*
 * Sends stream resets that waited until their messages were acknowledged. None may follow SHUTDOWN ACK: if SHUTDOWN
 * COMPLETE gets lost, the peer no longer knows the association, and would answer with ABORT (RFC 9260 8.4).
 */
int sctp_send_stream_reset_out_if_possible(struct sctp_tcb *stcb, int so_locked)
{
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_ACK_SENT) {
		stcb->asoc.trigger_reset = 0;
		return ENOENT;
	}
	return upstream_send_stream_reset_out_if_possible(stcb, so_locked);
}

/*
 * When the peer shuts down, the rest of an unfinished message must be delivered (RFC 9260 9.2), but sctp_lower_sosend()
 * refuses it. So the association's state is OPEN during that call. Upstream's main accepts the rest.
 */
int link_before_rest_after_shutdown(void *so, uint32_t id, uint16_t stream)
{
	struct sctp_tcb *stcb = association_in(so, id);
	struct sctp_association *asoc;
	int may;

	if (stcb == NULL) {
		return 0;
	}
	asoc = &stcb->asoc;
	may = SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_RECEIVED && (asoc->state & SCTP_STATE_SHUTDOWN_PENDING) == 0 &&
	      stream < asoc->streamoutcnt && asoc->strmout[stream].last_msg_incomplete;
	if (may) {
		asoc->state = (asoc->state & ~SCTP_STATE_MASK) | SCTP_STATE_OPEN;
	}
	SCTP_TCB_UNLOCK(stcb);
	return may;
}

void link_after_rest_after_shutdown(void *so, uint32_t id)
{
	struct sctp_tcb *stcb = association_in(so, id);

	if (stcb == NULL) {
		return;
	}
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN) {
		stcb->asoc.state = (stcb->asoc.state & ~SCTP_STATE_MASK) | SCTP_STATE_SHUTDOWN_RECEIVED;
	}
	SCTP_TCB_UNLOCK(stcb);
}

/*
 * In SHUTDOWN-SENT, duplicate DATA must be answered with SHUTDOWN and SACK (RFC 9260 9.2). sctp_sack_check() sends
 * SHUTDOWN only. A peer that looks for acknowledgements in SACKs would retransmit its last DATA again and again.
 */
void link_acknowledge_duplicates(struct sctp_tcb *stcb)
{
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_SENT && stcb->asoc.numduptsns > 0) {
		sctp_send_sack(stcb, SCTP_SO_NOT_LOCKED);
	}
}

/*
 * T5-shutdown-guard starts when SHUTDOWN is sent (RFC 9260 9.2). Upstream starts it in SHUTDOWN-PENDING already, and
 * data that isn't delivered by its end is lost. We keep it there because of peers that never read, but restart it
 * whenever data is acknowledged. Upstream's main starts it with SHUTDOWN only, so there it begins here.
 */
void link_restart_shutdown_guard(struct sctp_tcb *stcb)
{
	if ((stcb->asoc.state & SCTP_STATE_SHUTDOWN_PENDING) == 0) {
		return;
	}
	if (SCTP_OS_TIMER_PENDING(&stcb->asoc.shut_guard_timer.timer)) {
		sctp_timer_stop(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL, SCTP_FROM_SCTP_INDATA);
	} else if (UPSTREAM_GUARDS_SHUTDOWN_PENDING) {
		return;
	}
	sctp_timer_start(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL);
}

/*
 * SHUTDOWN acknowledges data without a receive window. sctp_update_acked() keeps the known window, but ignores what it
 * has subtracted for each chunk in flight (sctp_peer_chunk_oh). After some hundred small messages the window was used
 * up, and chunks were sent one at a time.
 */
void fixed_update_acked(struct sctp_tcb *stcb, struct sctp_shutdown_chunk *shutdown, int *is_aborted)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t overhead = asoc->total_flight_count * SCTP_BASE_SYSCTL(sctp_peer_chunk_oh);

	fixed_express_handle_sack(stcb, ntohl(shutdown->cumulative_tsn_ack),
	                          asoc->peers_rwnd + asoc->total_flight + overhead, is_aborted, 0);
	if (!*is_aborted && is_data_missing(stcb)) {
		received_violation(stcb, "SHUTDOWN while DATA is missing");
		*is_aborted = 1;
	}
}

/*
 * T2-shutdown uses the same timer as T3-rtx, and sctp_timer_start() doesn't change a timer that is running. When T2
 * starts nothing is outstanding, but a window probe may have restarted T3-rtx, and SHUTDOWN would never be
 * retransmitted. Heartbeat timers are started in error_counters.c.
 */
void fixed_timer_start(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *any;

	if (type == SCTP_TIMER_TYPE_SHUTDOWN || type == SCTP_TIMER_TYPE_SHUTDOWNACK) {
		TAILQ_FOREACH(any, &stcb->asoc.nets, sctp_next) {
			sctp_timer_stop(SCTP_TIMER_TYPE_SEND, inp, stcb, any, SCTP_FROM_SCTP_OUTPUT);
		}
	}
	if (type == SCTP_TIMER_TYPE_HEARTBEAT) {
		link_start_heartbeat(inp, stcb, net);
	} else {
		sctp_timer_start(type, inp, stcb, net);
	}
}

/*
 * SCTP_SHUTDOWN_EVENT says that the peer sends no more data (RFC 6458 6.1.5). sctp_handle_shutdown() doesn't report it
 * if both ends shut down at once (SHUTDOWN-SENT). If the rest of the handshake is then lost, the application doesn't
 * know that everything has arrived. sctp_handle_shutdown() stops T2-shutdown in that state only, so it is reported
 * here.
 */
void fixed_timer_stop(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t from)
{
	sctp_timer_stop(type, inp, stcb, net, from);
	if (type == SCTP_TIMER_TYPE_SHUTDOWN && from == SCTP_FROM_SCTP_INPUT + SCTP_LOC_9 && stcb->sctp_socket != NULL) {
		sctp_ulp_notify(SCTP_NOTIFY_PEER_SHUTDOWN, stcb, 0, NULL, SCTP_SO_NOT_LOCKED);
	}
}
