/*
 * Round-trip times (RFC 9260 6.3.1). None may be measured with a chunk that was sent more than once (C5, Karn's
 * algorithm), nor include time that the other end spent waiting. Upstream measures from INIT to COOKIE ACK, whatever
 * was lost in between, and the accepting end from INIT ACK to COOKIE ECHO. The first lost DATA was then retransmitted
 * after as much as a minute, over conn() as over IP. Corrects sctp_handle_init_ack(), sctp_handle_cookie_ack(),
 * sctp_handle_cookie_echo() and, for a stale cookie, sctp_handle_error(). Upstream's main measures correctly (7039e169,
 * 7b446793), and asks for a longer life of a cookie (2df6df7b). It doesn't end the back-off after a set-up, and doesn't
 * wait between INITs.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_input.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"

/* Before back-off, the RTO is RTO.Initial (0), or what was measured. */
uint32_t link_rto_before_back_off(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	uint32_t rto_ms = (uint32_t)(net->lastsa >> SCTP_RTT_SHIFT) + (uint32_t)net->lastsv;

	return net->RTO_measured ? min(max(rto_ms, stcb->asoc.minrto), stcb->asoc.maxrto) : 0;
}

/* The back-off ends with the set-up. */
static void end_back_off(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		net->RTO = link_rto_before_back_off(stcb, net);
	}
}

/* INIT ACK answers INIT, and COOKIE ACK answers COOKIE ECHO. */
static int measure_set_up(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct association_extra *extra = extra_of(stcb);
	int is_measured = extra->set_up_time_outs == 0 &&
	                  sctp_calculate_rto(stcb, asoc, net, &asoc->time_entered, SCTP_RTT_FROM_NON_DATA);

	if (!is_measured || extra->set_up_time_outs > 0) {
		end_back_off(stcb);
	}
	extra->set_up_time_outs = 0;
	(void)SCTP_GETTIME_TIMEVAL(&asoc->time_entered); /* COOKIE ECHO is sent now, or the association is open */
	return is_measured;
}

/* Has a COOKIE ECHO just opened the association? Then the time to measure from is that of its cookie. */
static int is_of_cookie(const struct sctp_tcb *stcb)
{
	return !UPSTREAM_MEASURES_RIGHTLY && extra_of(stcb)->opened_ms == link_now_ms;
}

/*
 * Between a time-out and the next answer a path doesn't work. A HEARTBEAT of that time whose answer takes longer than the
 * RTO waited until the path worked again, and would raise the RTO for as long as the path is idle. So when the first
 * such answer comes, another HEARTBEAT is sent. That one measures, even if it takes longer, because the path works.
 */
static int has_waited(struct sctp_tcb *stcb, struct sctp_nets *net, double sent_ms)
{
	const struct path_extra *extra = path_extra_of(net);
	uint32_t rto_ms = link_rto_before_back_off(stcb, net);
	int works = extra->timed_out_ms <= extra->answered_ms;

	if (sent_ms < extra->timed_out_ms || (works && sent_ms >= extra->recovered_ms) ||
	    link_now_ms <= sent_ms + (rto_ms > 0 ? rto_ms : stcb->asoc.initial_rto)) {
		return 0;
	}
	if (!works && (net->dest_state & SCTP_ADDR_UNCONFIRMED) == 0) {
		sctp_send_hb(stcb, net, SCTP_SO_NOT_LOCKED);
	}
	return 1;
}

/*
 * sctp_input.c measures INIT ACK, COOKIE ECHO, COOKIE ACK and HEARTBEAT ACK with this function. The time in a HEARTBEAT
 * ACK may have been changed by the peer. Main stores it in a signed type, and the difference to a time before 1970 can
 * overflow.
 */
int fixed_calculate_rto(struct sctp_tcb *stcb, struct sctp_association *asoc, struct sctp_nets *net,
                        struct timeval *sent, int source)
{
	int is_measured;
	double sent_ms;

	if (sent == &asoc->time_entered) {
		return measure_set_up(stcb, net);
	}
	if (is_of_cookie(stcb)) {
		return 0;
	}
	sent_ms = link_ms_of_timeval(sent);
	is_measured = sent->tv_sec >= 0 && !has_waited(stcb, net, sent_ms) &&
	              sctp_calculate_rto(stcb, asoc, net, sent, source);
	path_extra_of(net)->heartbeat_ms = sent_ms < link_now_ms ? sent_ms : 0;
	path_extra_of(net)->heartbeat_trip_ms = max(link_now_ms - sent_ms, 0);
	link_path_answered(stcb, net);
	return is_measured;
}

/* Main doesn't measure a set-up in which something was lost, so its back-off must end here. */
void fixed_set_state(struct sctp_tcb *stcb, int state)
{
	if (UPSTREAM_MEASURES_RIGHTLY && (state == SCTP_STATE_COOKIE_ECHOED || state == SCTP_STATE_OPEN) &&
	    extra_of(stcb)->set_up_time_outs > 0) {
		end_back_off(stcb);
		extra_of(stcb)->set_up_time_outs = 0;
	}
	if (state == SCTP_STATE_OPEN) {
		extra_of(stcb)->opened_ms = link_now_ms;
	}
	sctp_set_state(stcb, state);
}

/*
 * The peer has found our cookie stale (RFC 9260 5.2.6). A staleness below 1 ms also asks for a longer life. The first
 * time another INIT is sent at once. After that T1-init delays it, or INITs would follow each other as fast as the peer
 * answers.
 */
void fixed_send_initiate(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int so_locked)
{
	struct association_extra *extra = extra_of(stcb);

	stcb->asoc.cookie_preserve_req = max(stcb->asoc.cookie_preserve_req, 2);
	extra->set_up_time_outs++; /* what answers this INIT can't be told from an answer to the one before */
	if (stcb->asoc.stale_cookie_count > 1) {
		sctp_timer_start(SCTP_TIMER_TYPE_INIT, inp, stcb, stcb->asoc.primary_destination);
	} else {
		sctp_send_initiate(inp, stcb, so_locked);
	}
}
