/*
 * The size of fragments (RFC 9260 6.9): sctp_get_frag_point(). And chunks that are too large after the MTU has become
 * smaller: sctp_pathmtu_adjustment(). Upstream's main corrects the first (dbb9f555, c9c70231, d2d6f84a), and the second
 * in part (a40c76b3, edce2f93).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_auth.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>

#include "fixes/fixes.h"
#include "fixes/fragment_size.h"
#include "network/network.h"

/* The size of the AUTH chunk that precedes DATA or I-DATA if the peer requires one. */
static uint32_t auth_bytes(const struct sctp_association *asoc)
{
	uint8_t type = asoc->idata_supported ? SCTP_IDATA : SCTP_DATA;

	return sctp_auth_is_required_chunk(type, asoc->peer_auth_chunks) ? sctp_get_auth_chunk_len(asoc->peer_hmac_id) : 0;
}

#ifndef UPSTREAM_MAIN
/*
 * SCTP_MAXSEG limits the user data of a chunk (RFC 6458 8.1.16). Upstream adds the IPv4 or IPv6 headers to it, compares
 * it with the path MTU, and rounds it down to a multiple of 4, so that 1 to 3 become 0.
 */
int sctp_get_frag_point(struct sctp_tcb *stcb, struct sctp_association *asoc)
{
	uint32_t room = asoc->smallest_mtu - link_header_bytes(stcb) - auth_bytes(asoc) - SCTP_DATA_CHUNK_OVERHEAD(stcb);

	return (int)min(room & ~3u, asoc->sctp_frag_point);
}

int link_reported_frag_point(struct sctp_tcb *stcb, int option)
{
	uint32_t set = stcb->asoc.sctp_frag_point;

	if (option != SCTP_MAXSEG) {
		return sctp_get_frag_point(stcb, &stcb->asoc);
	}
	return set < SCTP_DEFAULT_MAXSEGMENT ? (int)set : 0;
}
#endif

static void send_again(struct sctp_tcb *stcb, struct sctp_tmit_chunk *chunk)
{
	sctp_flight_size_decrease(chunk);
	sctp_total_flight_decrease(stcb, chunk);
	sctp_ucount_incr(stcb->asoc.sent_queue_retran_cnt);
	chunk->sent = SCTP_DATAGRAM_RESEND;
	chunk->rec.data.doing_fast_retransmit = 0;
	if (chunk->do_rtt) { /* Karn's algorithm: this chunk no longer measures a round trip */
		chunk->do_rtt = 0;
		chunk->whoTo->rto_needed = 1;
	}
}

static int is_too_large(const struct sctp_tcb *stcb, const struct sctp_tmit_chunk *chunk, uint32_t mtu)
{
	uint32_t headers =
		chunk->whoTo != NULL ? sizeof(struct sctphdr) + link_ip_header_bytes(chunk->whoTo) : link_header_bytes(stcb);

	return chunk->send_size + headers + auth_bytes(&stcb->asoc) > mtu;
}

/*
 * The MTU has become smaller. Upstream counts the IPv6 header for chunks that are sent over IPv4 too, and so
 * retransmits chunks that still fit. 0.9.5.0 counts no AUTH chunk for I-DATA, and retransmits nothing if a route turns
 * out to have a smaller MTU. Main doesn't retransmit in that case over IPv6.
 */
void sctp_pathmtu_adjustment(struct sctp_tcb *stcb, UPSTREAM_ADJUSTMENT_PARAMETERS)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_tmit_chunk *chunk;

	asoc->smallest_mtu = mtu;
	TAILQ_FOREACH(chunk, &asoc->send_queue, sctp_next) {
		chunk->flags |= is_too_large(stcb, chunk, mtu) ? CHUNK_FLAGS_FRAGMENT_OK : 0;
	}
	TAILQ_FOREACH(chunk, &asoc->sent_queue, sctp_next) {
		if (is_too_large(stcb, chunk, mtu)) {
			chunk->flags |= CHUNK_FLAGS_FRAGMENT_OK;
			if (chunk->sent < SCTP_DATAGRAM_RESEND) {
				send_again(stcb, chunk);
			}
		}
	}
}
