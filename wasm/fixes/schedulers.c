/*
 * Schedulers of streams: which stream the next chunk is taken from. Upstream's table (sctp_ss_functions) refers to
 * these functions in place of its own. RFC 8260 3 has the schedulers, RFC 9260 6.9 that fragments of a message have
 * consecutive TSNs. Upstream's main mends first-come when streams are added (817dbde0), and who comes next when a
 * stream has run empty (3e0b7c65, d8563d72, 082bd001, d04c8d0b), which breaks first-come and round-robin-packet.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_var.h>

#include "fixes/fixes.h"

/* All schedulers but first-come have the streams that have messages on a wheel, with the same links. */
#define NEXT_SPOKE UPSTREAM_OF_SCHEDULER(rr).next_spoke
#define PRIORITY(stream) (stream)->UPSTREAM_OF_SCHEDULER(prio).priority
#define ROUNDS(stream) (stream)->UPSTREAM_OF_SCHEDULER(fb).rounds

/* May the first message of a stream go to this address? SCTP_ADDR_OVER names one for a message. */
static int may_go_to(const struct sctp_stream_out *stream, const struct sctp_nets *net)
{
	const struct sctp_stream_queue_pending *message = TAILQ_FIRST(&stream->outqueue);

	return net == NULL || SCTP_BASE_SYSCTL(sctp_cmt_on_off) != 0 || message == NULL || message->net == NULL ||
	       message->net == net;
}

/* Is the first message of this stream sent in part, so that no other one may follow what was sent (RFC 9260 6.9)? */
static int is_begun(const struct sctp_stream_out *stream)
{
	const struct sctp_stream_queue_pending *message = TAILQ_FIRST(&stream->outqueue);

	return message != NULL && message->some_taken;
}

/*
 * The stream that must be served next, because a message of it is begun. Main notes it before a chunk has left its
 * queue, and so goes on with a stream whose message has just ended.
 */
static struct sctp_stream_out *locked_stream(const struct sctp_association *asoc)
{
	struct sctp_stream_out *stream = asoc->ss_data.locked_on_sending;

	return stream != NULL && is_begun(stream) ? stream : NULL;
}

/* A stream without messages has left the wheel, and the one after it is that with the next higher number. */
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
 * Upstream's functions look for a stream until they meet the one that was served last. With SCTP_ADDR_OVER that search
 * never ends if there is no such stream, or if it has no more messages. These look at each stream once.
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
 * The scheduler round-robin-packet. Upstream's goes to the next stream in the middle of a message, as none of the
 * others does. But the fragments of a message must have consecutive TSNs (RFC 9260 6.9): the peer can't put the
 * messages together, and both wait for ever. A packet ends with the last message of its stream.
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

/* The scheduler priority: the streams of the highest priority in turn. The wheel is sorted. */
struct sctp_stream_out *sctp_ss_prio_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *last = asoc->ss_data.last_out_stream, *first = TAILQ_FIRST(&asoc->ss_data.out.wheel);
	struct sctp_stream_out *locked = locked_stream(asoc), *next;

	(void)stcb;
	if (locked != NULL || first == NULL) {
		return locked;
	}
	next = last != NULL ? TAILQ_NEXT(last, NEXT_SPOKE) : NULL;
	if (next == NULL || PRIORITY(next) != PRIORITY(first)) {
		next = first;
	}
	if (may_go_to(next, net)) {
		return next;
	}
	TAILQ_FOREACH(next, &asoc->ss_data.out.wheel, NEXT_SPOKE) {
		if (may_go_to(next, net)) {
			break;
		}
	}
	return next;
}

/* The scheduler fair-bandwidth: the stream with the fewest bytes before its turn. */
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
 * All schedulers but first-come begin with this: when an association begins, when streams are added
 * (sctp_send_str_reset_req()), and when another scheduler is set. Upstream's function forgets that a message is begun:
 * fragments of another one would come between those of this one.
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
 * Must an association that shuts down be aborted, because a message was begun and can't be finished? Not if the peer
 * shuts down: its user goes on receiving, and what was begun is finished (RFC 9260 9.2).
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
 * A stream is told of here when its last message has left. Main goes on from the stream before it, which with
 * round-robin-packet has it put messages of two streams into one packet: there the stream stays the last one served.
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

/*
 * The scheduler first-come. Main's never leaves a stream that has sent the last part of its last message: nothing is
 * sent.
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

#else

/*
 * Upstream goes on after the stream that was served last, even when that has left the wheel: then it begins with the
 * first one again, and two streams starve all others. Here the last one stays the one before it, which leads to those
 * behind.
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
 * The scheduler first-come. Upstream's clears its list only when another scheduler is set. When streams are added it
 * makes a new list, into which messages that believe to be in one are not put: they never leave.
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
