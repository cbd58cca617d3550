/*
 * Unordered messages of a stream that are read while an ordered one is delivered in parts.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "link.h"

/* Of this message's stream, the ordered one that is delivered in parts; NULL: this one isn't unordered, or there is none. */
static struct sctp_queued_to_read *in_parts_beside(const struct sctp_queued_to_read *message)
{
	int is_unordered = ((message->sinfo_flags >> 8) & SCTP_DATA_UNORDERED) != 0;
	struct sctp_queued_to_read *ordered =
	    is_unordered ? TAILQ_FIRST(&message->stcb->asoc.strmin[message->sinfo_stream].inqueue) : NULL;

	return ordered != NULL && ordered->pdapi_started ? ordered : NULL;
}

/*
 * While an ordered message is delivered in parts, sctp_sorecvmsg() has no unordered one of the same stream read, whole as
 * it may be. Where these fill the receive buffer the rest of the ordered one can't come, and both wait for ever. Their
 * flag tells them apart: where messages are interleaved, such a one may be read as if it had been begun.
 */
void fixed_add_to_readq(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_queued_to_read *message,
                           struct sockbuf *buffer, int is_whole, int is_locked, int so_locked)
{
	if (is_whole && sctp_is_feature_on(inp, SCTP_PCB_FLAGS_INTERLEAVE_STRMS) && in_parts_beside(message) != NULL) {
		message->some_taken = 1;
	}
	sctp_add_to_readq(inp, stcb, message, buffer, is_whole, is_locked, so_locked);
}

/* And when it has been read, the ordered one goes on: no other of the stream may be read before that has. */
void fixed_free_message(struct sctp_queued_to_read *message)
{
	if (message->some_taken && message->stcb != NULL && !message->do_not_ref_stcb) {
		struct sctp_queued_to_read *ordered = in_parts_beside(message);

		if (ordered != NULL && ordered->some_taken) {
			message->stcb->asoc.strmin[message->sinfo_stream].delivery_started = 1;
		}
	}
	link_free(message);
}
