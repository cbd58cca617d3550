/*
 * What becomes of DATA and I-DATA, from the chunk to the socket's read queue; in place of what sctp_indata.c does
 * there:
 *
 *   process_data.c       the chunks of a packet are judged one after the other
 *   reassembly.c         fragments become messages
 *   delivery.c           messages go to the read queue; the only place that takes one back which is delivered in part
 *   forward_tsn.c        the peer has given messages up
 *   stream_reset.c       the peer has reset streams
 *   restarted_streams.c  the peer has restarted
 *   ended_association.c  the association ends, or the peer says that it has sent everything
 *
 * A *run* is what is here of a message: consecutive fragments. It is a struct sctp_queued_to_read, as upstream has one
 * for each message, in the queue of its stream (`inqueue`, or `uno_inqueue` for unordered ones). In that
 *
 *   top_fsn          is the number of its first fragment, and fsn_included that of its last one. Fragments of DATA have
 *                    the TSN for a number (RFC 9260 6.9), those of I-DATA the FSN (RFC 8260 2.1)
 *   first_frag_seen  the first fragment of the message is the first one of the run
 *   last_frag_seen   the last one of the message is the last one of the run; with both the message is whole
 *   pdapi_started    it is being delivered in parts (partial delivery, RFC 9260 6.9): it is in the read queue as well
 *   reasm            stays empty
 *
 * What lies in the queues of streams counts in size_on_all_streams (bytes) and cnt_on_all_streams (mbufs), what lies in
 * the read queue in sb_cc and my_rwnd_control_len: sctp_calc_rwnd() takes both from the receive window.
 */
#ifndef RECEIVED_H
#define RECEIVED_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_header.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"
#include "tuning/tuning.h"

/* A fragment, as its chunk tells it. A message of one chunk is a fragment that is both the first and the last. */
struct fragment {
	uint32_t tsn;
	uint32_t mid;  /* of DATA the SSN */
	uint32_t fsn;  /* of DATA the TSN */
	uint32_t ppid; /* in network byte order; 0xffffffff where the chunk has none */
	uint16_t sid;
	uint8_t flags; /* SCTP_DATA_FIRST_FRAG, SCTP_DATA_LAST_FRAG, SCTP_DATA_UNORDERED */
	struct sctp_nets *net;
	struct mbuf *data;
};

static inline int is_unordered(const struct sctp_queued_to_read *run)
{
	return ((run->sinfo_flags >> 8) & SCTP_DATA_UNORDERED) != 0;
}

static inline int is_whole(const struct sctp_queued_to_read *run)
{
	return run->first_frag_seen && run->last_frag_seen;
}

static inline struct sctp_readhead *queue_of(struct sctp_stream_in *stream, int unordered)
{
	return unordered ? &stream->uno_inqueue : &stream->inqueue;
}

static inline struct sctp_stream_in *stream_of(const struct sctp_queued_to_read *run)
{
	return &run->stcb->asoc.strmin[run->sinfo_stream];
}

/* Is that the message whose turn it is? SCTP_MID_EQ() takes variables only. */
static inline int is_next(const struct sctp_tcb *stcb, const struct sctp_stream_in *stream, uint32_t mid)
{
	uint32_t next = stream->last_mid_delivered + 1;

	return SCTP_MID_EQ(stcb->asoc.idata_supported, next, mid);
}

/* A protocol violation of the peer ends the association: ABORT with that cause and this text. */
void received_violation(struct sctp_tcb *stcb, const char *text);

/* --- reassembly.c --------------------------------------------------------------------------------------------- */

/* A run of one fragment, of which it takes the data; it is in no queue yet. */
struct sctp_queued_to_read *run_new(struct sctp_tcb *stcb, struct fragment *fragment);

/*
 * Puts a fragment with the others of its message. Returns the run that it is in now; NULL for a protocol violation,
 * which `wrong` says then. Takes the data in any case.
 */
struct sctp_queued_to_read *run_place(struct sctp_tcb *stcb, struct fragment *fragment, const char **wrong);

/* Its first fragment can't come any more: each TSN that it could have has been received, or given up. */
int run_lost_first_fragment(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run);

/*
 * Leaves out the empty mbufs, which sctp_sorecvmsg() doesn't read: headers that were cut off leave some behind. Tells
 * the last of the others, and the bytes of all of them.
 */
struct mbuf *data_without_empty(struct mbuf *data, struct mbuf **last, uint32_t *bytes);

/* Takes a run out of the queue of its stream, and out of what counts there. */
void run_unqueue(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* Frees a run that is in no queue. */
void run_free(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* Does it count in what lies in the queues of streams, or not any more? */
void run_count(struct sctp_association *asoc, const struct mbuf *data, int sign);

/* --- delivery.c ----------------------------------------------------------------------------------------------- */

/* A message that is whole, is in no queue, and is the next in its stream. Its run may be gone afterwards. */
void deliver_whole(struct sctp_tcb *stcb, struct sctp_queued_to_read *message);

/* A fragment has come: delivers what can be delivered of its stream now. `run` may be gone afterwards. */
void deliver_run(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* The messages of a stream that are next in order. */
void deliver_in_order(struct sctp_tcb *stcb, struct sctp_stream_in *stream);

/*
 * What can't be delivered takes much of the receive buffer: delivers a message in parts, if nothing else can be read.
 */
void deliver_for_room(struct sctp_tcb *stcb);

/*
 * Takes away what is here of a message that will never be whole. If a part has been delivered, what of it hasn't been
 * read is taken back, and the application is told.
 */
void discard_incomplete(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* --- forward_tsn.c -------------------------------------------------------------------------------------------- */

/* Takes away what can't become whole because its first fragment won't come. */
void discard_runs_without_first(struct sctp_tcb *stcb);

/* --- stream_reset.c --------------------------------------------------------------------------------------------- */

/* Has the peer asked for a reset of this stream that is to be performed before this TSN is delivered? */
int reset_must_precede(const struct sctp_association *asoc, uint16_t sid, uint32_t tsn);

/* Keeps a fragment until then. */
void reset_queue_fragment(struct sctp_tcb *stcb, struct fragment *fragment);

/*
 * The cumulative TSN has moved on: performs the resets that waited for it. Returns whether that has ended the
 * association.
 */
int reset_perform_due(struct sctp_tcb *stcb);

/* --- process_data.c ------------------------------------------------------------------------------------------- */

/* In the place of sctp_process_data(): the chunks from `offset` on of a packet. Returns what that returns. */
int fixed_process_data(struct mbuf **packet, int ip_bytes, int *offset, int length, struct sctp_inpcb *inp,
                       struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t *high_tsn);

/*
 * Does an association hold more of what its application hasn't read than so many receive buffers take, with all that
 * describes it? Where the stack's memory runs out: more than a little?
 */
int unread_exceeds(const struct sctp_tcb *stcb, uint32_t buffers);

/* What is done with a fragment whose chunk has been accepted. Returns whether that has ended the association. */
int data_accept(struct sctp_tcb *stcb, struct fragment *fragment);

/* --- restarted_streams.c -------------------------------------------------------------------------------------- */

/* The array of an association's streams has been replaced: it has a place for all that waits to be read. */
void restart_keep_unread_streams(struct sctp_tcb *stcb);

/* --- ended_association.c --------------------------------------------------------------------------------------- */

/* Is something missing of what the peer has sent? */
int is_data_missing(const struct sctp_tcb *stcb);

#endif
