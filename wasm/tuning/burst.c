/*
 * Bursts. Max.Burst limits how many packets leave at once (RFC 9260 6.1 D): 4. Upstream cuts the congestion window to that
 * when less is on its way, and for good, which the RFC says one should not: each pause ends in a slow start. 256 KB every
 * half second took 283 ms at 50 ms and 100 Mbit/s; now 67.
 *
 * Here the window stays, the output is limited, and the rest follows in bursts, a millisecond after each other. A path
 * that was idle loses half of its window for each RTO (7.2.1). Near peers have it upstream's way: there it is the cut
 * that has small messages wait for each other, and without it ten times as many packets were sent. Small messages that
 * wait on far paths (bundling.c) leave with the next burst; on near ones, with the end of the turn.
 */
#include "api/association.h"
#include "fixes/notes.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"
#include "tuning/tuning.h"

void link_timer_soon(sctp_os_timer_t *timer, void (*function)(void *), void *argument); /* timers.c */

#define BETWEEN_TICKS 1

/* Those that have more to send, and may; those that are due; NULL for one that has ended meanwhile. */
struct later {
	struct sctp_tcb **waiting;
	uint32_t count, due, capacity;
	uint8_t mark; /* of an association that waits, in burst_limit_applied */
	sctp_os_timer_t timer;
};
static struct later bursts = {.mark = 1}, soon = {.mark = 2};

/* Halves the window for each RTO since data were sent, or since that was last done (RFC 9260 7.2.1). */
static void forget_window(const struct sctp_tcb *stcb, struct sctp_nets *net)
{
	uint32_t rto_ms = net->RTO > 0 ? net->RTO : stcb->asoc.initial_rto;
	struct path_notes *notes = path_notes_of(net);

	notes->decayed_ms = max(notes->decayed_ms, link_ms_of(&net->last_sent_time));
	if (link_now_ms < notes->decayed_ms + rto_ms) {
		return;
	}
	net->ssthresh = max(net->ssthresh, net->cwnd);
	for (; link_now_ms >= notes->decayed_ms + rto_ms && net->cwnd > 4 * net->mtu; notes->decayed_ms += rto_ms) {
		net->cwnd = max(net->cwnd / 2, 4 * net->mtu);
	}
}

int link_cuts_window(const struct sctp_tcb *stcb, struct sctp_nets *net)
{
	if (link_is_near(stcb->asoc.primary_destination)) {
		return 1;
	}
	if (net != NULL) {
		net->fast_retran_ip = 0;
		if (net->flight_size == 0 && net->cwnd > 4 * net->mtu && net->last_sent_time.tv_sec > 0) {
			forget_window(stcb, net);
		}
	}
	return 0;
}

/* Is there something new to send, and room for it? What was lost waits for SACKs, or T3-rtx (RFC 9260 6.3.3 E3, 7.2.3). */
static int has_more(const struct sctp_association *asoc)
{
	const struct sctp_nets *net = asoc->alternate != NULL ? asoc->alternate : asoc->primary_destination;

	return asoc->sent_queue_retran_cnt == 0 && (asoc->stream_queue_cnt > 0 || !TAILQ_EMPTY(&asoc->send_queue)) &&
	       asoc->peers_rwnd >= asoc->smallest_mtu && net != NULL && net->flight_size < net->cwnd;
}

static void output(struct sctp_tcb *stcb, uint8_t mark)
{
	SCTP_TCB_LOCK(stcb);
	stcb->asoc.burst_limit_applied &= (uint8_t)~mark;
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0 && stcb->asoc.sent_queue_retran_cnt == 0) {
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
}

/* Who has even more after that is put in again, for the next time. */
static void output_all(void *argument)
{
	struct later *later = argument;

	later->due = later->count;
	later->count = 0;
	for (uint32_t i = 0; i < later->due; i++) {
		if (later->waiting[i] != NULL) {
			output(later->waiting[i], later->mark);
		}
	}
	later->due = 0;
}

static int put_in(struct later *later, struct sctp_tcb *stcb)
{
	if (stcb->asoc.burst_limit_applied & later->mark) {
		return 0;
	}
	if (later->count == later->capacity) {
		later->capacity = later->capacity > 0 ? 2 * later->capacity : 16;
		later->waiting = link_grow(later->waiting, later->capacity * sizeof(struct sctp_tcb *));
	}
	later->waiting[later->count++] = stcb;
	stcb->asoc.burst_limit_applied |= later->mark;
	return !SCTP_OS_TIMER_PENDING(&later->timer);
}

void link_output_later(struct sctp_tcb *stcb)
{
	if (put_in(&bursts, stcb)) {
		(void)SCTP_OS_TIMER_START(&bursts.timer, BETWEEN_TICKS, output_all, &bursts);
	}
}

void link_output_soon(struct sctp_tcb *stcb)
{
	if (put_in(&soon, stcb)) {
		link_timer_soon(&soon.timer, output_all, &soon);
	}
}

int link_after_burst(struct sctp_tcb *stcb, uint32_t packets)
{
	if (packets >= stcb->asoc.max_burst && has_more(&stcb->asoc)) {
		link_output_later(stcb);
	}
	return stcb->asoc.burst_limit_applied;
}

static void leave(struct later *later, const struct sctp_tcb *stcb)
{
	for (uint32_t i = 0; (stcb->asoc.burst_limit_applied & later->mark) && i < max(later->count, later->due); i++) {
		if (later->waiting[i] == stcb) {
			later->waiting[i] = NULL;
		}
	}
}

void link_no_burst(const struct sctp_tcb *stcb)
{
	leave(&bursts, stcb);
	leave(&soon, stcb);
}
