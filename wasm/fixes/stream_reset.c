/*
 * The peer resets its outgoing streams (Outgoing SSN Reset Request, RFC 6525 5.2.2). While DATA that it sent before is
 * missing, the reset waits, and with it later TSNs of these streams. sctp_indata.c performs a waiting reset only when a
 * chunk after the gap arrives (sctp_process_a_data_chunk()), and meanwhile holds back messages of all other streams as
 * well. Upstream's main has these faults.
 */
#include "fixes/received.h"

#include <netinet/sctp_input.h>
#include <netinet/sctp_output.h>

/* --- waiting -------------------------------------------------------------------------------------------------- */

static int concerns(const struct sctp_stream_reset_list *reset, uint16_t sid)
{
	for (uint32_t i = 0; i < reset->number_entries; i++) {
		if (ntohs(reset->list_of_streams[i]) == sid) {
			return 1;
		}
	}
	return reset->number_entries == 0; /* all streams */
}

int reset_must_precede(const struct sctp_association *asoc, uint16_t sid, uint32_t tsn)
{
	const struct sctp_stream_reset_list *reset;

	TAILQ_FOREACH(reset, &asoc->resetHead, next_resp) {
		if (SCTP_TSN_GT(tsn, reset->tsn) && concerns(reset, sid)) {
			return 1;
		}
	}
	return 0;
}

void reset_queue_fragment(struct sctp_tcb *stcb, struct fragment *fragment)
{
	struct sctp_queued_to_read *run = run_new(stcb, fragment);

	run_count(&stcb->asoc, run->data, 1);
	TAILQ_INSERT_TAIL(&stcb->asoc.pending_reply_queue, run, next);
}

/* Processes the fragments that waited as if they arrived now. Returns whether the association has been aborted. */
static int release(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_queued_to_read *run, *next;

	TAILQ_FOREACH_SAFE(run, &asoc->pending_reply_queue, next, next) {
		int is_gone;
		struct fragment fragment = {run->sinfo_tsn, run->mid, run->top_fsn, run->sinfo_ppid, run->sinfo_stream,
		                            (uint8_t)(run->sinfo_flags >> 8), run->whoFrom, run->data};

		if (reset_must_precede(asoc, fragment.sid, fragment.tsn)) {
			continue;
		}
		TAILQ_REMOVE(&asoc->pending_reply_queue, run, next);
		run_count(asoc, run->data, -1);
		run->data = NULL;
		is_gone = data_accept(stcb, &fragment);
		run_free(stcb, run);
		if (is_gone) {
			return 1;
		}
	}
	return 0;
}

/* --- performing ----------------------------------------------------------------------------------------------- */

/* The next message has the number 0. Incomplete messages will never be complete. */
static void reset_stream(struct sctp_tcb *stcb, uint16_t sid)
{
	struct sctp_stream_in *stream = &stcb->asoc.strmin[sid];
	struct sctp_queued_to_read *run;

	for (int unordered = 0; unordered <= 1; unordered++) {
		while ((run = TAILQ_FIRST(queue_of(stream, unordered))) != NULL) {
			discard_incomplete(stcb, run);
		}
	}
	stream->last_mid_delivered = 0xffffffff;
}

/*
 * Replaces the function of this name in sctp_input.c. `list` is in network byte order; an empty one means all streams.
 */
void sctp_reset_in_stream(struct sctp_tcb *stcb, uint32_t count, uint16_t *list)
{
	for (uint32_t i = 0; i < (count > 0 ? count : stcb->asoc.streamincnt); i++) {
		uint16_t sid = count > 0 ? ntohs(list[i]) : (uint16_t)i;

		if (sid < stcb->asoc.streamincnt) {
			reset_stream(stcb, sid);
		}
	}
	sctp_ulp_notify(SCTP_NOTIFY_STR_RESET_RECV, stcb, count, count > 0 ? list : NULL, SCTP_SO_NOT_LOCKED);
}

int reset_perform_due(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_stream_reset_list *reset;

	while ((reset = TAILQ_FIRST(&asoc->resetHead)) != NULL && SCTP_TSN_GE(asoc->cumulative_tsn, reset->tsn)) {
		TAILQ_REMOVE(&asoc->resetHead, reset, next_resp);
		sctp_reset_in_stream(stcb, reset->number_entries, reset->list_of_streams);
		sctp_send_deferred_reset_response(stcb, reset, SCTP_STREAM_RESET_RESULT_PERFORMED);
		SCTP_FREE(reset, SCTP_M_STRESET);
		if (release(stcb)) {
			return 1;
		}
	}
	return 0;
}
