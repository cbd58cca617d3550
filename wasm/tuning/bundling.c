/*
 * Small messages that come faster than packets should leave. An application that wants no delay (SCTP_NODELAY) gets a
 * packet for each message while the congestion window is open. That is right for the first ones; of many that come at
 * once it makes as many packets, SACKs and datagrams. So behind four packets within a millisecond the others wait for
 * each other, while there is something on its way, as with Nagle's algorithm: until no other one would fit into the
 * packet, or the next SACK, or
 *
 *   on near paths   the end of this turn of the event loop, which is some microseconds: 64 conversations over one
 *                   association within a machine have 130,000 to 167,000 round trips a second, in place of 25,000 to
 *                   42,000. A millisecond would be longer than the round trip.
 *   on far paths    a millisecond: over a window that bulk has opened a 17th of the packets (burst.c leaves it open)
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"
#include "tuning/tuning.h"

#define BURST_PACKETS 4 /* Max.Burst: so many may leave at once (RFC 9260 6.1 D) */

static uint32_t unsent(const struct sctp_association *asoc)
{
	return asoc->total_output_queue_size - asoc->total_flight;
}

/* Would there be room for another one like those that wait, in the packet that they make? */
static int has_room(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t count = asoc->stream_queue_cnt + asoc->send_queue_cnt, bytes = unsent(asoc), each;

	if (count == 0 || bytes >= asoc->smallest_mtu) {
		return 0;
	}
	each = SCTP_SIZE32((bytes + count - 1) / count) + SCTP_DATA_CHUNK_OVERHEAD(stcb);
	return (count + 1) * each <= asoc->smallest_mtu - SCTP_MIN_OVERHEAD;
}

/* Have as many packets left on this path within a millisecond? Counts one otherwise. */
static int is_behind_burst(struct link_path *path)
{
	if (link_now_ms >= path->burst_ms + 1) {
		path->burst_ms = link_now_ms;
		path->burst_packets = 0;
	}
	if (path->burst_packets == BURST_PACKETS) {
		return 1;
	}
	path->burst_packets++;
	return 0;
}

int link_defers_output(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *net = asoc->alternate != NULL ? asoc->alternate : asoc->primary_destination;
	struct link_path *path = net != NULL ? (struct link_path *)net->ro.ro_rt : NULL;

	if (path == NULL || !has_room(stcb) || !is_behind_burst(path) || asoc->total_flight == 0) {
		return 0;
	}
	if (link_has_short_rtt(net)) {
		link_output_at_end_of_turn(stcb);
	} else {
		link_output_with_next_burst(stcb);
	}
	return 1;
}
