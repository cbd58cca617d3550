/*
 * Lifetimes of messages (SCTP_PR_SCTP_TTL). A message must not be sent or retransmitted after its lifetime, and its
 * sender is told (RFC 3758 4.1, RFC 9260 11.1.5). Upstream checks lifetimes before retransmissions only, in
 * sctp_mark_all_for_resend() and sctp_strike_gap_ack_chunks(). A message that waits for the congestion window, or for
 * the peer's receive window, is sent however late it is. Here a timer of the association abandons such messages.
 * Upstream's main has this fault.
 */
#include "api/association.h"

#include <netinet/sctp_indata.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"

/* Messages examined in a millisecond, on average. A long queue is therefore examined less often. */
#define EXAMINED_PER_MS 1000

struct search {
	struct timeval now;
	struct timeval next; /* when the next lifetime ends; 0: no message has one */
	uint32_t examined;
};

static int has_expired(struct search *search, uint32_t flags, const struct timeval *end)
{
	search->examined++;
	if (!PR_SCTP_TTL_ENABLED(flags)) {
		return 0;
	}
	if (!timercmp(&search->now, end, <)) {
		return 1;
	}
	if (search->next.tv_sec == 0 || timercmp(end, &search->next, <)) {
		search->next = *end;
	}
	return 0;
}

static void count_unsent(struct sctp_association *asoc, struct sctp_stream_out *stream)
{
	asoc->abandoned_unsent[0]++;
	asoc->abandoned_unsent[SCTP_PR_SCTP_TTL]++;
	stream->abandoned_unsent[0]++;
}

/*
 * Notifications are dropped when the receive buffer is full, and many lifetimes may end at once. These notifications
 * may take as much room as they need, because their bytes have just left the send buffer. Returns the former limit.
 */
static uint32_t set_receive_limit(struct sctp_tcb *stcb, uint32_t bytes)
{
	uint32_t before = 0;

	if (stcb->sctp_socket != NULL) {
		before = stcb->sctp_socket->so_rcv.sb_hiwat;
		stcb->sctp_socket->so_rcv.sb_hiwat = bytes;
	}
	return before;
}

/* Abandons a message that has no TSN yet, as sctp_report_all_outbound() does. */
static void abandon_message(struct sctp_tcb *stcb, struct sctp_stream_out *stream, struct sctp_stream_queue_pending *sp)
{
	uint32_t limit;

	count_unsent(&stcb->asoc, stream);
	sctp_free_spbufspace(stcb, &stcb->asoc, sp);
	limit = set_receive_limit(stcb, INT32_MAX);
	sctp_ulp_notify(SCTP_NOTIFY_SPECIAL_SP_FAIL, stcb, 0, sp, SCTP_SO_NOT_LOCKED);
	set_receive_limit(stcb, limit);
	link_remove_message(stcb, stream, sp);
}

/* Abandons the expired messages of a stream that are complete and have no TSN yet. */
static int abandon_waiting(struct sctp_tcb *stcb, struct sctp_stream_out *stream, struct search *search)
{
	struct sctp_stream_queue_pending *sp, *next;
	int count = 0;

	TAILQ_FOREACH_SAFE(sp, &stream->outqueue, next, next) {
		if (has_expired(search, sp->act_flags, &sp->ts) && !sp->some_taken && sp->msg_is_complete &&
		    sp->sender_all_done) {
			abandon_message(stcb, stream, sp);
			count++;
		}
	}
	return count;
}

/* Abandons a message that has TSNs, none of which was sent: abandoned.c. */
static void abandon_chunks(struct sctp_tcb *stcb, struct sctp_tmit_chunk *first)
{
	uint32_t limit = set_receive_limit(stcb, INT32_MAX);

	sctp_release_pr_sctp_chunk(stcb, first, 0, SCTP_SO_NOT_LOCKED);
	set_receive_limit(stcb, limit);
}

static int abandon_unsent(struct sctp_tcb *stcb, struct search *search)
{
	struct sctp_tmit_chunk *chunk, *next;
	int count = 0;

	for (chunk = TAILQ_FIRST(&stcb->asoc.send_queue); chunk != NULL; chunk = next) {
		int is_first = (chunk->rec.data.rcv_flags & SCTP_DATA_FIRST_FRAG) != 0;

		next = TAILQ_NEXT(chunk, sctp_next);
		if (is_first && chunk->data != NULL && has_expired(search, chunk->flags, &chunk->rec.data.timetodrop)) {
			abandon_chunks(stcb, chunk);
			next = TAILQ_FIRST(&stcb->asoc.send_queue);
			count++;
		}
	}
	return count;
}

/* If nothing is in flight, no SACK arrives that would make sctp_handle_sack() send FORWARD TSN. */
static void forward_tsn(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *net = link_path_in_use(stcb);

	sctp_try_advance_peer_ack_point(stcb, asoc);
	if (SCTP_TSN_GT(asoc->advanced_peer_ack_point, asoc->last_acked_seq)) {
		send_forward_tsn(stcb, asoc);
		fixed_timer_start(SCTP_TIMER_TYPE_SEND, stcb->sctp_ep, stcb, net);
	}
}

static void wait_for_next(struct sctp_tcb *stcb, const struct search *search);

static void abandon_expired(void *argument)
{
	struct sctp_tcb *stcb = argument;
	struct sctp_association *asoc = &stcb->asoc;
	struct search search = {.examined = 0};
	int count = 0;

	if (asoc->state & SCTP_STATE_ABOUT_TO_BE_FREED) {
		return;
	}
	SCTP_TCB_LOCK(stcb);
	(void)SCTP_GETTIME_TIMEVAL(&search.now);
	for (uint32_t i = 0; i < asoc->streamoutcnt; i++) {
		count += abandon_waiting(stcb, &asoc->strmout[i], &search);
	}
	if (asoc->prsctp_supported && abandon_unsent(stcb, &search) > 0) {
		forward_tsn(stcb);
		count++;
	}
	wait_for_next(stcb, &search);
	if (count > 0) {
		if (stcb->sctp_socket != NULL) {
			link_ready(stcb->sctp_socket->so_upcallarg);
		}
		link_send_shutdown_if_due(stcb);
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
}

static void start(struct sctp_tcb *stcb, uint32_t ms)
{
	sctp_os_timer_t *timer = &extra_of(stcb)->lifetimes;

	(void)SCTP_OS_TIMER_START(timer, sctp_msecs_to_ticks(max(ms, 1)), abandon_expired, stcb);
	extra_of(stcb)->lifetime_ends_ms = link_now_ms + ms;
}

static void wait_for_next(struct sctp_tcb *stcb, const struct search *search)
{
	struct timeval left;
	uint32_t ms, least_ms = search->examined / EXAMINED_PER_MS;

	if (search->next.tv_sec == 0) {
		return;
	}
	timersub(&search->next, &search->now, &left);
	ms = (uint32_t)left.tv_sec * 1000 + (uint32_t)((left.tv_usec + 999) / 1000);
	start(stcb, max(ms, least_ms));
}

void link_start_lifetime(void *so, uint32_t id, uint32_t ms)
{
	struct sctp_tcb *stcb = association_in(so, id);
	struct association_extra *extra;

	if (stcb == NULL) {
		return;
	}
	extra = extra_of(stcb);
	if (!SCTP_OS_TIMER_PENDING(&extra->lifetimes) || link_now_ms + ms < extra->lifetime_ends_ms) {
		start(stcb, ms);
	}
	SCTP_TCB_UNLOCK(stcb);
}

void lifetimes_association_freed(struct sctp_tcb *stcb)
{
	(void)SCTP_OS_TIMER_STOP(&extra_of(stcb)->lifetimes);
}
