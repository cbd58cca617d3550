/*
 * An association ends, or the peer says that it has sent everything (SHUTDOWN, RFC 9260 9.2).
 */
#include "fixes/received.h"

/*
 * A peer sends SHUTDOWN when all of its DATA has been acknowledged. sctp_handle_shutdown() takes its word for it, and an
 * application then takes what it has got for all that there was.
 */
int end_is_early(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;

	if (SCTP_TSN_GT(asoc->highest_tsn_inside_nr_map, asoc->cumulative_tsn) || !TAILQ_EMPTY(&asoc->pending_reply_queue)) {
		return 1;
	}
	for (uint32_t sid = 0; sid < asoc->streamincnt; sid++) {
		if (!TAILQ_EMPTY(&asoc->strmin[sid].inqueue) || !TAILQ_EMPTY(&asoc->strmin[sid].uno_inqueue)) {
			return 1;
		}
	}
	return 0;
}

/*
 * Whole messages outlive their association. They refer to it no more: another one may come to lie at the same address, and
 * sctp_pull_off_control_to_new_inp() would take them for its own. And they may be read while a message of another
 * association is missing its rest, as if they had been begun (see let_overtake() in delivery.c).
 */
static void outlive(struct sctp_tcb *stcb, struct sctp_queued_to_read *message)
{
	message->sinfo_cumtsn = stcb->asoc.cumulative_tsn;
	message->do_not_ref_stcb = 1;
	message->some_taken = 1;
	message->stcb = NULL;
}

/* In the place of sctp_free_assoc(), which makes whole messages of those that aren't: it says that their end has come. */
int fixed_free_assoc(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_inpcb_free, int from)
{
	struct sctp_queued_to_read *entry, *next;

	if (stcb->asoc.state != 0 && (stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0) {
		TAILQ_FOREACH_SAFE(entry, &inp->read_queue, next, next) {
			if (entry->stcb == stcb && entry->end_added) {
				outlive(stcb, entry);
			} else if (entry->stcb == stcb) {
				deliver_never(stcb, entry);
			}
		}
	}
	return sctp_free_assoc(inp, stcb, from_inpcb_free, from);
}
