/*
 * The peer resets its outgoing streams (Outgoing SSN Reset Request, RFC 6525 5.2.2). While DATA that it sent before is
 * missing, the reset waits, and with it later TSNs of these streams. sctp_indata.c performs a waiting reset only when a
 * chunk after the gap arrives (sctp_process_a_data_chunk()), and meanwhile holds back messages of all other streams as
 * well. It performs requests for streams that don't exist. Upstream's main has these faults.
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

static int names_unknown(const struct sctp_association *asoc, uint32_t count, const uint16_t *list)
{
	for (uint32_t i = 0; i < count; i++) {
		if (ntohs(list[i]) >= asoc->streamincnt) {
			return 1;
		}
	}
	return 0;
}

/* The request that is being read names a stream that doesn't exist. */
static int is_wrong;

/*
 * Replaces the function of this name in sctp_input.c. `list` is in network byte order; an empty one means all streams.
 */
void sctp_reset_in_stream(struct sctp_tcb *stcb, uint32_t count, uint16_t *list)
{
	is_wrong = names_unknown(&stcb->asoc, count, list);
	if (is_wrong) {
		return;
	}
	for (uint32_t i = 0; i < (count > 0 ? count : stcb->asoc.streamincnt); i++) {
		reset_stream(stcb, count > 0 ? ntohs(list[i]) : (uint16_t)i);
	}
	sctp_ulp_notify(SCTP_NOTIFY_STR_RESET_RECV, stcb, count, count > 0 ? list : NULL, SCTP_SO_NOT_LOCKED);
}

/*
 * A request for a stream that doesn't exist is answered with "Error - Wrong SSN", and resets no stream.
 * sctp_handle_str_reset_request_out() passes over such streams. It has performed the request, or has put it at the end
 * of those that wait.
 */
void fixed_add_stream_reset_result(struct sctp_tmit_chunk *answer, uint32_t sequence, uint32_t result)
{
	struct sctp_association *asoc = answer->asoc;
	struct sctp_stream_reset_list *last = TAILQ_LAST(&asoc->resetHead, sctp_resethead);

	if (result == SCTP_STREAM_RESET_RESULT_IN_PROGRESS && last != NULL && last->seq == sequence &&
	    names_unknown(asoc, last->number_entries, last->list_of_streams)) {
		TAILQ_REMOVE(&asoc->resetHead, last, next_resp);
		SCTP_FREE(last, SCTP_M_STRESET);
		is_wrong = 1;
	}
	if (is_wrong) {
		result = asoc->last_reset_action[0] = SCTP_STREAM_RESET_RESULT_ERR__WRONG_SSN;
	}
	is_wrong = 0;
	sctp_add_stream_reset_result(answer, sequence, result);
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
