/*
 * Small messages that come faster than packets should leave. With SCTP_NODELAY an application gets a packet for each
 * message while the congestion window is open. That is right for the first messages. If many come at once, it makes as
 * many packets, SACKs and datagrams. So after four packets within a millisecond, further messages wait for each other
 * while data is in flight, as with Nagle's algorithm. They wait until the packet is full, until the next SACK, or
 *
 *   on paths with a short RTT   until the end of this turn of the event loop, some microseconds. 64 conversations over
 *                               one association within a machine made 130,000 to 167,000 round trips a second, instead
 *                               of 25,000 to 42,000. A millisecond would be longer than the round-trip time.
 *   on other paths              for a millisecond. Over a window that bulk transfer has opened, this saves 16 of 17
 *                               packets (burst.c keeps the window open)
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"
#include "tuning/tuning.h"

#define BURST_PACKETS 4 /* Max.Burst: how many packets may leave at once (RFC 9260 6.1 D) */

/* Has the packet that the waiting messages will make room for another message of their average size? */
static int has_room(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t count = asoc->stream_queue_cnt + asoc->send_queue_cnt, bytes = link_unsent_bytes(asoc), each;

	if (count == 0 || bytes >= asoc->smallest_mtu) {
		return 0;
	}
	each = SCTP_SIZE32((bytes + count - 1) / count) + SCTP_DATA_CHUNK_OVERHEAD(stcb);
	return (count + 1) * each <= asoc->smallest_mtu - SCTP_MIN_OVERHEAD;
}

/* Have BURST_PACKETS left on this path within a millisecond? If not, counts one more. */
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
	struct sctp_nets *net = link_path_in_use(stcb);
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
