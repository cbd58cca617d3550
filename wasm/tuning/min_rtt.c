/*
 * Is a path short? Shorter round trips are what usrsctp is made for, and have it its way (buffers.c, burst.c,
 * bundling.c). The shortest of the last five to ten seconds counts: a busy machine lets packets wait longer than they
 * travel, and a sender over loopback that took its queues for a long path had 15 % more to do; but paths do become
 * longer.
 *
 * A clock that goes in steps, as some browsers' do, can't tell a round trip that is shorter than a step from one of 0.
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
	if (net->lan_type == SCTP_LAN_UNKNOWN) { /* no data have been measured; an answer to INIT may be all there is */
		return link_rtt_ms(net) < LINK_SHORT_RTT_MS;
	}
	return min_rtt_us(net) + clock_step_us() < LINK_SHORT_RTT_US;
}
