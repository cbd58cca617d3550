/*
 * Bursts. Max.Burst limits how many packets leave at once (RFC 9260 6.1 D): 4. If less than the congestion window is in
 * flight, upstream cuts the window to that size permanently, which the RFC advises against. So each pause ends in a
 * slow start: 256 KB every half second took 283 ms at 50 ms and 100 Mbit/s, and take 67 ms here.
 *
 * Here the window stays, the output is limited, and the rest follows in bursts that are a millisecond apart. A path
 * that was idle loses half of its window for each RTO (7.2.1). Paths with a short RTT keep upstream's cut: it makes
 * small messages wait for each other, and without it ten times as many packets were sent. Small messages that wait
 * (bundling.c) leave with the next burst, or on paths with a short RTT at the end of the turn.
 */
#include "api/association.h"
#include "fixes/extra_fields.h"
#include "fixes/fixes.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "link.h"
#include "network/network.h"
#include "tuning/tuning.h"

/* Upstream's sctp_chunk_output(): upstream/sctp_output.h. */
void upstream_chunk_output(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_where, int so_locked);

#define BETWEEN_TICKS 1
#define LARGEST_PACKET_BYTES 65536 /* a smaller window may be smaller than a packet of some path */

/* Associations that wait for the same output. */
struct outputs {
	struct sctp_tcb **waiting; /* an entry is NULL if its association has ended */
	uint32_t count;
	uint32_t due; /* how many entries are being served; 0: none */
	uint32_t capacity;
	uint8_t mark; /* the bit in `outputs` of an association that waits here */
	sctp_os_timer_t timer;
};
static struct outputs next_bursts = {.mark = 1}, end_of_turn = {.mark = 2};

static void output(struct sctp_tcb *stcb)
{
	SCTP_TCB_LOCK(stcb);
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0 && stcb->asoc.sent_queue_retran_cnt == 0) {
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
	SCTP_TCB_UNLOCK(stcb);
}

/* An association that still has data to send afterwards waits again, for the next time. */
static void serve(void *argument)
{
	struct outputs *outputs = argument;

	outputs->due = outputs->count;
	outputs->count = 0;
	for (uint32_t i = 0; i < outputs->due; i++) {
		struct sctp_tcb *stcb = outputs->waiting[i];

		if (stcb != NULL) {
			extra_of(stcb)->outputs &= (uint8_t)~outputs->mark;
			output(stcb);
		}
	}
	outputs->due = 0;
}

/* Returns whether the timer must be started. */
static int enqueue(struct outputs *outputs, struct sctp_tcb *stcb)
{
	struct association_extra *extra = extra_of(stcb);

	if (extra->outputs & outputs->mark) {
		return 0;
	}
	if (outputs->count == outputs->capacity) {
		outputs->capacity = outputs->capacity > 0 ? 2 * outputs->capacity : 16;
		outputs->waiting = link_grow(outputs->waiting, outputs->capacity * sizeof(struct sctp_tcb *));
	}
	outputs->waiting[outputs->count++] = stcb;
	extra->outputs |= outputs->mark;
	return !SCTP_OS_TIMER_PENDING(&outputs->timer);
}

static void dequeue(struct outputs *outputs, const struct sctp_tcb *stcb)
{
	for (uint32_t i = 0; (extra_of(stcb)->outputs & outputs->mark) && i < max(outputs->count, outputs->due); i++) {
		if (outputs->waiting[i] == stcb) {
			outputs->waiting[i] = NULL;
		}
	}
}

void link_output_with_next_burst(struct sctp_tcb *stcb)
{
	if (enqueue(&next_bursts, stcb)) {
		(void)SCTP_OS_TIMER_START(&next_bursts.timer, BETWEEN_TICKS, serve, &next_bursts);
	}
}

void link_output_at_end_of_turn(struct sctp_tcb *stcb)
{
	if (enqueue(&end_of_turn, stcb)) {
		link_timer_soon(&end_of_turn.timer, serve, &end_of_turn);
	}
}

void burst_association_freed(const struct sctp_tcb *stcb)
{
	dequeue(&next_bursts, stcb);
	dequeue(&end_of_turn, stcb);
}

/* Halves the window for each RTO since data was last sent, or since the window was last halved (RFC 9260 7.2.1). */
static void decay_window(const struct sctp_tcb *stcb, struct sctp_nets *net)
{
	uint32_t rto_ms = net->RTO > 0 ? net->RTO : stcb->asoc.initial_rto;
	struct path_extra *extra = path_extra_of(net);

	extra->decayed_ms = max(extra->decayed_ms, link_ms_of_timeval(&net->last_sent_time));
	if (link_now_ms < extra->decayed_ms + rto_ms) {
		return;
	}
	net->ssthresh = max(net->ssthresh, net->cwnd);
	for (; link_now_ms >= extra->decayed_ms + rto_ms && net->cwnd > 4 * net->mtu; extra->decayed_ms += rto_ms) {
		net->cwnd = max(net->cwnd / 2, 4 * net->mtu);
	}
}

/* Replaces upstream's cut of the window. What upstream also does there for H-TCP is done here too. */
static void decay_idle_windows(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if ((net->dest_state & SCTP_ADDR_REACHABLE) == 0) {
			continue;
		}
		net->fast_retran_ip = 0;
		if (net->flight_size == 0 && net->cwnd > 4 * net->mtu && net->last_sent_time.tv_sec > 0) {
			decay_window(stcb, net);
		}
	}
}

/*
 * Is there new data to send, and room for it? Lost data waits for SACKs or T3-rtx (RFC 9260 6.3.3 E3, 7.2.3).
 */
static int has_more(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	const struct sctp_nets *net = link_path_in_use(stcb);

	return asoc->sent_queue_retran_cnt == 0 && (asoc->stream_queue_cnt > 0 || !TAILQ_EMPTY(&asoc->send_queue)) &&
	       asoc->peers_rwnd >= asoc->smallest_mtu && net != NULL && net->flight_size < net->cwnd;
}

/* An application has sent a message. Must it wait for others? */
static int waits_for_others(const struct sctp_inpcb *inp, struct sctp_tcb *stcb)
{
	return sctp_is_feature_on(inp, SCTP_PCB_FLAGS_NODELAY) && TAILQ_EMPTY(&stcb->asoc.control_send_queue) &&
	       link_defers_output(stcb);
}

/* Calls upstream's function, as if a chunk were in flight and the window were closed: it sends control chunks only. */
static void output_control(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_where, int so_locked)
{
	struct sctp_association *asoc = &stcb->asoc;
	uint32_t window = asoc->peers_rwnd;

	asoc->peers_rwnd = 0;
	asoc->total_flight++;
	upstream_chunk_output(inp, stcb, from_where, so_locked);
	asoc->total_flight--;
	asoc->peers_rwnd = window;
}

/* Calls upstream's function, as if the window had room for a chunk that may be sent in any case. */
static void output_with_probe(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_where, int so_locked)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_tmit_chunk *probe = link_large_window_probe(asoc);
	uint32_t window = asoc->peers_rwnd;

	if (probe != NULL) {
		asoc->peers_rwnd = probe->send_size;
	}
	link_max_chunks_in_packet = link_chunks_for_window(stcb);
	upstream_chunk_output(inp, stcb, from_where, so_locked);
	link_max_chunks_in_packet = SCTP_MAX_DATA_BUNDLING;
	if (probe == NULL) {
		return;
	}
	if (TAILQ_FIRST(&asoc->send_queue) == probe) {
		asoc->peers_rwnd = window; /* it has not been sent */
	} else {
		probe->window_probe = 1;
		probe->whoTo->window_probe = 1;
	}
}

void sctp_chunk_output(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_where, int so_locked)
{
	struct sctp_association *asoc = &stcb->asoc;

	if (from_where == SCTP_OUTPUT_FROM_USR_SEND && waits_for_others(inp, stcb)) {
		return;
	}
	if (asoc->max_burst > 0 && !link_has_short_rtt(asoc->primary_destination)) {
		decay_idle_windows(stcb);
	}
	asoc->burst_limit_applied = 0;
	if (asoc->total_flight == 0 && asoc->peers_rwnd < LARGEST_PACKET_BYTES && link_has_control_for_several_paths(stcb)) {
		output_control(inp, stcb, from_where, so_locked);
	}
	output_with_probe(inp, stcb, from_where, so_locked);
	if (asoc->burst_limit_applied && has_more(stcb)) {
		link_output_with_next_burst(stcb);
	}
}
