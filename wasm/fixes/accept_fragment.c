/*
 * What happens to a fragment whose chunk has been accepted: it is delivered at once if it is a complete message whose
 * turn it is, put into a run otherwise, and discarded if its message was abandoned.
 */
#include "fixes/received.h"

static int is_single(const struct fragment *fragment)
{
	return (fragment->flags & SCTP_DATA_NOT_FRAG) == SCTP_DATA_NOT_FRAG;
}

/* Does it belong to a message that has been delivered or abandoned, and isn't partly delivered now? */
static int is_late(const struct sctp_tcb *stcb, const struct fragment *fragment)
{
	const struct sctp_stream_in *stream = &stcb->asoc.strmin[fragment->sid];
	const struct sctp_queued_to_read *first = TAILQ_FIRST(&stream->inqueue);
	int idata = stcb->asoc.idata_supported;

	return (fragment->flags & SCTP_DATA_UNORDERED) == 0 &&
	       SCTP_MID_GE(idata, stream->last_mid_delivered, fragment->mid) &&
	       ((fragment->flags & SCTP_DATA_FIRST_FRAG) || first == NULL || !first->pdapi_started ||
	        !SCTP_MID_EQ(idata, first->mid, fragment->mid));
}

/* With PR-SCTP the rest of an abandoned message may still arrive (RFC 3758 3.6). */
static int may_be_useless(const struct sctp_tcb *stcb)
{
	return stcb->asoc.prsctp_supported != 0;
}

/* Is it a complete message that can be delivered at once: the next one in order, or an unordered one? */
static int is_deliverable(const struct sctp_tcb *stcb, const struct fragment *fragment)
{
	const struct sctp_stream_in *stream = &stcb->asoc.strmin[fragment->sid];

	if (!is_single(fragment)) {
		return 0;
	}
	if (fragment->flags & SCTP_DATA_UNORDERED) {
		return TAILQ_EMPTY(&stream->uno_inqueue);
	}
	return TAILQ_EMPTY(&stream->inqueue) && is_next(stcb, stream, fragment->mid);
}

static void deliver_single(struct sctp_tcb *stcb, struct fragment *fragment)
{
	if ((fragment->flags & SCTP_DATA_UNORDERED) == 0) {
		stcb->asoc.strmin[fragment->sid].last_mid_delivered++;
	}
	SCTP_STAT_INCR(sctps_recvexpress);
	deliver_whole(stcb, run_new(stcb, fragment));
}

/* Returns whether the association has been aborted. */
static int place(struct sctp_tcb *stcb, struct fragment *fragment)
{
	const char *wrong;
	struct sctp_queued_to_read *run = run_place(stcb, fragment, &wrong);

	if (run == NULL) {
		VIOLATION(stcb, "%s: TSN=%8.8x, SID=%4.4x, MID=%8.8x", wrong, fragment->tsn, fragment->sid, fragment->mid);
		return 1;
	}
	if (run->first_frag_seen || !run_lost_first_fragment(stcb, run)) {
		deliver_run(stcb, run);
		return 0;
	}
	if (!may_be_useless(stcb)) {
		VIOLATION(stcb, "The first fragment of a message is missing: TSN=%8.8x, SID=%4.4x", run->sinfo_tsn,
		          run->sinfo_stream);
		return 1;
	}
	discard_incomplete(stcb, run);
	return 0;
}

int data_accept(struct sctp_tcb *stcb, struct fragment *fragment)
{
	if (is_late(stcb, fragment)) {
		sctp_m_freem(fragment->data);
		if (may_be_useless(stcb) && (fragment->flags & SCTP_DATA_FIRST_FRAG) == 0) {
			return 0;
		}
		VIOLATION(stcb, "Message %u of stream %u has been delivered: TSN=%8.8x", fragment->mid, fragment->sid,
		          fragment->tsn);
		return 1;
	}
	if (is_deliverable(stcb, fragment)) {
		deliver_single(stcb, fragment);
		return 0;
	}
	return place(stcb, fragment);
}
