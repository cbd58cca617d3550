/*
 * Messages go to the read queue (RFC 9260 6.6), large ones in parts (6.9). A message of which a part has been delivered
 * is removed by discard_incomplete() alone, whatever the reason why its rest won't come: the peer has abandoned it (RFC
 * 3758 3.6, RFC 8260 2.3.1), a stream or the association was reset (RFC 6525), the peer has restarted (RFC 9260 5.2.4),
 * or the association has ended.
 *
 * sctp_indata.c and sctp_pcb.c leave such a message in the read queue and mark it as complete. It is then received as
 * if it were whole. Each later FORWARD TSN that names its SSN finds it again, even one of another association on the
 * same socket. Its stream delivers nothing any more, because it still counts as partly delivered (pd_api_started).
 * Upstream's main corrects one case only: the reader is told that a message was cut if an ABORT came first (7efafe6d).
 */
#include "fixes/received.h"

static int may_read(const struct sctp_inpcb *inp)
{
	return (inp->sctp_flags & SCTP_PCB_FLAGS_SOCKET_CANT_READ) == 0;
}

/* --- the order of reading ------------------------------------------------------------------------------------- */

/* The message of a stream that is partly delivered. */
static const struct sctp_queued_to_read *partly_delivered(const struct sctp_stream_in *stream)
{
	const struct sctp_queued_to_read *run = TAILQ_FIRST(&stream->inqueue);

	if (run == NULL || !run->pdapi_started) {
		TAILQ_FOREACH(run, &stream->uno_inqueue, next_instrm) {
			if (run->pdapi_started) {
				break;
			}
		}
	}
	return run;
}

/*
 * While the rest of a partly delivered message is missing, sctp_sorecvmsg() lets the application read no other message
 * of that stream, even a complete one, and no notification of that association. If these fill the receive buffer, the
 * rest can't arrive, and nothing can be read any more. A message that has already been read in part can be read on:
 * that is what `some_taken` claims here.
 */
static void let_overtake(const struct sctp_inpcb *inp, struct sctp_queued_to_read *entry)
{
	if (sctp_is_feature_on(inp, SCTP_PCB_FLAGS_INTERLEAVE_STRMS)) {
		entry->some_taken = 1;
	}
}

/*
 * Replaces free() for entries of the read queue. When a message that has overtaken another one has been read,
 * sctp_sorecvmsg() assumes that nothing of the stream is partly delivered. This sets the stream's state right. A
 * notification belongs to no stream, and can be read before the association has any.
 */
void fixed_free_message(struct sctp_queued_to_read *message)
{
	if (message->some_taken && message->stcb != NULL && !message->do_not_ref_stcb &&
	    (message->spec_flags & M_NOTIFICATION) == 0) {
		struct sctp_stream_in *stream = stream_of(message);

		if (stream->pd_api_started) {
			stream->delivery_started = partly_delivered(stream)->some_taken != 0;
		}
	}
	link_free(message);
}

/* --- delivering ----------------------------------------------------------------------------------------------- */

static void append_to_read_queue(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_queued_to_read *entry,
                                 struct sockbuf *buffer)
{
	for (struct mbuf *each = entry->data; each != NULL; each = SCTP_BUF_NEXT(each)) {
		sctp_sballoc(stcb, buffer, each);
	}
	if (entry->spec_flags & M_NOTIFICATION) {
		let_overtake(inp, entry);
	}
	TAILQ_INSERT_TAIL(&inp->read_queue, entry, next);
	entry->on_read_q = 1;
}

/*
 * A peer may send any number of ERROR chunks and stream resets. On an association that nobody reads, 20 to 90 MB of
 * notifications piled up. They are dropped beyond so many receive buffers, which is twice what messages may take.
 */
#define MAX_NOTIFICATION_BUFFERS 8

static int must_drop_notification(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *entry)
{
	const union sctp_notification *told;

	if ((entry->spec_flags & M_NOTIFICATION) == 0 || !unread_exceeds(stcb, MAX_NOTIFICATION_BUFFERS)) {
		return 0;
	}
	told = mtod(entry->data, const union sctp_notification *);
	return told->sn_header.sn_type == SCTP_REMOTE_ERROR ||
	       (told->sn_header.sn_type == SCTP_STREAM_RESET_EVENT &&
	        (told->sn_header.sn_flags & SCTP_STREAM_RESET_INCOMING_SSN) != 0);
}

/* Replaces the function of this name in sctputil.c: puts messages and notifications into the read queue. */
void sctp_add_to_readq(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_queued_to_read *entry,
                       struct sockbuf *buffer, int whole, int is_locked, int so_locked)
{
	int is_read = 0;

	if (!is_locked) {
		SCTP_INP_READ_LOCK(inp);
	}
	if (may_read(inp) && !must_drop_notification(stcb, entry)) {
		entry->data = data_without_empty(entry->data, &entry->tail_mbuf, &entry->length);
		is_read = entry->data != NULL;
	}
	if (is_read) {
		entry->end_added |= whole;
		append_to_read_queue(inp, stcb, entry, buffer);
	} else if (!entry->on_strm_q) {
		run_free(stcb, entry);
	}
	if (!is_locked) {
		SCTP_INP_READ_UNLOCK(inp);
	}
	if (is_read && inp->sctp_socket != NULL) {
		sctp_wakeup_the_read_socket(inp, stcb, so_locked);
	}
}

static void add_to_read_queue(struct sctp_tcb *stcb, struct sctp_queued_to_read *message, int whole)
{
	sctp_add_to_readq(stcb->sctp_ep, stcb, message, &stcb->sctp_socket->so_rcv, whole, SCTP_READ_LOCK_NOT_HELD,
	                  SCTP_SO_NOT_LOCKED);
}

void deliver_whole(struct sctp_tcb *stcb, struct sctp_queued_to_read *message)
{
	if (stcb->sctp_socket == NULL) {
		run_free(stcb, message);
		return;
	}
	if (stream_of(message)->pd_api_started) {
		let_overtake(stcb->sctp_ep, message);
	}
	add_to_read_queue(stcb, message, 1);
}

/* Partial delivery of a message begins when that many bytes of it have arrived. */
static uint32_t partial_delivery_point(const struct sctp_tcb *stcb)
{
	if (stcb->sctp_socket == NULL) {
		return UINT32_MAX; /* nobody reads */
	}
	return min(SCTP_SB_LIMIT_RCV(stcb->sctp_socket) >> SCTP_PARTIAL_DELIVERY_SHIFT,
	           stcb->sctp_ep->partial_delivery_point);
}

/* Begins partial delivery. A stream has one partly delivered message at a time. */
static void begin_partial_delivery(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	struct sctp_stream_in *stream = stream_of(run);

	if (stream->pd_api_started || !run->first_frag_seen || run->data == NULL || !may_read(stcb->sctp_ep)) {
		return;
	}
	if (!is_unordered(run)) {
		stream->last_mid_delivered = run->mid;
	}
	run_count(&stcb->asoc, run->data, -1);
	stream->pd_api_started = 1;
	run->pdapi_started = 1;
	add_to_read_queue(stcb, run, 0);
}

/* The last fragment of a partly delivered message has arrived. */
static void finish_partial_delivery(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	run->pdapi_started = 0;
	stream_of(run)->pd_api_started = 0;
	run_unqueue(stcb, run);
}

/* Delivers a run if it is whole, or large enough for partial delivery. Returns whether it was whole. */
static int deliver(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	int whole = is_whole(run);

	if (run->pdapi_started) {
		if (run->some_taken) {
			let_overtake(stcb->sctp_ep, run); /* some_taken has 8 bits, and counts each part that is read */
		}
		if (whole) {
			finish_partial_delivery(stcb, run);
		}
		sctp_wakeup_the_read_socket(stcb->sctp_ep, stcb, SCTP_SO_NOT_LOCKED);
	} else if (whole) {
		SCTP_STAT_INCR_COUNTER64(sctps_reasmusrmsgs);
		run_unqueue(stcb, run);
		deliver_whole(stcb, run);
	} else if (run->length >= partial_delivery_point(stcb)) {
		begin_partial_delivery(stcb, run);
	}
	return whole;
}

void deliver_in_order(struct sctp_tcb *stcb, struct sctp_stream_in *stream)
{
	struct sctp_queued_to_read *run;

	while ((run = TAILQ_FIRST(&stream->inqueue)) != NULL && run->first_frag_seen) {
		uint32_t mid = run->mid;

		if (!run->pdapi_started && !is_next(stcb, stream, mid)) {
			return;
		}
		if (!deliver(stcb, run)) {
			return;
		}
		stream->last_mid_delivered = mid;
	}
}

void deliver_run(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	if (is_unordered(run)) {
		deliver(stcb, run);
	} else {
		deliver_in_order(stcb, stream_of(run));
	}
}

/*
 * With I-DATA, many messages that are each too small for partial delivery may fill the receive buffer together. An
 * endpoint that has no room must begin to deliver (RFC 9260 6.9). What they take of the window is their bytes and one
 * mbuf for each fragment, as sctp_calc_rwnd() counts.
 */
void deliver_for_room(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;

	if (asoc->size_on_all_streams + asoc->cnt_on_all_streams * MSIZE < partial_delivery_point(stcb)) {
		return;
	}
	for (uint32_t sid = 0; sid < asoc->streamincnt && asoc->sb_cc == 0; sid++) {
		struct sctp_stream_in *stream = &asoc->strmin[sid];
		struct sctp_queued_to_read *run = TAILQ_FIRST(&stream->inqueue);

		if (run == NULL || !is_next(stcb, stream, run->mid)) {
			run = TAILQ_FIRST(&stream->uno_inqueue);
		}
		if (run != NULL) {
			begin_partial_delivery(stcb, run);
		}
	}
}

/* --- removing ------------------------------------------------------------------------------------------------- */

/*
 * SCTP_PARTIAL_DELIVERY_EVENT (RFC 6458 6.1.7). The SSN of an unordered message has no meaning. For such a message
 * pdapi_seq is the low half of the TSN that each part of the message is received with, and pdapi_flags, which the RFC
 * leaves unused, is SCTP_UNORDERED.
 */
static struct sctp_queued_to_read *aborted_event(struct sctp_tcb *stcb, const struct sctp_queued_to_read *run)
{
	struct mbuf *data = sctp_get_mbuf_for_msg(sizeof(struct sctp_pdapi_event), 0, M_NOWAIT, 1, MT_DATA);
	struct sctp_pdapi_event *event = mtod(data, struct sctp_pdapi_event *);
	struct sctp_queued_to_read *entry;

	memset(event, 0, sizeof(*event));
	event->pdapi_type = SCTP_PARTIAL_DELIVERY_EVENT;
	event->pdapi_flags = is_unordered(run) ? SCTP_UNORDERED : 0;
	event->pdapi_length = sizeof(*event);
	event->pdapi_indication = SCTP_PARTIAL_DELIVERY_ABORTED;
	event->pdapi_stream = run->sinfo_stream;
	event->pdapi_seq = (uint16_t)(is_unordered(run) ? run->sinfo_tsn : run->mid);
	event->pdapi_assoc_id = sctp_get_associd(stcb);
	SCTP_BUF_LEN(data) = sizeof(*event);
	entry = sctp_build_readq_entry(stcb, stcb->asoc.primary_destination, 0, 0, stcb->asoc.context, 0, 0, 0, data);
	entry->length = sizeof(*event);
	entry->tail_mbuf = data;
	entry->spec_flags = M_NOTIFICATION;
	entry->end_added = 1;
	return entry;
}

/* Removes a message from the read queue, and puts the event in its place. */
static void remove_from_read_queue(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	struct sctp_inpcb *inp = stcb->sctp_ep;
	struct socket *so = stcb->sctp_socket; /* NULL: the socket is closed */

	SCTP_INP_READ_LOCK(inp);
	if (so != NULL && sctp_stcb_is_feature_on(inp, stcb, SCTP_PCB_FLAGS_PDAPIEVNT) && may_read(inp)) {
		struct sctp_queued_to_read *event = aborted_event(stcb, run);

		sctp_sballoc(stcb, &so->so_rcv, event->data);
		let_overtake(inp, event);
		TAILQ_INSERT_AFTER(&inp->read_queue, run, event, next);
	}
	TAILQ_REMOVE(&inp->read_queue, run, next);
	for (struct mbuf *each = run->data; so != NULL && each != NULL; each = SCTP_BUF_NEXT(each)) {
		sctp_sbfree(run, stcb, &so->so_rcv, each);
	}
	run->on_read_q = 0;
	SCTP_INP_READ_UNLOCK(inp);
	sctp_wakeup_the_read_socket(inp, stcb, SCTP_SO_NOT_LOCKED);
}

void discard_incomplete(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	struct sctp_stream_in *stream = stream_of(run);

	run_unqueue(stcb, run);
	if (run->on_read_q) {
		remove_from_read_queue(stcb, run);
	}
	if (run->pdapi_started) {
		stream->pd_api_started = 0;
		stream->delivery_started = 0;
		run->some_taken = 0;
	}
	run_free(stcb, run);
}
