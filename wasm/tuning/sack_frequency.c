/*
 * SACKs for packets that arrive together. Every second packet is acknowledged at once (RFC 9260 6.2). For packets in
 * one inbox these SACKs would all leave at the same instant, and each repeats what the ones before it say. So if more
 * packets of an association follow, every third one is acknowledged, as TCP does behind a kernel that merges segments
 * (GRO). SACKs took 3.4 of 12.5 CPU seconds per GB over UDP, with packets of 1,500 bytes; this saves 6 % of the total.
 *
 * Every fourth would be too few. Max.Burst is 4 (RFC 9260 16). A sender may obey it by cutting its congestion window to
 * the data in flight plus 4 packets (sctp_use_cwnd_based_maxburst). Each SACK that makes room for 4 packets would then
 * undo the window's growth.
 *
 * This is done in order only, and not while it would slow the sender down. In slow start the window grows with the
 * number of SACKs (RFC 9260 7.2.1). It has reached our receive window when twice that has arrived. Slow start begins
 * again after a loss, which shows as a gap here, and after a pause, for example of a sender whose window doesn't fill
 * the path yet.
 *
 * While JavaScript's timers are late, the last packet is acknowledged at once, too: a SACK that is delayed by up to
 * 200 ms would leave after a second or more, and the peer's RTO would grow to several seconds.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctputil.h>

#include "fixes/received.h"
#include "link.h"
#include "fixes/fixes.h"
#include "network/network.h"
#include "tuning/tuning.h"

#define TOGETHER 3
#define PAUSE_MS 10
#ifndef OPEN_WINDOWS /* 0 in test/native, so that SACKs are deferred from the start and errors show */
#define OPEN_WINDOWS 2
#endif
#define GONE 2 /* fixed_process_data() has aborted the association */

/* Do packets of the same association follow in the inbox? And the association that has deferred a SACK. */
static int more_follow;
static struct sctp_tcb *deferred;

/*
 * Are fewer SACKs enough for the sender? Counts the bytes that arrive on a path in order, up to twice the receive
 * window.
 */
static int is_open(const struct sctp_tcb *stcb, struct link_path *path, int bytes)
{
	if (path == NULL || stcb->sctp_socket == NULL || SCTP_GET_STATE(stcb) != SCTP_STATE_OPEN) {
		return 0;
	}
	if (link_now_ms - path->received_ms > PAUSE_MS) {
		path->in_order_bytes = 0;
	}
	path->received_ms = link_now_ms;
	if (path->in_order_bytes >= OPEN_WINDOWS * stcb->sctp_socket->so_rcv.sb_hiwat) {
		return 1;
	}
	path->in_order_bytes += (uint32_t)bytes;
	return 0;
}

static int is_in_order(const struct sctp_association *asoc)
{
	return SCTP_TSN_GE(asoc->cumulative_tsn, asoc->highest_tsn_inside_map) &&
	       SCTP_TSN_GE(asoc->cumulative_tsn, asoc->highest_tsn_inside_nr_map);
}

/*
 * Replaces sctp_process_data(). sctp_sack_check(), which fixed_process_data() calls, counts packets up to `sack_freq`.
 */
int link_process_data(struct mbuf **packet, int iphlen, int *offset, int length, struct sctp_inpcb *inp,
                      struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t *high_tsn)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct link_path *path = (struct link_path *)net->ro.ro_rt;
	uint32_t every = asoc->sack_freq, cumulative_tsn = asoc->cumulative_tsn;
	int may_wait = is_open(stcb, path, length) && more_follow && every > 1 && every < TOGETHER, result;

	asoc->sack_freq = may_wait ? TOGETHER : every;
	result = fixed_process_data(packet, iphlen, offset, length, inp, stcb, net, high_tsn);
	if (result == GONE) {
		return result;
	}
	asoc->sack_freq = every;
	link_acknowledge_duplicates(stcb);
	if (may_wait || link_are_timers_late()) {
		deferred = stcb;
	}
	if (path != NULL && (asoc->cumulative_tsn == cumulative_tsn || !is_in_order(asoc))) {
		path->in_order_bytes = 0;
	}
	return result;
}

void link_set_more_packets_follow(int more)
{
	more_follow = more;
}

/* Called after each packet. After the last one, a deferred SACK is sent. */
void link_send_deferred_sack(void)
{
	struct sctp_tcb *stcb = deferred;

	if (more_follow || stcb == NULL) {
		return;
	}
	deferred = NULL;
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0 && SCTP_OS_TIMER_PENDING(&stcb->asoc.dack_timer.timer) &&
	    (stcb->asoc.data_pkts_seen >= stcb->asoc.sack_freq || link_are_timers_late())) {
		SCTP_TCB_LOCK(stcb);
		sctp_timer_stop(SCTP_TIMER_TYPE_RECV, stcb->sctp_ep, stcb, NULL, SCTP_FROM_SCTP_INDATA);
		sctp_send_sack(stcb, SCTP_SO_NOT_LOCKED);
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
		SCTP_TCB_UNLOCK(stcb);
	}
}

void sack_association_freed(const struct sctp_tcb *stcb)
{
	if (deferred == stcb) {
		deferred = NULL;
	}
}
