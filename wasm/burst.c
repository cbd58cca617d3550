/*
 * Bursts. Max.Burst limits how many packets leave at once (RFC 9260 6.1 D): 4. Upstream cuts the congestion window to that
 * when less is on its way, and for good, which the RFC says one should not: each pause ends in a slow start. 256 KB every
 * half second took 283 ms at 50 ms and 100 Mbit/s; now 67.
 *
 * Here the window stays, the output is limited, and the rest follows in bursts, a millisecond after each other. A path
 * that was idle loses half of its window for each RTO (7.2.1). Near peers have it upstream's way: there it is the cut
 * that has small messages wait for each other, and without it ten times as many packets were sent. Those that wait
 * elsewhere (bundle.c) leave with the next burst.
 */
#include "association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

#define BETWEEN_TICKS 1

/* Those that have more to send, and may; those that are due; NULL for one that has ended meanwhile. */
static struct sctp_tcb **waiting;
static uint32_t count, due, capacity;
static sctp_os_timer_t timer;

static void forget_window(const struct sctp_tcb *stcb, struct sctp_nets *net)
{
	uint32_t rto_ms = net->RTO > 0 ? net->RTO : stcb->asoc.initial_rto;
	double sent_ms = (double)net->last_sent_time.tv_sec * 1000 + (double)net->last_sent_time.tv_usec / 1000;
	struct timeval now;
	double idle_ms;

	(void)SCTP_GETTIME_TIMEVAL(&now);
	idle_ms = (double)now.tv_sec * 1000 + (double)now.tv_usec / 1000 - sent_ms;
	net->ssthresh = max(net->ssthresh, net->cwnd);
	for (; idle_ms >= rto_ms && net->cwnd > 4 * net->mtu; idle_ms -= rto_ms) {
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

static int has_more(const struct sctp_association *asoc)
{
	const struct sctp_nets *net = asoc->alternate != NULL ? asoc->alternate : asoc->primary_destination;

	return asoc->total_output_queue_size > asoc->total_flight && asoc->peers_rwnd >= asoc->smallest_mtu &&
	       net != NULL && net->flight_size < net->cwnd;
}

static void next_burst(struct sctp_tcb *stcb)
{
	SCTP_TCB_LOCK(stcb);
	stcb->asoc.burst_limit_applied = 0;
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0) {
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
}

/* Who has even more after that is put in again, for the next time. */
static void next_bursts(void *unused)
{
	(void)unused;
	due = count;
	count = 0;
	for (uint32_t i = 0; i < due; i++) {
		if (waiting[i] != NULL) {
			next_burst(waiting[i]);
		}
	}
	due = 0;
}

void link_output_later(struct sctp_tcb *stcb)
{
	if (stcb->asoc.burst_limit_applied) {
		return;
	}
	if (count == capacity) {
		capacity = capacity > 0 ? 2 * capacity : 16;
		waiting = link_grow(waiting, capacity * sizeof(struct sctp_tcb *));
	}
	waiting[count++] = stcb;
	if (!SCTP_OS_TIMER_PENDING(&timer)) {
		(void)SCTP_OS_TIMER_START(&timer, BETWEEN_TICKS, next_bursts, NULL);
	}
	stcb->asoc.burst_limit_applied = 1;
}

int link_after_burst(struct sctp_tcb *stcb)
{
	if (has_more(&stcb->asoc)) {
		link_output_later(stcb);
	}
	return stcb->asoc.burst_limit_applied;
}

void link_no_burst(const struct sctp_tcb *stcb)
{
	for (uint32_t i = 0; stcb->asoc.burst_limit_applied && i < max(count, due); i++) {
		if (waiting[i] == stcb) {
			waiting[i] = NULL;
		}
	}
}
