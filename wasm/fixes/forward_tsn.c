/*
 * FORWARD TSN (RFC 3758 3.6) and I-FORWARD-TSN (RFC 8260 2.3.1): the peer has abandoned messages. Replaces
 * sctp_handle_forward_tsn(), which
 *
 * - searches the read queue for a partly delivered message by stream and SSN. All associations of a one-to-many socket
 *   share that queue, so it may find another peer's message;
 * - searches for exactly the SSN in the chunk, which is the largest SSN that is skipped;
 * - continues a partly delivered unordered message with the fragments of the next one.
 *
 * Upstream's main corrects only an ABORT for fragments that are legal after a FORWARD TSN (1330843b).
 */
#include "fixes/received.h"

/* --- TSNs ----------------------------------------------------------------------------------------------------- */

/* Marks all TSNs up to this one as received. */
static void skip_tsns(struct sctp_association *asoc, uint32_t tsn)
{
	uint32_t last = tsn - asoc->mapping_array_base_tsn;

	asoc->cumulative_tsn = tsn;
	if (last >= (uint32_t)asoc->mapping_array_size << 3) {
		SCTP_STAT_INCR(sctps_fwdtsn_map_over);
		memset(asoc->mapping_array, 0, asoc->mapping_array_size);
		memset(asoc->nr_mapping_array, 0, asoc->mapping_array_size);
		asoc->mapping_array_base_tsn = tsn + 1;
		asoc->highest_tsn_inside_map = tsn;
		asoc->highest_tsn_inside_nr_map = tsn;
		return;
	}
	for (uint32_t place = 0; place <= last; place++) {
		SCTP_SET_TSN_PRESENT(asoc->nr_mapping_array, place);
	}
	if (SCTP_TSN_GT(tsn, asoc->highest_tsn_inside_nr_map)) {
		asoc->highest_tsn_inside_nr_map = tsn;
	}
	if (SCTP_TSN_GT(tsn, asoc->highest_tsn_inside_map)) {
		asoc->highest_tsn_inside_map = tsn;
	}
}

/* Not even chunks of one byte each could have used so many TSNs within the receive window. */
static int is_too_far(const struct sctp_tcb *stcb, uint32_t tsn)
{
	uint32_t ahead = tsn - stcb->asoc.mapping_array_base_tsn;
	long room = stcb->sctp_socket != NULL ? sctp_sbspace(&stcb->asoc, &stcb->sctp_socket->so_rcv) : 0;

	return ahead >= (uint32_t)stcb->asoc.mapping_array_size << 3 && (long)ahead > room;
}

/* --- messages ------------------------------------------------------------------------------------------------- */

/* Discards runs of unordered DATA whose TSNs have been skipped. Runs that are waiting for later TSNs stay. */
static void skip_unordered_data(struct sctp_tcb *stcb, struct sctp_stream_in *stream)
{
	struct sctp_queued_to_read *run, *next;

	TAILQ_FOREACH_SAFE(run, &stream->uno_inqueue, next_instrm, next) {
		if (SCTP_TSN_GE(stcb->asoc.cumulative_tsn, run->fsn_included)) {
			discard_incomplete(stcb, run);
		}
	}
}

static void skip_unordered_idata(struct sctp_tcb *stcb, struct sctp_stream_in *stream, uint32_t mid)
{
	struct sctp_queued_to_read *run, *next;

	TAILQ_FOREACH_SAFE(run, &stream->uno_inqueue, next_instrm, next) {
		if (SCTP_MID_GE(1, mid, run->mid)) {
			discard_incomplete(stcb, run);
		}
	}
}

/* Complete messages were only waiting for their turn, and are delivered. */
static void skip_ordered(struct sctp_tcb *stcb, struct sctp_stream_in *stream, uint32_t mid)
{
	int idata = stcb->asoc.idata_supported;
	struct sctp_queued_to_read *run, *next;

	TAILQ_FOREACH_SAFE(run, &stream->inqueue, next_instrm, next) {
		if (SCTP_MID_GT(idata, run->mid, mid)) {
			break;
		}
		if (is_whole(run)) {
			run_unqueue(stcb, run);
			deliver_whole(stcb, run);
		} else {
			discard_incomplete(stcb, run);
		}
	}
	if (SCTP_MID_GT(idata, mid, stream->last_mid_delivered)) {
		stream->last_mid_delivered = mid;
	}
	deliver_in_order(stcb, stream);
}

void discard_runs_without_first(struct sctp_tcb *stcb)
{
	for (uint32_t sid = 0; sid < stcb->asoc.streamincnt && stcb->asoc.cnt_on_all_streams > 0; sid++) {
		for (int unordered = 0; unordered <= 1; unordered++) {
			struct sctp_queued_to_read *run, *next;

			TAILQ_FOREACH_SAFE(run, queue_of(&stcb->asoc.strmin[sid], unordered), next_instrm, next) {
				if (run_lost_first_fragment(stcb, run)) {
					discard_incomplete(stcb, run);
				}
			}
		}
	}
}

/* --- the chunk ------------------------------------------------------------------------------------------------ */

/* Reads one entry of the chunk's list of streams. Returns the offset of the next one; 0: there is none. */
static int skip_named(struct sctp_tcb *stcb, struct mbuf *packet, int offset)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_strseq buffer;
	const struct sctp_strseq *named =
	    (const struct sctp_strseq *)sctp_m_getptr(packet, offset, sizeof(buffer), (uint8_t *)&buffer);

	if (named == NULL) {
		return 0;
	}
	if (ntohs(named->sid) < asoc->streamincnt) {
		skip_ordered(stcb, &asoc->strmin[ntohs(named->sid)], ntohs(named->ssn));
	}
	return offset + (int)sizeof(buffer);
}

static int skip_named_idata(struct sctp_tcb *stcb, struct mbuf *packet, int offset)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_strseq_mid buffer;
	const struct sctp_strseq_mid *named =
	    (const struct sctp_strseq_mid *)sctp_m_getptr(packet, offset, sizeof(buffer), (uint8_t *)&buffer);

	if (named == NULL) {
		return 0;
	}
	if (ntohs(named->sid) < asoc->streamincnt) {
		struct sctp_stream_in *stream = &asoc->strmin[ntohs(named->sid)];

		if (ntohs(named->flags) & PR_SCTP_UNORDERED_FLAG) {
			skip_unordered_idata(stcb, stream, ntohl(named->mid));
		} else {
			skip_ordered(stcb, stream, ntohl(named->mid));
		}
	}
	return offset + (int)sizeof(buffer);
}

static void skip_streams(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int end)
{
	int idata = stcb->asoc.idata_supported;
	int each = (int)(idata ? sizeof(struct sctp_strseq_mid) : sizeof(struct sctp_strseq));

	while (offset > 0 && offset + each <= end) {
		offset = idata ? skip_named_idata(stcb, packet, offset) : skip_named(stcb, packet, offset);
	}
}

/*
 * sctp_handle_str_reset_request_tsn() calls for this without a packet: the association is reset, and messages that are
 * incomplete by then will never be complete (RFC 6525 5.2.4).
 */
static void skip_all(struct sctp_tcb *stcb)
{
	for (uint32_t sid = 0; sid < stcb->asoc.streamincnt; sid++) {
		struct sctp_stream_in *stream = &stcb->asoc.strmin[sid];
		struct sctp_queued_to_read *last = TAILQ_LAST(&stream->inqueue, sctp_readhead), *run;

		if (last != NULL) {
			skip_ordered(stcb, stream, last->mid);
		}
		while ((run = TAILQ_FIRST(&stream->uno_inqueue)) != NULL) {
			discard_incomplete(stcb, run);
		}
	}
}

void fixed_handle_forward_tsn(struct sctp_tcb *stcb, struct sctp_forward_tsn_chunk *chunk, int *is_aborted,
                              struct mbuf *packet, int offset)
{
	struct sctp_association *asoc = &stcb->asoc;
	uint32_t tsn = ntohl(chunk->new_cumulative_tsn);
	int bytes = ntohs(chunk->ch.chunk_length);

	if (bytes < (int)sizeof(*chunk) || SCTP_TSN_GE(asoc->cumulative_tsn, tsn)) {
		return; /* it is malformed or too late */
	}
	if (is_too_far(stcb, tsn)) {
		received_violation(stcb, "FORWARD TSN beyond the receive window");
		*is_aborted = 1;
		return;
	}
	skip_tsns(asoc, tsn);
	if (packet == NULL) {
		skip_all(stcb);
	} else {
		for (uint32_t sid = 0; sid < asoc->streamincnt && asoc->idata_supported == 0; sid++) {
			skip_unordered_data(stcb, &asoc->strmin[sid]);
		}
		skip_streams(stcb, packet, offset + (int)sizeof(*chunk), offset + bytes);
		discard_runs_without_first(stcb);
	}
	sctp_slide_mapping_arrays(stcb);
	*is_aborted = reset_perform_due(stcb);
}
