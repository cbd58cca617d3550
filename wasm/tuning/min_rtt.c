/*
 * The minimum round-trip time of a path. On paths with a short RTT usrsctp's own way works best (buffers.c, burst.c,
 * bundling.c). The minimum of the last five to ten seconds counts. On a busy machine packets wait longer than they
 * travel: a sender over loopback that took its own queues for a long path had 15 % more work. Older values don't count,
 * because paths may become longer.
 *
 * If the clock advances in steps, as in some browsers, a round-trip time below one step can't be told from 0.
 */
#include "api/association.h"
#include "fixes/extra_fields.h"
#include "link.h"

#define LINK_SHORT_RTT_US (LINK_SHORT_RTT_MS * 1000)
#define WINDOW_MS 5000

static uint32_t clock_step_us(void)
{
	return link_clock_step_ms < LINK_SHORT_RTT_MS ? 0 : (uint32_t)(min(link_clock_step_ms, 1000) * 1000);
}

static uint32_t min_rtt_us(const struct sctp_nets *net)
{
	struct path_extra *extra = path_extra_of(net);

	if (extra->min_rtt_since_ms == 0 || link_now_ms >= extra->min_rtt_since_ms + WINDOW_MS) {
		int is_old = extra->min_rtt_since_ms == 0 || link_now_ms >= extra->min_rtt_since_ms + 2 * WINDOW_MS;

		extra->previous_min_rtt_us = is_old ? UINT32_MAX : extra->min_rtt_us;
		extra->min_rtt_us = UINT32_MAX;
		extra->min_rtt_since_ms = link_now_ms;
	}
	extra->min_rtt_us = min(extra->min_rtt_us, net->rtt);
	return min(extra->min_rtt_us, extra->previous_min_rtt_us);
}

uint32_t link_min_rtt_ms(const struct sctp_nets *net)
{
	return min_rtt_us(net) / 1000;
}

int link_has_short_rtt(const struct sctp_nets *net)
{
	if (net == NULL) {
		return 1;
	}
	if (net->lan_type == SCTP_LAN_UNKNOWN) { /* no DATA was measured; the RTT may be that of INIT only */
		return link_rtt_ms(net) < LINK_SHORT_RTT_MS;
	}
	return min_rtt_us(net) + clock_step_us() < LINK_SHORT_RTT_US;
}
