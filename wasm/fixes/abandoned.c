/*
 * Abandoned messages (RFC 3758 3.5): a message is abandoned because of its lifetime, its number of retransmissions or
 * its priority. Replaces sctp_release_pr_sctp_chunk() and sctp_try_advance_peer_ack_point(). With I-DATA, fragments of
 * other messages lie between those of one (RFC 8260 2.2). Upstream abandons all fragments up to the next one that ends
 * a message. So reliable messages were lost, and the rest of the abandoned one was still sent.
 *
 *     sent_queue    TSNs that were sent, and abandoned ones   ──► FORWARD TSN, once no other TSN precedes them
 *     send_queue    TSNs that wait for the window
 *     outqueue      for each stream: what has no TSN yet
 *
 * Upstream's main has the same faults.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"

/* The MIDs of ordered and of unordered messages of a stream are independent of each other. */
static int is_same_message(const struct sctp_tmit_chunk *a, const struct sctp_tmit_chunk *b)
{
	return a->rec.data.sid == b->rec.data.sid && a->rec.data.mid == b->rec.data.mid &&
	       ((a->rec.data.rcv_flags ^ b->rec.data.rcv_flags) & SCTP_DATA_UNORDERED) == 0;
}

static void count_abandoned(struct sctp_tcb *stcb, const struct sctp_tmit_chunk *chunk, int is_sent)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_stream_out *stream = &asoc->strmout[chunk->rec.data.sid];

	if (is_sent || (chunk->rec.data.rcv_flags & SCTP_DATA_FIRST_FRAG) == 0) {
		asoc->abandoned_sent[0]++;
		asoc->abandoned_sent[PR_SCTP_POLICY(chunk->flags)]++;
		stream->abandoned_sent[0]++;
	} else {
		asoc->abandoned_unsent[0]++;
		asoc->abandoned_unsent[PR_SCTP_POLICY(chunk->flags)]++;
		stream->abandoned_unsent[0]++;
	}
}

/* Puts a chunk into the queue of those that were sent, in the order of TSNs. */
static void insert_into_sent_queue(struct sctp_association *asoc, struct sctp_tmit_chunk *chunk)
{
	struct sctp_tmit_chunk *before;

	TAILQ_FOREACH_REVERSE(before, &asoc->sent_queue, sctpchunk_listhead, sctp_next) {
		if (SCTP_TSN_GT(chunk->rec.data.tsn, before->rec.data.tsn)) {
			break;
		}
	}
	if (before != NULL) {
		TAILQ_INSERT_AFTER(&asoc->sent_queue, before, chunk, sctp_next);
	} else {
		TAILQ_INSERT_HEAD(&asoc->sent_queue, chunk, sctp_next);
	}
	asoc->sent_queue_cnt++;
}

/* Abandons one chunk. Returns its bytes. */
static int abandon(struct sctp_tcb *stcb, struct sctp_tmit_chunk *chunk, int is_sent, int so_locked)
{
	struct sctp_association *asoc = &stcb->asoc;
	int bytes = chunk->book_size, is_waiting = chunk->sent == SCTP_DATAGRAM_UNSENT;

	if (chunk->data != NULL) {
		if (!is_waiting && chunk->sent < SCTP_DATAGRAM_RESEND) {
			sctp_flight_size_decrease(chunk);
			sctp_total_flight_decrease(stcb, chunk);
			asoc->peers_rwnd += chunk->send_size + SCTP_BASE_SYSCTL(sctp_peer_chunk_oh);
		}
		sctp_free_bufspace(stcb, asoc, chunk, 1);
		sctp_ulp_notify(is_sent ? SCTP_NOTIFY_SENT_DG_FAIL : SCTP_NOTIFY_UNSENT_DG_FAIL, stcb, 0, chunk, so_locked);
		sctp_m_freem(chunk->data);
		chunk->data = NULL;
		if (PR_SCTP_BUF_ENABLED(chunk->flags)) {
			asoc->sent_queue_cnt_removeable--;
		}
	}
	if (is_waiting) {
		TAILQ_REMOVE(&asoc->send_queue, chunk, sctp_next);
		asoc->send_queue_cnt--;
		insert_into_sent_queue(asoc, chunk);
		chunk->book_size = 0; /* it was never in flight */
	}
	chunk->sent = SCTP_FORWARD_TSN_SKIP;
	return bytes;
}

/* Makes a chunk without data for the last TSN of a message whose end is never sent. */
static struct sctp_tmit_chunk *make_end(struct sctp_tcb *stcb, const struct sctp_tmit_chunk *fragment,
                                        const struct sctp_stream_queue_pending *rest)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_tmit_chunk *end;

	sctp_alloc_a_chunk(stcb, end);
	memset(end, 0, sizeof(*end));
	end->sent = SCTP_FORWARD_TSN_SKIP;
	end->asoc = asoc;
	end->rec.data.mid = fragment->rec.data.mid;
	end->rec.data.sid = rest->sid;
	end->rec.data.ppid = rest->ppid;
	end->rec.data.context = rest->context;
	end->flags = rest->act_flags;
	end->rec.data.tsn = asoc->sending_seq++;
	asoc->strmout[rest->sid].chunks_on_queues++;
	insert_into_sent_queue(asoc, end);
	asoc->pr_sctp_cnt++;
	return end;
}

void link_remove_message(struct sctp_tcb *stcb, struct sctp_stream_out *stream, struct sctp_stream_queue_pending *sp)
{
	struct sctp_association *asoc = &stcb->asoc;

	atomic_subtract_int(&asoc->stream_queue_cnt, 1);
	TAILQ_REMOVE(&stream->outqueue, sp, next);
	UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, sp);
	sctp_m_freem(sp->data);
	sctp_free_remote_addr(sp->net);
	sctp_free_a_strmoq(stcb, sp, SCTP_SO_NOT_LOCKED);
	if (stream->state == SCTP_STREAM_RESET_PENDING && stream->chunks_on_queues == 0 && TAILQ_EMPTY(&stream->outqueue)) {
		asoc->trigger_reset = 1;
	}
}

/*
 * The rest of the message has no TSN yet, and further pieces of it are discarded (unfinished_messages.c). Upstream
 * first queues them in the send buffer and discards them when they would be sent, without waking a sender that waits
 * for room. Returns the bytes of the rest.
 */
static int abandon_rest(struct sctp_tcb *stcb, const struct sctp_tmit_chunk *fragment, struct sctp_tmit_chunk *end)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_stream_out *stream = &asoc->strmout[fragment->rec.data.sid];
	struct sctp_stream_queue_pending *rest = TAILQ_FIRST(&stream->outqueue);
	int unordered, bytes;

	if (rest == NULL) {
		return 0;
	}
	unordered = (rest->sinfo_flags & SCTP_UNORDERED) != 0;
	end = end != NULL ? end : make_end(stcb, fragment, rest);
	end->rec.data.rcv_flags |= SCTP_DATA_LAST_FRAG | (unordered ? SCTP_DATA_UNORDERED : 0);
	if (!unordered) {
		stream->next_mid_ordered++;
	} else if (asoc->idata_supported) {
		stream->next_mid_unordered++;
	}
	if (!rest->msg_is_complete) {
		link_discard_rest(stcb, stream);
	}
	bytes = (int)rest->length;
	sctp_free_spbufspace(stcb, asoc, rest);
	link_remove_message(stcb, stream, rest);
	return bytes;
}

/*
 * Replaces the function of this name in sctputil.c: abandons a message from this chunk on, which is in either queue.
 */
int sctp_release_pr_sctp_chunk(struct sctp_tcb *stcb, struct sctp_tmit_chunk *chunk, uint8_t is_sent, int so_locked)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_tmit_chunk *each, *next, *waiting = NULL;
	int bytes = 0, is_at_end = 0;

	count_abandoned(stcb, chunk, is_sent);
	for (each = chunk; each != NULL && !is_at_end; each = next) {
		next = TAILQ_NEXT(each, sctp_next);
		if (next == NULL && each->sent != SCTP_DATAGRAM_UNSENT) {
			next = TAILQ_FIRST(&asoc->send_queue);
		}
		if (is_same_message(each, chunk)) {
			waiting = each->sent == SCTP_DATAGRAM_UNSENT ? each : NULL;
			bytes += abandon(stcb, each, is_sent, so_locked);
			is_at_end = (each->rec.data.rcv_flags & SCTP_DATA_LAST_FRAG) != 0;
		}
	}
	if (!is_at_end) {
		bytes += abandon_rest(stcb, chunk, waiting);
	}
	if (stcb->sctp_socket != NULL) {
		link_ready(stcb->sctp_socket->so_upcallarg);
	}
	return bytes;
}

/*
 * A lost FORWARD TSN must be retransmitted by T3-rtx (RFC 3758 3.5, C5). Upstream starts that timer for the path of the
 * last abandoned chunk. A chunk that was never sent has no path, so upstream starts no timer.
 */
static struct sctp_tmit_chunk *with_path(const struct sctp_tcb *stcb, struct sctp_tmit_chunk *chunk)
{
	if (chunk != NULL && chunk->whoTo == NULL) {
		chunk->whoTo = link_path_in_use(stcb);
		atomic_add_int(&chunk->whoTo->ref_count, 1);
	}
	return chunk;
}

static int is_abandoned(const struct sctp_tmit_chunk *chunk)
{
	return chunk->sent == SCTP_FORWARD_TSN_SKIP || chunk->sent == SCTP_DATAGRAM_NR_ACKED;
}

/*
 * Replaces the function of this name in sctp_indata.c: advances the Advanced.Peer.Ack.Point (RFC 3758 3.5). It must not
 * pass a TSN that waits to be sent, because abandoned chunks may have TSNs after that one.
 */
struct sctp_tmit_chunk *sctp_try_advance_peer_ack_point(struct sctp_tcb *stcb, struct sctp_association *asoc)
{
	const struct sctp_tmit_chunk *waiting = TAILQ_FIRST(&asoc->send_queue);
	struct sctp_tmit_chunk *chunk, *last = NULL;
	struct timeval now;

	if (!asoc->prsctp_supported) {
		return NULL;
	}
	(void)SCTP_GETTIME_TIMEVAL(&now);
	TAILQ_FOREACH(chunk, &asoc->sent_queue, sctp_next) {
		if (!PR_SCTP_ENABLED(chunk->flags) ||
		    (waiting != NULL && SCTP_TSN_GT(chunk->rec.data.tsn, waiting->rec.data.tsn))) {
			break;
		}
		if (chunk->sent == SCTP_DATAGRAM_RESEND && chunk->data != NULL && PR_SCTP_TTL_ENABLED(chunk->flags) &&
		    timercmp(&now, &chunk->rec.data.timetodrop, >)) {
			sctp_release_pr_sctp_chunk(stcb, chunk, 1, SCTP_SO_NOT_LOCKED);
		}
		if (!is_abandoned(chunk)) {
			break;
		}
		if (SCTP_TSN_GE(chunk->rec.data.tsn, asoc->advanced_peer_ack_point)) {
			asoc->advanced_peer_ack_point = chunk->rec.data.tsn;
			last = chunk;
		}
	}
	return with_path(stcb, last);
}
