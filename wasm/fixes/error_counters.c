/*
 * Error counters (RFC 9260 8.1, 8.2; RFC 7829 3): which time-outs count as errors. sctp_threshold_management() counts
 * them against the path and the association. This file decides what it is told:
 *
 *   association  It ends after as many consecutive errors as all of its paths together may have (RFC 9260 8.2), or it
 *                would outlive all of its paths. While this host has no route to the peer, they tell nothing about the
 *                peer, and don't count for some minutes. Time-outs of DATA count on an unconfirmed path too. Those of
 *                HEARTBEATs count on the current path only (8.1): those of another path would end an association whose
 *                current path is idle.
 *   path         One time-out at a time: that of a HEARTBEAT doesn't count while T3-rtx runs. A path doesn't become
 *                potentially failed if it is the only one, because that would just end the association sooner. Nor does
 *                it during the set-up: usrsctp would send a HEARTBEAT, and a peer that has no association yet answers
 *                with ABORT.
 *                A timer that was cut short hasn't waited for an answer (network/returned_links.c), and counts nowhere.
 *   window       A time-out of T3-rtx is no error of the path only if it is that of a window probe: the peer has
 *                announced a window of 0, and has answered the probe. usrsctp also takes a window for closed if it has
 *                no room for a packet, or for 256 bytes for each chunk in flight. A path to a peer that announces 1,500
 *                bytes was never given up.
 *
 * Upstream's main corrects the time to the next HEARTBEAT (991335be, 79f0178c, e711f82a), and verifies an address as
 * long as heartbeats are on (10085671). It has the other faults.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_constants.h>
#include <netinet/sctp_input.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"
#include "network/network.h"
#include "tuning/tuning.h"

/* Does a time-out count against the association? As in upstream; even on an unconfirmed path; never. */
typedef int timer_function(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
enum counted { COUNT_AS_UPSTREAM, COUNT_ALWAYS, COUNT_NEVER };

static int limits_by_paths;

/*
 * Is the default of Association.Max.Retrans limited to the sum of Path.Max.Retrans? A value that an application sets
 * isn't.
 */
EXPORT void link_limit_by_paths(int on)
{
	limits_by_paths = on;
}

static uint16_t max_errors(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	const struct sctp_nets *net;
	uint32_t sum = 0;

	if (!limits_by_paths || asoc->max_send_times != SCTP_BASE_SYSCTL(sctp_assoc_rtx_max_default)) {
		return asoc->max_send_times;
	}
	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		sum += net->failure_threshold;
	}
	return (uint16_t)min(sum, asoc->max_send_times);
}

static int has_confirmed_path(const struct sctp_association *asoc)
{
	const struct sctp_nets *net;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		if ((net->dest_state & SCTP_ADDR_UNCONFIRMED) == 0) {
			return 1;
		}
	}
	return 0;
}

/* RFC 9260 8.1: only on the current path. */
static int counts_heartbeat(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	if (net->dest_state & SCTP_ADDR_UNCONFIRMED) {
		return !has_confirmed_path(&stcb->asoc);
	}
	return net == link_path_in_use(stcb);
}

/* How long a host may be without a network. Within about that time a peer gives an idle association up. */
#define OFFLINE_MS 300000

static int is_offline(const struct sctp_tcb *stcb)
{
	struct association_extra *extra = extra_of(stcb);
	const struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (link_interface_to(net) != 0) {
			extra->offline_ms = 0;
			return 0;
		}
	}
	if (extra->offline_ms == 0) {
		extra->offline_ms = link_now_ms;
	}
	return link_now_ms < extra->offline_ms + OFFLINE_MS;
}

static int is_being_set_up(const struct sctp_tcb *stcb)
{
	return SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_WAIT || SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_ECHOED;
}

static void disable_potential_failure(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		path_extra_of(net)->pf_threshold = net->pf_threshold;
		net->pf_threshold = UINT16_MAX;
	}
}

static void restore_potential_failure(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		net->pf_threshold = path_extra_of(net)->pf_threshold;
	}
}

static int run_and_count(timer_function *timer, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net,
                         enum counted counted)
{
	struct sctp_association *asoc = &stcb->asoc;
	uint32_t errors = asoc->overall_error_count;
	uint16_t most = asoc->max_send_times;
	int is_cut_short = net != NULL && link_is_cut_short(net);
	uint16_t path_errors = net != NULL ? net->error_count : 0, path_most = is_cut_short ? net->failure_threshold : 0;
	int is_never_potentially_failed = is_being_set_up(stcb) || asoc->numnets == 1 || is_cut_short;

	if (is_cut_short || (!is_being_set_up(stcb) && is_offline(stcb))) {
		counted = COUNT_NEVER;
	}
	if (is_cut_short) {
		net->failure_threshold = UINT16_MAX;
	}
	asoc->max_send_times = counted == COUNT_NEVER ? UINT16_MAX : max_errors(stcb);
	if (counted == COUNT_ALWAYS && net != NULL && (net->dest_state & SCTP_ADDR_UNCONFIRMED)) {
		asoc->overall_error_count++; /* sctp_threshold_management() doesn't count it */
	}
	if (is_never_potentially_failed) {
		disable_potential_failure(stcb);
	}
	if (timer(inp, stcb, net)) {
		return 1;
	}
	asoc->max_send_times = most;
	if (counted == COUNT_NEVER) {
		asoc->overall_error_count = errors;
	}
	if (is_cut_short) {
		net->failure_threshold = path_most;
		net->error_count = path_errors;
		net->RTO = link_rto_before_back_off(stcb, net);
	} else if (net != NULL && net->error_count > path_errors) {
		link_path_timed_out(net);
	}
	if (is_never_potentially_failed) {
		restore_potential_failure(stcb);
	}
	link_select_path(stcb);
	return 0;
}

/* --- the timers ----------------------------------------------------------------------------------------------- */

/* Has the peer answered what was sent on this path by announcing a closed window? */
static int is_answered_probe(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	const struct association_extra *extra = extra_of(stcb);
	const struct sctp_tmit_chunk *chunk;

	TAILQ_FOREACH(chunk, &stcb->asoc.sent_queue, sctp_next) {
		if (chunk->whoTo == net) {
			return extra->window_bytes == 0 && extra->sack_ms >= link_ms_of_timeval(&chunk->sent_rcv_time);
		}
	}
	return 0;
}

int link_run_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_association *asoc = &stcb->asoc;
	uint32_t opened = asoc->peers_rwnd == 0 && !is_answered_probe(stcb, net); /* a window of 1: no probe to upstream */

	if (!link_is_cut_short(net)) {
		link_suspect_black_hole(stcb, net);
	}
	asoc->peers_rwnd += opened;
	if (run_and_count(sctp_t3rxt_timer, inp, stcb, net, COUNT_ALWAYS)) {
		return 1;
	}
	asoc->peers_rwnd -= opened; /* the timer has added lost bytes to the window */
	return 0;
}

int link_run_asconf_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	const struct sctp_tmit_chunk *sent = TAILQ_FIRST(&stcb->asoc.asconf_send_queue);

	return run_and_count(sctp_asconf_timer, inp, stcb, sent != NULL ? sent->whoTo : net,
	                     sent != NULL ? COUNT_ALWAYS : COUNT_AS_UPSTREAM);
}

/*
 * The errors of an unconfirmed path count until it is inactive. Then HEARTBEATs have their usual rate (RFC 9260 5.4).
 */
static int is_to_be_verified(const struct sctp_nets *net)
{
	return (net->dest_state & SCTP_ADDR_UNCONFIRMED) && (net->dest_state & SCTP_ADDR_REACHABLE);
}

/*
 * An unconfirmed address gets a HEARTBEAT each RTO, even if heartbeats are off. sctp_heartbeat_timer() waits for the
 * heartbeat interval as well, and sends none if heartbeats are off. sctp_timeout_handler() then doesn't restart the
 * timer.
 */
static int verify(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net, enum counted counted)
{
	uint32_t interval = net->heart_beat_delay, off = net->dest_state & SCTP_ADDR_NOHB;

	net->heart_beat_delay = 0;
	net->dest_state &= ~SCTP_ADDR_NOHB;
	if (run_and_count(sctp_heartbeat_timer, inp, stcb, net, counted)) {
		return 1;
	}
	net->heart_beat_delay = interval;
	net->dest_state |= (uint16_t)off;
	if (off) {
		sctp_chunk_output(inp, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
	}
	return 0;
}

static int heartbeat(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	enum counted counted = counts_heartbeat(stcb, net) ? COUNT_ALWAYS : COUNT_NEVER;

	if (is_to_be_verified(net)) {
		return verify(inp, stcb, net, net->hb_responded ? COUNT_AS_UPSTREAM : counted);
	}
	if (net->rxt_timer.type == SCTP_TIMER_TYPE_SEND && SCTP_OS_TIMER_PENDING(&net->rxt_timer.timer)) {
		net->hb_responded = 1; /* for upstream no error: T3-rtx counts one if the path has failed */
	}
	return run_and_count(sctp_heartbeat_timer, inp, stcb, net, net->hb_responded ? COUNT_AS_UPSTREAM : counted);
}

/*
 * A peer may list addresses of others, who then get our HEARTBEATs. So no more than HB.Max.Burst addresses are verified
 * at a time: those that got a HEARTBEAT within the last RTO.Initial, and haven't answered.
 */
static int may_verify(const struct sctp_tcb *stcb, const struct sctp_nets *candidate)
{
	const struct sctp_nets *net;
	uint32_t verified = 0;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		double sent_ms = path_extra_of(net)->verified_ms;

		verified += net != candidate && is_to_be_verified(net) && sent_ms > 0 &&
		            link_now_ms < sent_ms + stcb->asoc.initial_rto;
	}
	return verified < SCTP_BASE_SYSCTL(sctp_hb_maxburst);
}

/* sctp_timeout_handler() also starts the timer, but doesn't change one that is running. */
int fixed_heartbeat_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_timer *timer = &net->hb_timer;
	int is_gone;

	if (is_to_be_verified(net)) {
		if (!may_verify(stcb, net)) {
			link_start_heartbeat(inp, stcb, net);
			SCTP_OS_TIMER_START(&timer->timer, stcb->asoc.initial_rto / 4, sctp_timeout_handler, timer);
			return 0;
		}
		path_extra_of(net)->verified_ms = link_now_ms;
	}
	link_introduce_source(stcb, net);
	is_gone = heartbeat(inp, stcb, net);

	if (!is_gone && ((net->dest_state & SCTP_ADDR_NOHB) == 0 || is_to_be_verified(net))) {
		link_start_heartbeat(inp, stcb, net);
	}
	return is_gone;
}

#ifndef UPSTREAM_MAIN
/*
 * The next HEARTBEAT is sent after the interval plus about one RTO (RFC 9260 8.3), or after exactly one RTO if the path
 * is to be verified (5.4) or potentially failed (RFC 7829 3.2). In these two cases, too, sctp_timer_start() waits for
 * half to one and a half RTO. Its sum overflows if the interval is near 2^32 ms, so that HEARTBEATs follow each other.
 */
void link_start_heartbeat(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_timer *timer = &net->hb_timer;
	uint32_t interval = net->heart_beat_delay, rto_ms = net->RTO > 0 ? net->RTO : stcb->asoc.initial_rto;

	if (SCTP_OS_TIMER_PENDING(&timer->timer)) {
		return;
	}
	net->heart_beat_delay = min(interval, INT32_MAX);
	sctp_timer_start(SCTP_TIMER_TYPE_HEARTBEAT, inp, stcb, net);
	net->heart_beat_delay = interval;
	if ((is_to_be_verified(net) || (net->dest_state & SCTP_ADDR_PF)) && SCTP_OS_TIMER_PENDING(&timer->timer)) {
		SCTP_OS_TIMER_START(&timer->timer, rto_ms, sctp_timeout_handler, timer);
	}
}
#endif

int fixed_shutdown_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	return run_and_count(sctp_shutdown_timer, inp, stcb, net, COUNT_ALWAYS);
}

int fixed_shutdownack_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	return run_and_count(sctp_shutdownack_timer, inp, stcb, net, COUNT_ALWAYS);
}

static int strreset_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	(void)net;
	return sctp_strreset_timer(inp, stcb);
}

int fixed_strreset_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb)
{
	struct sctp_tmit_chunk *sent = NULL;

	if (stcb->asoc.stream_reset_outstanding > 0) {
		(void)sctp_find_stream_reset(stcb, stcb->asoc.str_reset_seq_out, &sent);
	}
	return run_and_count(strreset_timer, inp, stcb, sent != NULL ? sent->whoTo : NULL, COUNT_ALWAYS);
}

int fixed_t1init_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	extra_of(stcb)->set_up_time_outs += !stcb->asoc.delayed_connection; /* if it was delayed, this INIT is the first */
	return run_and_count(sctp_t1init_timer, inp, stcb, net, COUNT_AS_UPSTREAM);
}

int fixed_cookie_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	extra_of(stcb)->set_up_time_outs++;
	return run_and_count(sctp_cookie_timer, inp, stcb, net, COUNT_AS_UPSTREAM);
}
