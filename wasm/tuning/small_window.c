/*
 * Small windows. A receiver needs memory for each chunk beyond its bytes; upstream expects 256 (sctp_peer_chunk_oh). It
 * subtracts them from the window for the chunks in flight, but puts as many chunks into a packet as there is room for.
 * A Linux kernel with a window of 1,500 bytes was sent 20 messages of 10 bytes in a packet, took ten of them, and
 * dropped the others. T3-rtx retransmitted these a second later, too many at once again. Here a packet has no more
 * chunks than the window has room for.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "tuning/tuning.h"

uint32_t link_max_chunks_in_packet = SCTP_MAX_DATA_BUNDLING;

uint32_t link_unsent_bytes(const struct sctp_association *asoc)
{
	return asoc->total_output_queue_size - asoc->total_flight;
}

uint32_t link_chunks_for_window(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t overhead = SCTP_BASE_SYSCTL(sctp_peer_chunk_oh), waiting, each;

	if (asoc->peers_rwnd == 0 || asoc->peers_rwnd >= SCTP_MAX_DATA_BUNDLING * overhead) {
		return SCTP_MAX_DATA_BUNDLING; /* upstream marks a window probe only if it is below the limit */
	}
	waiting = asoc->stream_queue_cnt + asoc->send_queue_cnt + asoc->sent_queue_retran_cnt;
	each = overhead + SCTP_DATA_CHUNK_OVERHEAD(stcb) + link_unsent_bytes(asoc) / max(waiting, 1);
	return min(max(asoc->peers_rwnd / each, 2), SCTP_MAX_DATA_BUNDLING);
}

/*
 * Whatever the window, one chunk may be in flight (RFC 9260 6.1 A). But if the path MTU has become smaller than a chunk
 * that waits, sctp_med_chunk_output() sends it only if the window has room for it. When the peer's update of its window
 * was lost, neither end sent anything more.
 */
struct sctp_tmit_chunk *link_large_window_probe(const struct sctp_association *asoc)
{
	struct sctp_tmit_chunk *first = TAILQ_FIRST(&asoc->send_queue);

	if (first == NULL || asoc->total_flight > 0 || asoc->sent_queue_retran_cnt > 0) {
		return NULL;
	}
	return (first->flags & CHUNK_FLAGS_FRAGMENT_OK) && first->send_size > asoc->peers_rwnd ? first : NULL;
}

/*
 * If nothing is in flight and the window is smaller than a packet, sctp_med_chunk_output() sends one packet, and then
 * discards the control chunks that wait for other paths. So a lost FORWARD TSN was never retransmitted: whenever T3-rtx
 * queued it for the second path, a HEARTBEAT left on the first one.
 */
int link_has_control_for_several_paths(const struct sctp_tcb *stcb)
{
	const struct sctp_nets *path, *first = NULL;
	const struct sctp_tmit_chunk *chunk;

	TAILQ_FOREACH(chunk, &stcb->asoc.control_send_queue, sctp_next) {
		path = chunk->whoTo != NULL ? chunk->whoTo : link_path_in_use(stcb);
		if (first != NULL && path != first) {
			return 1;
		}
		first = path;
	}
	return 0;
}
