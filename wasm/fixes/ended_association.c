/*
 * The end of an association (sctp_free_assoc()), the peer's SHUTDOWN (RFC 9260 9.2, sctp_handle_shutdown()), and the
 * end of reading (sctp_flush()). Upstream's main corrects the second (f4d39960), except for data that waits for the
 * reset of its stream, and the third (87baaa77, ad301762, 01bab70a, a0cbf468, 45cf3ba8).
 */
#include "fixes/received.h"

/*
 * A peer sends SHUTDOWN once all of its DATA has been acknowledged. sctp_handle_shutdown() doesn't check that, so an
 * application would take the part that it has received for everything.
 */
int is_data_missing(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;

	if (SCTP_TSN_GT(asoc->highest_tsn_inside_nr_map, asoc->cumulative_tsn) ||
	    !TAILQ_EMPTY(&asoc->pending_reply_queue)) {
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
 * Complete messages stay in the read queue when their association ends. They must not refer to it any more: another
 * association may be allocated at the same address, and sctp_pull_off_control_to_new_inp() would move them to it. They
 * must be readable while the rest of another association's message is missing: see let_overtake() in delivery.c.
 */
static void detach_from_association(struct sctp_tcb *stcb, struct sctp_queued_to_read *message)
{
	message->sinfo_cumtsn = stcb->asoc.cumulative_tsn;
	message->do_not_ref_stcb = 1;
	message->some_taken = 1;
	message->stcb = NULL;
}

/*
 * Replaces sctp_free_assoc(), which marks incomplete messages as complete.
 */
int fixed_free_assoc(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_inpcb_free, int from)
{
	struct sctp_queued_to_read *entry, *next;

	link_put_back();
	if (stcb->asoc.state != 0 && (stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0) {
		TAILQ_FOREACH_SAFE(entry, &inp->read_queue, next, next) {
			if (entry->stcb == stcb && entry->end_added) {
				detach_from_association(stcb, entry);
			} else if (entry->stcb == stcb) {
				discard_incomplete(stcb, entry);
			}
		}
	}
	return sctp_free_assoc(inp, stcb, from_inpcb_free, from);
}

#ifndef UPSTREAM_MAIN
static void drop_unread(struct sctp_inpcb *inp, struct socket *so, struct sctp_queued_to_read *entry)
{
	if (entry->on_strm_q) {
		discard_incomplete(entry->stcb, entry);
		return;
	}
	TAILQ_REMOVE(&inp->read_queue, entry, next);
	for (struct mbuf *each = entry->data; each != NULL; each = SCTP_BUF_NEXT(each)) {
		sctp_sbfree(entry, entry->stcb, &so->so_rcv, each);
	}
	run_free(entry->stcb, entry);
}

/*
 * Replaces sctp_flush(), which usrsctp_shutdown() of a one-to-one socket calls. Upstream sets the byte counts of both
 * buffers to 0 and leaves their contents. Here unread messages are dropped; they abort the association, because the
 * peer would otherwise take them for read.
 */
int fixed_flush(struct socket *so, int how)
{
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb = inp != NULL ? LIST_FIRST(&inp->sctp_asoc_list) : NULL;
	struct sctp_queued_to_read *entry;
	int is_lost = 0;

	if (how == SHUT_WR || inp == NULL || (inp->sctp_flags & SCTP_PCB_FLAGS_UDPTYPE)) {
		return 0;
	}
	inp->sctp_flags |= SCTP_PCB_FLAGS_SOCKET_CANT_READ;
	while ((entry = TAILQ_FIRST(&inp->read_queue)) != NULL) {
		is_lost |= (entry->spec_flags & M_NOTIFICATION) == 0;
		drop_unread(inp, so, entry);
	}
	if (is_lost && stcb != NULL) {
		SCTP_TCB_LOCK(stcb);
		UPSTREAM_ABORT_ASSOCIATION(stcb, sctp_generate_cause(SCTP_CAUSE_OUT_OF_RESC, ""), SCTP_SO_LOCKED);
	}
	return 0;
}
#endif
