/*
 * Is a path short? Shorter round trips are what usrsctp is made for, and have it its way (buffers.c, burst.c,
 * bundling.c). The shortest of the last five to ten seconds counts: a busy machine lets packets wait longer than they
 * travel, and a sender over loopback that took its queues for a long path had 15 % more to do; but paths do become
 * longer.
 *
 * A clock that goes in steps, as some browsers' do, can't tell a round trip that is shorter than a step from one of 0.
 */
#include "api/association.h"
#include "fixes/notes.h"
#include "link.h"

#define LINK_SHORT_US (LINK_SHORT_MS * 1000)
#define WINDOW_MS 5000

static uint32_t resolution_us(void)
{
	return link_clock_step_ms < LINK_SHORT_MS ? 0 : (uint32_t)(min(link_clock_step_ms, 1000) * 1000);
}

static uint32_t shortest_us(const struct sctp_nets *net)
{
	struct path_notes *notes = path_notes_of(net);

	if (notes->window_ms == 0 || link_now_ms >= notes->window_ms + WINDOW_MS) {
		int is_old = notes->window_ms == 0 || link_now_ms >= notes->window_ms + 2 * WINDOW_MS;

		notes->shortest_before_us = is_old ? UINT32_MAX : notes->shortest_us;
		notes->shortest_us = UINT32_MAX;
		notes->window_ms = link_now_ms;
	}
	notes->shortest_us = min(notes->shortest_us, net->rtt);
	return min(notes->shortest_us, notes->shortest_before_us);
}

uint32_t link_shortest_ms(const struct sctp_nets *net)
{
	return shortest_us(net) / 1000;
}

int link_is_near(const struct sctp_nets *net)
{
	if (net == NULL) {
		return 1;
	}
	if (net->lan_type == SCTP_LAN_UNKNOWN) { /* no data have been measured; an answer to INIT may be all there is */
		return link_rtt_ms(net) < LINK_SHORT_MS;
	}
	return shortest_us(net) + resolution_us() < LINK_SHORT_US;
}
