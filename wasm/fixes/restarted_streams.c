/*
 * The peer has restarted (RFC 9260 5.2.4.1, action A), so messages that are incomplete will never be complete.
 * sctp_process_init() drops the data in the queues of streams. But
 *
 * - a partly delivered message stays in the read queue, where all later messages wait for its rest. The next message of
 *   that stream may be taken for that rest;
 * - dropped data still counts as unread;
 * - the array of streams is replaced by one for the peer's new number of streams. Unread messages index that array by
 *   their stream number, and sctp_sorecvmsg() writes there.
 *
 * Upstream's main has these faults.
 */
#include "fixes/received.h"

/* Forgets resets that waited for a TSN, and the fragments that waited for them. */
static void forget_resets(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_stream_reset_list *reset;
	struct sctp_queued_to_read *held;

	while ((reset = TAILQ_FIRST(&asoc->resetHead)) != NULL) {
		TAILQ_REMOVE(&asoc->resetHead, reset, next_resp);
		SCTP_FREE(reset, SCTP_M_STRESET);
	}
	while ((held = TAILQ_FIRST(&asoc->pending_reply_queue)) != NULL) {
		TAILQ_REMOVE(&asoc->pending_reply_queue, held, next);
		run_free(stcb, held);
	}
}

/*
 * Replaces sctp_clean_up_stream(), which sctp_process_init() calls for each queue of the old array. The last queue is
 * that of unordered messages of the last stream.
 */
void fixed_clean_up_stream(struct sctp_tcb *stcb, struct sctp_readhead *queue)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_queued_to_read *run;

	while ((run = TAILQ_FIRST(queue)) != NULL) {
		discard_incomplete(stcb, run);
	}
	if (queue == &asoc->strmin[asoc->streamincnt - 1].uno_inqueue) {
		forget_resets(stcb);
		asoc->size_on_all_streams = 0;
		asoc->cnt_on_all_streams = 0;
		asoc->numduptsns = 0;
	}
}

/* How many streams the array must have so that it contains every stream with unread messages. */
static uint32_t streams_to_read(const struct sctp_tcb *stcb)
{
	const struct sctp_queued_to_read *unread;
	uint32_t streams = 0;

	if (stcb->asoc.sb_cc == 0) {
		return 0;
	}
	TAILQ_FOREACH(unread, &stcb->sctp_ep->read_queue, next) {
		if (unread->stcb == stcb && unread->sinfo_stream >= streams) {
			streams = unread->sinfo_stream + 1u;
		}
	}
	return streams;
}

static void move_queue(struct sctp_readhead *to, struct sctp_readhead *from)
{
	TAILQ_INIT(to);
	TAILQ_CONCAT(to, from, next_instrm);
}

void restart_keep_unread_streams(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_stream_in *old = asoc->strmin, *streams;
	uint32_t count = streams_to_read(stcb);

	if (count <= asoc->streamincnt) {
		return;
	}
	SCTP_MALLOC(streams, struct sctp_stream_in *, count * sizeof(*streams), SCTP_M_STRMI);
	memset(streams, 0, count * sizeof(*streams));
	for (uint32_t sid = 0; sid < count; sid++) {
		if (sid < asoc->streamincnt) {
			streams[sid] = old[sid];
			move_queue(&streams[sid].inqueue, &old[sid].inqueue);
			move_queue(&streams[sid].uno_inqueue, &old[sid].uno_inqueue);
		} else {
			TAILQ_INIT(&streams[sid].inqueue);
			TAILQ_INIT(&streams[sid].uno_inqueue);
		}
	}
	asoc->strmin = streams; /* streamincnt stays: no data arrives on the additional streams */
	SCTP_FREE(old, SCTP_M_STRMI);
}
