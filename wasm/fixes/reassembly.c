/*
 * Reassembly (RFC 9260 6.9, RFC 8260 2.2). The fragments of a message have consecutive numbers, so what has arrived of
 * a message is kept as runs of consecutive fragments, which grow together. Unordered DATA needs nothing else. Upstream
 * keeps the fragments of all unordered messages of a stream in one entry. There a complete message waits for an older
 * one that is incomplete, although RFC 9260 6.6 says to deliver it at once; or it is taken for the rest of the older
 * one when that is abandoned (RFC 3758 3.6): sctp_queue_data_for_reasm(), sctp_handle_old_unordered_data(). Upstream's
 * main corrects only an ABORT for a legal order of fragments (1330843b).
 */
#include "fixes/received.h"

/* --- the data of a run ---------------------------------------------------------------------------------------- */

void run_count(struct sctp_association *asoc, const struct mbuf *data, int sign)
{
	for (; data != NULL; data = SCTP_BUF_NEXT(data)) {
		asoc->size_on_all_streams += (uint32_t)(sign * SCTP_BUF_LEN(data));
		asoc->cnt_on_all_streams += (uint32_t)sign;
	}
}

struct mbuf *data_without_empty(struct mbuf *data, struct mbuf **last, uint32_t *bytes)
{
	struct mbuf **place = &data, *each;

	*last = NULL;
	*bytes = 0;
	while ((each = *place) != NULL) {
		if (SCTP_BUF_LEN(each) == 0) {
			*place = sctp_m_free(each);
			continue;
		}
		*last = each;
		*bytes += (uint32_t)SCTP_BUF_LEN(each);
		place = &SCTP_BUF_NEXT(each);
	}
	return data;
}

/* Appends data to a run. If the run is in the read queue, the data counts there. */
static void append(struct sctp_tcb *stcb, struct sctp_queued_to_read *run, struct mbuf *data, struct mbuf *last,
                   uint32_t bytes)
{
	if (data == NULL) {
		return;
	}
	if (run->on_read_q) {
		SCTP_INP_READ_LOCK(stcb->sctp_ep);
		for (struct mbuf *each = data; each != NULL; each = SCTP_BUF_NEXT(each)) {
			sctp_sballoc(stcb, &stcb->sctp_socket->so_rcv, each);
		}
	} else {
		run_count(&stcb->asoc, data, 1);
	}
	if (run->data == NULL) {
		run->data = data;
	} else {
		SCTP_BUF_NEXT(run->tail_mbuf) = data;
	}
	run->tail_mbuf = last;
	run->length += bytes;
	if (run->on_read_q) {
		SCTP_INP_READ_UNLOCK(stcb->sctp_ep);
	}
}

/* --- runs ----------------------------------------------------------------------------------------------------- */

struct sctp_queued_to_read *run_new(struct sctp_tcb *stcb, struct fragment *fragment)
{
	uint8_t flags = fragment->flags;
	struct sctp_queued_to_read *run =
	    sctp_build_readq_entry(stcb, fragment->net, fragment->tsn, fragment->ppid, stcb->asoc.context, fragment->sid,
	                           fragment->mid, flags, NULL);

	run->top_fsn = fragment->fsn;
	run->fsn_included = fragment->fsn;
	run->first_frag_seen = (flags & SCTP_DATA_FIRST_FRAG) != 0;
	run->last_frag_seen = (flags & SCTP_DATA_LAST_FRAG) != 0;
	run->end_added = is_whole(run);
	run->data = data_without_empty(fragment->data, &run->tail_mbuf, &run->length);
	fragment->data = NULL;
	return run;
}

void run_free(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	sctp_free_remote_addr(run->whoFrom);
	sctp_m_freem(run->data);
	run->data = NULL;
	sctp_free_a_readq(stcb, run);
}

void run_unqueue(struct sctp_tcb *stcb, struct sctp_queued_to_read *run)
{
	TAILQ_REMOVE(queue_of(stream_of(run), is_unordered(run)), run, next_instrm);
	run->on_strm_q = 0;
	if (!run->on_read_q) {
		run_count(&stcb->asoc, run->data, -1);
	}
}

/* --- which fragments belong together -------------------------------------------------------------------------- */

/* Fragments of unordered DATA are told apart by their TSNs only; the SSN has no meaning (RFC 9260 3.3.1). */
static int is_by_tsn(const struct sctp_tcb *stcb, int unordered)
{
	return unordered && stcb->asoc.idata_supported == 0;
}

static int is_of(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run, uint32_t mid)
{
	return is_by_tsn(stcb, is_unordered(run)) || SCTP_MID_EQ(stcb->asoc.idata_supported, run->mid, mid);
}

static int begins_after(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run,
                        const struct fragment *fragment)
{
	return is_of(stcb, run, fragment->mid) ? SCTP_TSN_GT(run->top_fsn, fragment->fsn)
	                                       : SCTP_MID_GT(stcb->asoc.idata_supported, run->mid, fragment->mid);
}

/* The last run that begins before a fragment. Searched from the end, because that is where most fragments belong. */
static struct sctp_queued_to_read *run_before(const struct sctp_tcb *stcb, struct sctp_readhead *queue,
                                              const struct fragment *fragment)
{
	struct sctp_queued_to_read *run;

	TAILQ_FOREACH_REVERSE(run, queue, sctp_readhead, next_instrm) {
		if (!begins_after(stcb, run, fragment)) {
			return run;
		}
	}
	return NULL;
}

/* The protocol violation that a fragment causes with the runs on both sides of it; NULL: none. */
static const char *violation(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *before,
                             const struct sctp_queued_to_read *after, const struct fragment *fragment)
{
	int unordered = (fragment->flags & SCTP_DATA_UNORDERED) != 0;

	if (is_by_tsn(stcb, unordered)) {
		return NULL;
	}
	if (before != NULL && is_of(stcb, before, fragment->mid)) {
		if (SCTP_TSN_GE(before->fsn_included, fragment->fsn)) {
			return "Duplicate fragment";
		}
		if (before->last_frag_seen) {
			return "Fragment after the last one of its message";
		}
		if (fragment->flags & SCTP_DATA_FIRST_FRAG) {
			return "First fragment of a message after another one of it";
		}
	}
	if (after != NULL && is_of(stcb, after, fragment->mid)) {
		if (after->first_frag_seen) {
			return "Fragment before the first one of its message";
		}
		if (fragment->flags & SCTP_DATA_LAST_FRAG) {
			return "Last fragment of a message before another one of it";
		}
	}
	return NULL;
}

/* --- growing -------------------------------------------------------------------------------------------------- */

static int continues(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run,
                     const struct fragment *fragment)
{
	return is_of(stcb, run, fragment->mid) && run->fsn_included + 1 == fragment->fsn && !run->last_frag_seen &&
	       (fragment->flags & SCTP_DATA_FIRST_FRAG) == 0;
}

static void extend(struct sctp_tcb *stcb, struct sctp_queued_to_read *run, struct fragment *fragment)
{
	struct mbuf *last;
	uint32_t bytes;
	struct mbuf *data = data_without_empty(fragment->data, &last, &bytes);

	fragment->data = NULL;
	append(stcb, run, data, last, bytes);
	run->fsn_included = fragment->fsn;
	run->last_frag_seen = (fragment->flags & SCTP_DATA_LAST_FRAG) != 0;
}

/* Joins two adjacent runs of a message. */
static void join(struct sctp_tcb *stcb, struct sctp_queued_to_read *run, struct sctp_queued_to_read *after)
{
	run_unqueue(stcb, after);
	append(stcb, run, after->data, after->tail_mbuf, after->length);
	after->data = NULL;
	run->fsn_included = after->fsn_included;
	run->last_frag_seen = after->last_frag_seen;
	run_free(stcb, after);
}

static struct sctp_queued_to_read *insert(struct sctp_tcb *stcb, struct sctp_readhead *queue,
                                          struct sctp_queued_to_read *before, struct fragment *fragment)
{
	struct sctp_queued_to_read *run = run_new(stcb, fragment);

	if (before != NULL) {
		TAILQ_INSERT_AFTER(queue, before, run, next_instrm);
	} else {
		TAILQ_INSERT_HEAD(queue, run, next_instrm);
	}
	run->on_strm_q = is_unordered(run) ? SCTP_ON_UNORDERED : SCTP_ON_ORDERED;
	run_count(&stcb->asoc, run->data, 1);
	return run;
}

struct sctp_queued_to_read *run_place(struct sctp_tcb *stcb, struct fragment *fragment, const char **wrong)
{
	struct sctp_stream_in *stream = &stcb->asoc.strmin[fragment->sid];
	struct sctp_readhead *queue = queue_of(stream, (fragment->flags & SCTP_DATA_UNORDERED) != 0);
	struct sctp_queued_to_read *before = run_before(stcb, queue, fragment);
	struct sctp_queued_to_read *after = before != NULL ? TAILQ_NEXT(before, next_instrm) : TAILQ_FIRST(queue);
	struct sctp_queued_to_read *run = before;

	*wrong = violation(stcb, before, after, fragment);
	if (*wrong != NULL) {
		sctp_m_freem(fragment->data);
		fragment->data = NULL;
		return NULL;
	}
	if (before != NULL && continues(stcb, before, fragment)) {
		extend(stcb, before, fragment);
	} else {
		run = insert(stcb, queue, before, fragment);
	}
	if (after != NULL && is_of(stcb, after, run->mid) && run->fsn_included + 1 == after->top_fsn &&
	    !run->last_frag_seen && !after->first_frag_seen) {
		join(stcb, run, after);
	}
	run->end_added = is_whole(run);
	return run;
}

/* --- messages that will never be complete --------------------------------------------------------------------- */

/* TSNs of a message ascend with the numbers of its fragments, so only its first run has to be checked. */
int run_lost_first_fragment(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run)
{
	const struct sctp_queued_to_read *first = run, *before = run;
	uint32_t missing = stcb->asoc.cumulative_tsn + 1;

	while (!is_by_tsn(stcb, is_unordered(run)) &&
	       (before = TAILQ_PREV(before, sctp_readhead, next_instrm)) != NULL && is_of(stcb, before, run->mid)) {
		first = before;
	}
	return !first->first_frag_seen && SCTP_TSN_GE(missing, first->sinfo_tsn);
}
