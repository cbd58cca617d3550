/*
 * T3-rtx (RFC 9260 6.3): sctp_t3rxt_timer() and sctp_express_handle_sack() fail to start or restart it while chunks are
 * outstanding. Upstream's main has these faults.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"
#include "network/network.h"

/* Is there an active path that chunks can be retransmitted on? */
static int has_alternative(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	const struct sctp_nets *other = sctp_find_alternate_net(stcb, net, 0);

	return other != net && link_is_active(other);
}

/*
 * sctp_mark_all_for_resend() skips chunks that were sent less than an RTO ago, which must be marked as well (RFC 9260
 * 6.3.3, E3):
 *
 *   - If another path takes over, they wait on the dead one until T3-rtx expires again. So all are marked if there is
 *     another path, or if the link was down.
 *   - For those that are skipped, sctp_timeout_handler() starts T3-rtx again only if no path has it running. Then the
 *     association has chunks to retransmit, but no timer, and waits for ever.
 *   - A chunk that was sent exactly an RTO ago is skipped as well. With a clock of whole milliseconds, in a browser or in
 *     virtual time, that is each chunk that T3-rtx was started for: it was retransmitted after three RTOs.
 *   - It computes that RTO from the round trips without RTO.Max: after a round trip of 15 s chunks are retransmitted
 *     every 15 s, whatever the timer says.
 *
 * It also doesn't count chunks that were marked before.
 */
int fixed_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	int srtt = net->lastsa, variance = net->lastsv, is_gone;

	if (net->RTO > 0 && (srtt >> SCTP_RTT_SHIFT) + variance > (int)net->RTO) {
		net->lastsa = (int)net->RTO << SCTP_RTT_SHIFT;
		net->lastsv = 0;
	}
	if (srtt > 0) {
		net->lastsv--; /* also those that were sent exactly an RTO ago */
	}
	if (link_is_cut_short(net) || has_alternative(stcb, net)) {
		net->lastsa = 0;
		net->lastsv = -1; /* also those that were sent in this millisecond */
	}
	is_gone = link_run_t3rxt_timer(inp, stcb, net);
	if (!is_gone) {
		net->lastsa = srtt;
		net->lastsv = variance;
		if (link_is_cut_short(net)) {
			net->RTO = link_rto_before_back_off(stcb, net);
		}
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
 * Marks the probe of a closed window that is in flight (RFC 9260 6.1, A), as sctp_handle_sack() needs it to retransmit
 * a refused probe when the window opens. sctp_express_handle_sack() doesn't retransmit it if nothing else is
 * acknowledged. sctp_med_chunk_output() clears the path's mark whenever it sends something. The probe then waits for
 * T3-rtx.
 */
static int mark_window_probe(struct sctp_tcb *stcb)
{
	const struct sctp_tmit_chunk *first = TAILQ_FIRST(&stcb->asoc.sent_queue);

	if (first == NULL || !first->window_probe || first->whoTo == NULL) {
		return 0;
	}
	first->whoTo->window_probe = 1;
	return 1;
}

/*
 * A SACK that acknowledges the earliest outstanding chunk of an address restarts T3-rtx for that address (RFC 9260
 * 6.3.2, R3). sctp_handle_sack() does so. sctp_express_handle_sack(), for SACKs without gaps, doesn't. On a busy path
 * the timer then expires although nothing is lost: chunks are sent twice, and the path becomes potentially failed.
 */
void fixed_express_handle_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t rwnd, int *is_aborted,
                                  int has_ecn_echo)
{
	uint32_t before = stcb->asoc.last_acked_seq;
	int is_probe_answered = mark_window_probe(stcb);
	struct sctp_nets *net;

	link_before_sack(stcb, cumulative_tsn, rwnd);
	if (is_probe_answered) {
		sctp_handle_sack(NULL, 0, 0, stcb, 0, 0, 0, is_aborted, 0, cumulative_tsn, rwnd, has_ecn_echo);
	} else {
		sctp_express_handle_sack(stcb, cumulative_tsn, rwnd, is_aborted, has_ecn_echo);
	}
	if (*is_aborted) {
		return;
	}
	if (stcb->asoc.last_acked_seq == before) {
		if (!is_probe_answered) { /* the probe was refused rather than lost */
			link_paths_after_sack(stcb);
		}
		return;
	}
	link_after_sack(stcb);
	link_restart_shutdown_guard(stcb);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (net->net_ack > 0 && net->flight_size > 0) {
			restart_t3(stcb, net);
		}
	}
}

void fixed_handle_sack(struct mbuf *packet, int gaps_at, int duplicates_at, struct sctp_tcb *stcb, uint16_t gaps,
                       uint16_t non_renegable_gaps, uint16_t duplicates, int *is_aborted, uint8_t flags,
                       uint32_t cumulative_tsn, uint32_t rwnd, int has_ecn_echo)
{
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_WAIT) {
		return; /* nothing was sent that a SACK could be for */
	}
	if (!link_normalize_gap_blocks(packet, gaps_at, stcb, &gaps, &non_renegable_gaps, cumulative_tsn)) {
		*is_aborted = 1;
		return;
	}
	link_before_sack(stcb, cumulative_tsn, rwnd);
	(void)mark_window_probe(stcb);
	sctp_handle_sack(packet, gaps_at, duplicates_at, stcb, gaps, non_renegable_gaps, duplicates, is_aborted, flags,
	                 cumulative_tsn, rwnd, has_ecn_echo);
	if (!*is_aborted) {
		link_after_sack(stcb);
	}
}
