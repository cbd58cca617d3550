/*
 * Stream schedulers: which stream the next chunk is taken from. Upstream's table (sctp_ss_functions) refers to these
 * functions instead of its own. RFC 8260 3 defines the schedulers; RFC 9260 6.9 says that the fragments of a message
 * have consecutive TSNs. Upstream's main corrects first-come when streams are added (817dbde0), and the order after a
 * stream has run empty (3e0b7c65, d8563d72, 082bd001, d04c8d0b), which breaks first-come and round-robin-packet.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_var.h>

#include "fixes/fixes.h"

/* All schedulers except first-come link the streams that have messages into a wheel, by the same fields. */
#define NEXT_SPOKE UPSTREAM_OF_SCHEDULER(rr).next_spoke
#define PRIORITY(stream) (stream)->UPSTREAM_OF_SCHEDULER(prio).priority
#define ROUNDS(stream) (stream)->UPSTREAM_OF_SCHEDULER(fb).rounds

/*
 * Can something of the first message of a stream be sent to this address? SCTP_ADDR_OVER names an address for a
 * message. With I-DATA several streams can have an unfinished message, of which the application has yet to send the
 * rest. When it is the turn of such a stream, upstream sends nothing at all (sctp_move_to_outqueue()).
 */
static int may_go_to(const struct sctp_stream_out *stream, const struct sctp_nets *net)
{
	const struct sctp_stream_queue_pending *message = TAILQ_FIRST(&stream->outqueue);

	if (message != NULL && message->length == 0 && !message->msg_is_complete) {
		return 0;
	}
	return net == NULL || SCTP_BASE_SYSCTL(sctp_cmt_on_off) != 0 || message == NULL || message->net == NULL ||
	       message->net == net;
}

/* Has a part of the stream's first message been sent, so that no other message may follow it yet (RFC 9260 6.9)? */
static int is_begun(const struct sctp_stream_out *stream)
{
	const struct sctp_stream_queue_pending *message = TAILQ_FIRST(&stream->outqueue);

	return message != NULL && message->some_taken;
}

/*
 * The stream that must be served next because its message was sent in part. Main sets locked_on_sending before the
 * chunk has left its queue, and so continues with a stream whose message has just ended.
 */
static struct sctp_stream_out *locked_stream(const struct sctp_association *asoc)
{
	struct sctp_stream_out *stream = asoc->ss_data.locked_on_sending;

	return stream != NULL && is_begun(stream) ? stream : NULL;
}

/* A stream without messages has left the wheel. The stream after it is the one with the next higher number. */
static struct sctp_stream_out *next_stream(const struct sctp_association *asoc, const struct sctp_stream_out *after)
{
	struct sctp_stream_out *next = NULL;

	if (after != NULL && TAILQ_EMPTY(&after->outqueue)) {
		TAILQ_FOREACH(next, &asoc->ss_data.out.wheel, NEXT_SPOKE) {
			if (next->sid > after->sid) {
				break;
			}
		}
	} else if (after != NULL) {
		next = TAILQ_NEXT(after, NEXT_SPOKE);
	}
	return next != NULL ? next : TAILQ_FIRST(&asoc->ss_data.out.wheel);
}

/*
 * Upstream's functions search for a stream until they reach the one that was served last. With SCTP_ADDR_OVER that
 * search never ends if there is no such stream, or if it has no more messages. This function visits each stream once.
 */
static struct sctp_stream_out *next_stream_to(const struct sctp_association *asoc, const struct sctp_nets *net)
{
	struct sctp_stream_out *first = next_stream(asoc, asoc->ss_data.last_out_stream), *stream = first;

	while (stream != NULL && !may_go_to(stream, net)) {
		stream = next_stream(asoc, stream);
		if (stream == first) {
			return NULL;
		}
	}
	return stream;
}

/* The schedulers default and round-robin. */
struct sctp_stream_out *sctp_ss_default_select(struct sctp_tcb *stcb, struct sctp_nets *net,
                                               struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = locked_stream(asoc);

	(void)stcb;
	return locked != NULL ? locked : next_stream_to(asoc, net);
}

/*
 * The scheduler round-robin-packet. Unlike the other schedulers, upstream's function moves to the next stream in the
 * middle of a message. But the fragments of a message must have consecutive TSNs (RFC 9260 6.9). The peer can't
 * reassemble either message, and both wait for ever. Here a packet ends with the last message of its stream.
 */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = locked_stream(asoc), *last = asoc->ss_data.last_out_stream;

	(void)stcb;
	if (locked != NULL) {
		return locked;
	}
	if (last == NULL) {
		return next_stream_to(asoc, net);
	}
	return TAILQ_EMPTY(&last->outqueue) || !may_go_to(last, net) ? NULL : last;
}

void sctp_ss_rrp_packet_done(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	(void)stcb;
	asoc->ss_data.last_out_stream = next_stream_to(asoc, net);
}

/* The scheduler priority: the streams with the highest priority in turn. The wheel is sorted by priority. */
struct sctp_stream_out *sctp_ss_prio_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *last = asoc->ss_data.last_out_stream, *first = TAILQ_FIRST(&asoc->ss_data.out.wheel);
	struct sctp_stream_out *locked = locked_stream(asoc), *next;

	(void)stcb;
	if (locked != NULL || first == NULL) {
		return locked;
	}
	next = last != NULL ? TAILQ_NEXT(last, NEXT_SPOKE) : NULL;
	if (next != NULL && PRIORITY(next) == PRIORITY(first) && may_go_to(next, net)) {
		return next;
	}
	TAILQ_FOREACH(next, &asoc->ss_data.out.wheel, NEXT_SPOKE) {
		if (may_go_to(next, net)) {
			break;
		}
	}
	return next;
}

/* The scheduler fair-bandwidth: the stream that has the fewest bytes to wait for. */
struct sctp_stream_out *sctp_ss_fb_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *first = next_stream(asoc, asoc->ss_data.last_out_stream), *next = first, *best = NULL;
	struct sctp_stream_out *locked = locked_stream(asoc);

	(void)stcb;
	if (locked != NULL || first == NULL) {
		return locked;
	}
	do {
		if (may_go_to(next, net) && ROUNDS(next) >= 0 && (best == NULL || ROUNDS(next) < ROUNDS(best))) {
			best = next;
		}
		next = next_stream(asoc, next);
	} while (next != first);
	return best;
}

/*
 * The scheduler first-come: the message that was sent first. Upstream's function sends nothing while the application
 * has yet to send the rest of that message, even with I-DATA. Main's never leaves a stream that has sent the last part
 * of its last message, so nothing is sent any more.
 */
struct sctp_stream_out *sctp_ss_fcfs_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = locked_stream(asoc);
	const struct sctp_stream_queue_pending *message;

	(void)stcb;
	if (locked != NULL) {
		return locked;
	}
	TAILQ_FOREACH(message, &asoc->ss_data.out.list, ss_next) {
		if (may_go_to(&asoc->strmout[message->sid], net)) {
			return &asoc->strmout[message->sid];
		}
	}
	return NULL;
}

/*
 * Initializes all schedulers except first-come: for a new association, when streams are added
 * (sctp_send_str_reset_req()), and when another scheduler is set. Upstream's function forgets that a message was sent
 * in part, so that fragments of another one would come between its own.
 */
void sctp_ss_default_init(struct sctp_tcb *stcb, struct sctp_association *asoc UPSTREAM_HOLDS_SEND_LOCK)
{
	asoc->ss_data.locked_on_sending = NULL;
	asoc->ss_data.last_out_stream = NULL;
	TAILQ_INIT(&asoc->ss_data.out.wheel);
	for (uint32_t i = 0; i < asoc->streamoutcnt; i++) {
		struct sctp_stream_out *stream = &asoc->strmout[i];

		UPSTREAM_ADD_TO_STREAM(stcb, stream);
		if (is_begun(stream) && !asoc->idata_supported) {
			asoc->ss_data.locked_on_sending = stream;
		}
	}
}

/*
 * An association gets another scheduler. A stream's priority and the bytes that it has to wait for are stored in the
 * same place. Upstream initializes that place only for the scheduler that a new association has. sctp_setopt() calls
 * this before it initializes the scheduler.
 */
struct sctp_tcb *link_init_scheduled_streams(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;

	for (uint32_t i = 0; i < asoc->strm_realoutsize; i++) {
		if (asoc->stream_scheduling_module == SCTP_SS_FAIR_BANDWITH) {
			ROUNDS(&asoc->strmout[i]) = -1;
		} else {
			PRIORITY(&asoc->strmout[i]) = 0;
		}
	}
	return stcb;
}

/*
 * Must an association that shuts down be aborted, because an unfinished message can't be finished? Not if the peer
 * shuts down: its user still receives, so the message is finished (RFC 9260 9.2).
 */
upstream_answer sctp_ss_default_is_user_msgs_incomplete(struct sctp_tcb *stcb, struct sctp_association *asoc)
{
	const struct sctp_stream_out *locked = asoc->ss_data.locked_on_sending;
	const struct sctp_stream_queue_pending *message = locked != NULL ? TAILQ_FIRST(&locked->outqueue) : NULL;

	if (SCTP_GET_STATE(stcb) == SCTP_STATE_SHUTDOWN_RECEIVED && (asoc->state & SCTP_STATE_SHUTDOWN_PENDING) == 0) {
		return 0;
	}
	return asoc->stream_queue_cnt == 1 && message != NULL && !message->msg_is_complete;
}

#ifdef UPSTREAM_MAIN

/*
 * Called when the last message of a stream has left it. Main continues from the stream before it. With
 * round-robin-packet it then puts messages of two streams into one packet, so there this stream stays the last one
 * served.
 */
void sctp_ss_default_remove(struct sctp_tcb *stcb, struct sctp_association *asoc, struct sctp_stream_out *stream,
                            struct sctp_stream_queue_pending *message)
{
	struct sctp_stream_out *before;

	(void)stcb;
	(void)message;
	if (!TAILQ_EMPTY(&stream->outqueue) || !stream->ss_params.scheduled) {
		return;
	}
	before = TAILQ_PREV(stream, sctpwheel_listhead, NEXT_SPOKE);
	TAILQ_REMOVE(&asoc->ss_data.out.wheel, stream, NEXT_SPOKE);
	stream->ss_params.scheduled = false;
	if (asoc->ss_data.last_out_stream == stream && asoc->stream_scheduling_module != SCTP_SS_ROUND_ROBIN_PACKET) {
		asoc->ss_data.last_out_stream =
			before != NULL ? before : TAILQ_LAST(&asoc->ss_data.out.wheel, sctpwheel_listhead);
	}
	if (asoc->ss_data.locked_on_sending == stream) {
		asoc->ss_data.locked_on_sending = NULL;
	}
}

#else

/*
 * Upstream continues after the stream that was served last, even if that has left the wheel. Then it starts with the
 * first stream again, and two streams starve all others. Here such a stream isn't recorded, so the one before it stays
 * the last one served, and the search goes on from there.
 */
void sctp_ss_default_scheduled(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc,
                               struct sctp_stream_out *stream, int moved_bytes)
{
	(void)stcb;
	(void)net;
	(void)moved_bytes;
	if (!TAILQ_EMPTY(&stream->outqueue) || asoc->stream_scheduling_module == SCTP_SS_ROUND_ROBIN_PACKET) {
		asoc->ss_data.last_out_stream = stream;
	}
	asoc->ss_data.locked_on_sending = is_begun(stream) && !asoc->idata_supported ? stream : NULL;
}

/*
 * The scheduler first-come. Upstream's function clears the list only when another scheduler is set. When streams are
 * added, upstream makes a new list without clearing the old one. Messages whose links say that they are in a list are
 * not put into the new one, and are never sent.
 */
void sctp_ss_fcfs_clear(struct sctp_tcb *stcb, struct sctp_association *asoc, int clear_values, int holds_lock)
{
	struct sctp_stream_queue_pending *message;

	(void)stcb;
	(void)clear_values;
	(void)holds_lock;
	while ((message = TAILQ_FIRST(&asoc->ss_data.out.list)) != NULL) {
		TAILQ_REMOVE(&asoc->ss_data.out.list, message, ss_next);
		message->ss_next.tqe_next = NULL;
		message->ss_next.tqe_prev = NULL;
	}
	asoc->ss_data.last_out_stream = NULL;
}

#endif
