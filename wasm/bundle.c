/*
 * Small messages that come faster than packets should leave. An application that wants no delay (SCTP_NODELAY) gets a
 * packet for each message while the congestion window is open. That is right for the first ones; of a stream of messages
 * of 64 bytes it makes many times the packets:
 *
 *   large packets   of 64 KB, which exist within one machine only: small messages never shut the window, and such a stream
 *                   took five times the processor time that it takes with packets of 1,500 bytes
 *   far paths       where the window that bulk has opened stays open (burst.c): 17 times the packets, with a third more
 *                   bytes, and as many more SACKs
 *
 * So behind a few the others wait for each other, as with Nagle's algorithm: until a packet is full, the next SACK, or a
 * millisecond has passed. On near paths upstream's cut of the window has that effect.
 */
#include "association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

#define LARGE_MTU 16384
#define FEW_CHUNKS 4  /* every second packet is answered at once (RFC 9260 6.2): there will be a SACK */
#define FEW_PACKETS 4 /* Max.Burst: so many may leave at once (RFC 9260 6.1 D) */

static uint32_t unsent(const struct sctp_association *asoc)
{
	return asoc->total_output_queue_size - asoc->total_flight;
}

static int wait_for_large(const struct sctp_association *asoc)
{
	return asoc->total_flight_count >= FEW_CHUNKS && unsent(asoc) < asoc->smallest_mtu / 2;
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
	if (path->burst_packets == FEW_PACKETS) {
		return 1;
	}
	path->burst_packets++;
	return 0;
}

static int waits(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *net = asoc->alternate != NULL ? asoc->alternate : asoc->primary_destination;
	struct link_path *path = net != NULL ? (struct link_path *)net->ro.ro_rt : NULL;

	if (asoc->smallest_mtu > LARGE_MTU) {
		return wait_for_large(asoc);
	}
	return path != NULL && !link_is_near(net) && has_room(stcb) && is_behind_burst(path);
}

int link_bundles(struct sctp_tcb *stcb)
{
	int result = waits(stcb);

	if (result) {
		link_output_later(stcb);
	}
	return result;
}
