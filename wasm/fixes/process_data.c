/*
 * DATA and I-DATA chunks (RFC 9260 3.3.1 and 6.2, RFC 8260 2.1). The chunks of a packet are processed one after the
 * other. Replaces sctp_process_data() and the functions of sctp_indata.c that it calls. Upstream's main corrects what
 * happens to data that nobody reads any more (01bab70a, a0cbf468, 45cf3ba8).
 */
#include "fixes/received.h"

#include <netinet/sctp_input.h>
#include <netinet/sctp_output.h>

#define IS_DATA(type) ((type) == SCTP_DATA || (type) == SCTP_IDATA)

/* What has become of a chunk. */
enum outcome {
	TAKEN,
	DROPPED, /* a duplicate, or useless */
	REFUSED, /* there is no room for it, nor for the chunks after it */
	STOPPED, /* the chunks after it aren't read (RFC 9260 3.2) */
	ABORTED, /* the association has been aborted */
};

/* The values that sctp_process_data() returns. */
#define PROCESSED 0
#define NO_CHUNK 1
#define GONE 2

void received_violation(struct sctp_tcb *stcb, const char *text)
{
	stcb->sctp_ep->last_abort_code = SCTP_FROM_SCTP_INDATA;
	UPSTREAM_ABORT_ASSOCIATION(stcb, sctp_generate_cause(SCTP_CAUSE_PROTOCOL_VIOLATION, (char *)text),
	                           SCTP_SO_NOT_LOCKED);
}

/* --- TSNs ----------------------------------------------------------------------------------------------------- */

static int has_gap(const struct sctp_association *asoc)
{
	return SCTP_TSN_GT(highest_tsn(asoc), asoc->cumulative_tsn);
}

static uint32_t place_of(const struct sctp_association *asoc, uint32_t tsn)
{
	return tsn - asoc->mapping_array_base_tsn;
}

static void note_duplicate(struct sctp_association *asoc, uint32_t tsn)
{
	SCTP_STAT_INCR(sctps_recvdupdata);
	if (asoc->numduptsns < SCTP_MAX_DUP_TSNS) {
		asoc->dup_tsns[asoc->numduptsns++] = (int)tsn;
	}
	asoc->send_sack = 1; /* RFC 9260 6.2 */
}

/* Is this TSN new, and within the mapping array? */
static int is_new(struct sctp_association *asoc, uint32_t tsn)
{
	uint32_t place = place_of(asoc, tsn);

	if (SCTP_TSN_GE(asoc->cumulative_tsn, tsn)) {
		note_duplicate(asoc, tsn);
		return 0;
	}
	if (place >= SCTP_MAPPING_ARRAY << 3 ||
	    (place >= (uint32_t)asoc->mapping_array_size << 3 && sctp_expand_mapping_array(asoc, place) != 0)) {
		return 0;
	}
	if (SCTP_IS_TSN_PRESENT(asoc->mapping_array, place) || SCTP_IS_TSN_PRESENT(asoc->nr_mapping_array, place)) {
		note_duplicate(asoc, tsn);
		return 0;
	}
	return 1;
}

/*
 * Records a TSN in nr_mapping_array, because received data is never revoked (sctp_drain() is never called). Also
 * updates highest_tsn_inside_map, which sctp_handle_str_reset_request_tsn() takes for the highest TSN of all.
 */
static void remember(struct sctp_association *asoc, uint32_t tsn)
{
	uint32_t place = place_of(asoc, tsn);

	SCTP_SET_TSN_PRESENT(asoc->nr_mapping_array, place);
	if (SCTP_TSN_GT(tsn, highest_tsn(asoc))) {
		asoc->highest_tsn_inside_nr_map = tsn;
		asoc->highest_tsn_inside_map = tsn;
	}
}

static void advance(struct sctp_association *asoc, uint32_t tsn)
{
	if (tsn == asoc->cumulative_tsn + 1) {
		asoc->cumulative_tsn = tsn;
	}
}

/* --- one chunk ------------------------------------------------------------------------------------------------ */

static uint32_t header_bytes(uint8_t type)
{
	return type == SCTP_IDATA ? sizeof(struct sctp_idata_chunk) : sizeof(struct sctp_data_chunk);
}

static void read_data(struct mbuf *packet, int offset, struct fragment *fragment)
{
	struct sctp_data_chunk buffer;
	const struct sctp_data_chunk *chunk =
	    (const struct sctp_data_chunk *)sctp_m_getptr(packet, offset, sizeof(buffer), (uint8_t *)&buffer);

	fragment->tsn = ntohl(chunk->dp.tsn);
	fragment->sid = ntohs(chunk->dp.sid);
	fragment->mid = ntohs(chunk->dp.ssn);
	fragment->fsn = fragment->tsn;
	fragment->ppid = chunk->dp.ppid;
	fragment->flags = chunk->ch.chunk_flags;
}

/* The first fragment of a message has the FSN 0, and carries the PPID in that field (RFC 8260 2.1). */
static void read_idata(struct mbuf *packet, int offset, struct fragment *fragment)
{
	struct sctp_idata_chunk buffer;
	const struct sctp_idata_chunk *chunk =
	    (const struct sctp_idata_chunk *)sctp_m_getptr(packet, offset, sizeof(buffer), (uint8_t *)&buffer);
	int is_first = (chunk->ch.chunk_flags & SCTP_DATA_FIRST_FRAG) != 0;

	fragment->tsn = ntohl(chunk->dp.tsn);
	fragment->sid = ntohs(chunk->dp.sid);
	fragment->mid = ntohl(chunk->dp.mid);
	fragment->fsn = is_first ? 0 : ntohl(chunk->dp.ppid_fsn.fsn);
	fragment->ppid = is_first ? chunk->dp.ppid_fsn.ppid : 0xffffffff;
	fragment->flags = chunk->ch.chunk_flags;
}

/* RFC 9260 3.3.10.1: the chunk is acknowledged, and an ERROR says that its stream doesn't exist. */
static void refuse_stream(struct sctp_tcb *stcb, const struct fragment *fragment)
{
	struct mbuf *data = sctp_get_mbuf_for_msg(sizeof(struct sctp_error_invalid_stream), 0, M_NOWAIT, 1, MT_DATA);
	struct sctp_error_invalid_stream *cause;

	SCTP_STAT_INCR(sctps_badsid);
	SCTP_BUF_RESV_UF(data, sizeof(struct sctp_chunkhdr));
	SCTP_BUF_LEN(data) = sizeof(*cause);
	cause = mtod(data, struct sctp_error_invalid_stream *);
	cause->cause.code = htons(SCTP_CAUSE_INVALID_STREAM);
	cause->cause.length = htons(sizeof(*cause));
	cause->stream_id = htons(fragment->sid);
	cause->reserved = 0;
	sctp_queue_op_err(stcb, data);
	remember(&stcb->asoc, fragment->tsn);
	advance(&stcb->asoc, fragment->tsn);
}

static int is_gone(const struct sctp_tcb *stcb)
{
	return (stcb->sctp_ep->sctp_flags & (SCTP_PCB_FLAGS_SOCKET_GONE | SCTP_PCB_FLAGS_SOCKET_ALLGONE)) != 0 ||
	       (stcb->asoc.state & SCTP_STATE_CLOSED_SOCKET) != 0;
}

/* Returns the user data of a chunk. The last chunk of a packet takes over the packet's mbufs. */
static struct mbuf *take_user_data(struct mbuf **packet, int offset, int bytes, int is_last)
{
	struct mbuf *data = *packet, *each;
	int rest = 0;

	if (!is_last) {
		return SCTP_M_COPYM(data, offset, bytes, M_NOWAIT);
	}
	*packet = NULL;
	m_adj(data, offset);
	for (each = data; each != NULL; each = SCTP_BUF_NEXT(each)) {
		rest += SCTP_BUF_LEN(each);
	}
	if (rest > bytes) {
		m_adj(data, bytes - rest);
	}
	return data;
}

/* --- chunks --------------------------------------------------------------------------------------------------- */

static enum outcome take(struct sctp_tcb *stcb, struct mbuf **packet, int offset, const struct sctp_chunkhdr *header,
                         int is_last, struct fragment *fragment)
{
	struct sctp_association *asoc = &stcb->asoc;
	int bytes = ntohs(header->chunk_length) - (int)header_bytes(header->chunk_type);

	if (bytes == 0) {
		/* RFC 9260 6.2 */
		UPSTREAM_ABORT_ASSOCIATION(stcb, sctp_generate_no_user_data_cause(fragment->tsn), SCTP_SO_NOT_LOCKED);
		return ABORTED;
	}
	if (fragment->flags & SCTP_DATA_SACK_IMMEDIATELY) {
		asoc->send_sack = 1;
	}
	if (!is_new(asoc, fragment->tsn)) {
		return DROPPED;
	}
	if (is_gone(stcb) || (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_CANT_READ)) {
		UPSTREAM_ABORT_ASSOCIATION(stcb, sctp_generate_cause(SCTP_CAUSE_OUT_OF_RESC, ""), SCTP_SO_NOT_LOCKED);
		return ABORTED;
	}
	if (fragment->sid >= asoc->streamincnt) {
		refuse_stream(stcb, fragment);
		return DROPPED;
	}
	if (header->chunk_type == SCTP_IDATA && fragment->fsn == 0 && (fragment->flags & SCTP_DATA_FIRST_FRAG) == 0) {
		VIOLATION(stcb, "FSN 0 isn't the first fragment: TSN=%8.8x, MID=%8.8x", fragment->tsn, fragment->mid);
		return ABORTED;
	}
	if (!received_has_room(stcb, fragment->tsn)) {
		return REFUSED;
	}
	fragment->data = take_user_data(packet, offset + (int)header_bytes(header->chunk_type), bytes, is_last);
	remember(asoc, fragment->tsn);
	if (!TAILQ_EMPTY(&asoc->resetHead) && reset_must_precede(asoc, fragment->sid, fragment->tsn)) {
		reset_queue_fragment(stcb, fragment);
	} else if (data_accept(stcb, fragment)) {
		return ABORTED;
	}
	advance(asoc, fragment->tsn);
	SCTP_STAT_INCR(sctps_recvdata);
	if (fragment->flags & SCTP_DATA_UNORDERED) {
		SCTP_STAT_INCR_COUNTER64(sctps_inunorderchunks);
	} else {
		SCTP_STAT_INCR_COUNTER64(sctps_inorderchunks);
	}
	return TAKEN;
}

static enum outcome take_data(struct sctp_tcb *stcb, struct mbuf **packet, int offset,
                              const struct sctp_chunkhdr *header, int is_last, struct sctp_nets *net,
                              uint32_t *high_tsn)
{
	uint8_t type = header->chunk_type, agreed = stcb->asoc.idata_supported ? SCTP_IDATA : SCTP_DATA;
	struct fragment fragment = {.net = net};

	if (type != agreed) {
		VIOLATION(stcb, "%s chunk, but %s was negotiated", type == SCTP_IDATA ? "I-DATA" : "DATA",
		          type == SCTP_IDATA ? "DATA" : "I-DATA");
		return ABORTED;
	}
	if (ntohs(header->chunk_length) < header_bytes(type)) {
		VIOLATION(stcb, "%s chunk of length %u", type == SCTP_IDATA ? "I-DATA" : "DATA", ntohs(header->chunk_length));
		return ABORTED;
	}
	if (type == SCTP_IDATA) {
		read_idata(*packet, offset, &fragment);
	} else {
		read_data(*packet, offset, &fragment);
	}
	if (SCTP_TSN_GT(fragment.tsn, *high_tsn)) {
		*high_tsn = fragment.tsn;
	}
	return take(stcb, packet, offset, header, is_last, &fragment);
}

/* No control chunk may follow DATA (RFC 9260 6.10). Unknown chunks may (3.2). */
static enum outcome take_other(struct sctp_tcb *stcb, struct mbuf *packet, int offset,
                               const struct sctp_chunkhdr *header)
{
	uint16_t bytes = ntohs(header->chunk_length);
	struct sctp_gen_error_cause *cause;
	struct mbuf *error;

	switch (header->chunk_type) {
	case SCTP_INITIATION:
	case SCTP_INITIATION_ACK:
	case SCTP_SELECTIVE_ACK:
	case SCTP_NR_SELECTIVE_ACK:
	case SCTP_HEARTBEAT_REQUEST:
	case SCTP_HEARTBEAT_ACK:
	case SCTP_ABORT_ASSOCIATION:
	case SCTP_SHUTDOWN:
	case SCTP_SHUTDOWN_ACK:
	case SCTP_OPERATION_ERROR:
	case SCTP_COOKIE_ECHO:
	case SCTP_COOKIE_ACK:
	case SCTP_ECN_ECHO:
	case SCTP_ECN_CWR:
	case SCTP_SHUTDOWN_COMPLETE:
	case SCTP_AUTHENTICATION:
	case SCTP_ASCONF_ACK:
	case SCTP_PACKET_DROPPED:
	case SCTP_STREAM_RESET:
	case SCTP_FORWARD_CUM_TSN:
	case SCTP_IFORWARD_CUM_TSN:
	case SCTP_ASCONF:
		VIOLATION(stcb, "Chunk of type %2.2x after DATA", header->chunk_type);
		return ABORTED;
	default:
		break;
	}
	if (bytes < sizeof(*header)) {
		VIOLATION(stcb, "Chunk of length %u", bytes);
		return ABORTED;
	}
	if (header->chunk_type & 0x40) {
		error = sctp_get_mbuf_for_msg(sizeof(*cause), 0, M_NOWAIT, 1, MT_DATA);
		cause = mtod(error, struct sctp_gen_error_cause *);
		cause->code = htons(SCTP_CAUSE_UNRECOG_CHUNK);
		cause->length = htons((uint16_t)(bytes + sizeof(*cause)));
		SCTP_BUF_LEN(error) = sizeof(*cause);
		SCTP_BUF_NEXT(error) = SCTP_M_COPYM(packet, offset, bytes, M_NOWAIT);
		sctp_queue_op_err(stcb, error);
	}
	return header->chunk_type & 0x80 ? DROPPED : STOPPED;
}

/* --- a packet ------------------------------------------------------------------------------------------------- */

/* Copies a small packet out of its mbuf cluster, so that it doesn't occupy a cluster until it is read. */
static void shrink(struct mbuf **packet)
{
	struct mbuf *large = *packet, *small;

	if (SCTP_BUF_LEN(large) >= (int)MLEN || SCTP_BUF_NEXT(large) != NULL || !SCTP_BUF_IS_EXTENDED(large)) {
		return;
	}
	small = sctp_get_mbuf_for_msg((unsigned int)SCTP_BUF_LEN(large), 0, M_NOWAIT, 1, MT_DATA);
	memcpy(mtod(small, void *), mtod(large, void *), (size_t)SCTP_BUF_LEN(large));
	SCTP_BUF_LEN(small) = SCTP_BUF_LEN(large);
	sctp_m_freem(large);
	*packet = small;
}

/* The peer has answered, so its error counter is cleared (RFC 9260 8.1); also for SCTP_AUTOCLOSE. */
static void record_answer(struct sctp_association *asoc)
{
	SCTP_STAT_INCR(sctps_recvpktwithdata);
	asoc->overall_error_count = 0;
	(void)SCTP_GETTIME_TIMEVAL(&asoc->time_last_rcvd);
}

/* Does what the new TSNs of this packet allow. Returns whether the association has been aborted. */
static int process_new_tsns(struct sctp_tcb *stcb, int had_gap)
{
	struct sctp_association *asoc = &stcb->asoc;

	if (had_gap) {
		sctp_slide_mapping_arrays(stcb);
		if (asoc->idata_supported && asoc->prsctp_supported) {
			discard_runs_without_first(stcb);
		}
	}
	if (reset_perform_due(stcb)) {
		return 1;
	}
	if (asoc->idata_supported) {
		deliver_for_room(stcb);
	}
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_SENT) {
		asoc->send_sack = 1; /* RFC 9260 9.2 */
	}
	sctp_sack_check(stcb, had_gap);
	return 0;
}

int fixed_process_data(struct mbuf **packet, int ip_bytes, int *offset, int length, struct sctp_inpcb *inp,
                       struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t *high_tsn)
{
	struct sctp_association *asoc = &stcb->asoc;
	enum outcome outcome = DROPPED;
	int had_gap = has_gap(asoc), taken = 0;

	(void)inp;
	sctp_set_rwnd(stcb, asoc);
	asoc->last_data_chunk_from = net;
	*high_tsn = asoc->cumulative_tsn;
	asoc->data_pkts_seen++;
	shrink(packet);
	if (length - *offset < (int)sizeof(struct sctp_chunkhdr)) {
		return NO_CHUNK;
	}
	while (outcome != REFUSED && outcome != STOPPED && length - *offset >= (int)sizeof(struct sctp_chunkhdr)) {
		struct sctp_chunkhdr buffer;
		const struct sctp_chunkhdr *at =
		    (const struct sctp_chunkhdr *)sctp_m_getptr(*packet, *offset, sizeof(buffer), (uint8_t *)&buffer);
		struct sctp_chunkhdr header = *at;
		int bytes = SCTP_SIZE32(ntohs(header.chunk_length));

		if (length - *offset < ntohs(header.chunk_length)) {
			break; /* truncated */
		}
		outcome = IS_DATA(header.chunk_type)
		              ? take_data(stcb, packet, *offset, &header, bytes == length - *offset, net, high_tsn)
		              : take_other(stcb, *packet, *offset, &header);
		if (outcome == ABORTED) {
			return GONE;
		}
		taken += outcome == TAKEN;
		*offset += bytes;
	}
	if (outcome == REFUSED) {
		sctp_send_packet_dropped(stcb, net, *packet, length, ip_bytes, 0);
	}
	if (taken > 0) {
		record_answer(asoc);
	}
	return process_new_tsns(stcb, had_gap) ? GONE : PROCESSED;
}
