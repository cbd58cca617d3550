/*
 * The way of DATA and I-DATA from the chunk to the socket's read queue. Replaces the corresponding code of
 * sctp_indata.c:
 *
 *   process_data.c       processes the chunks of a packet one after the other
 *   unread_limit.c       limits how much unread data an association may hold
 *   accept_fragment.c    delivers a fragment, or puts it into a run
 *   reassembly.c         joins fragments to messages
 *   delivery.c           puts messages into the read queue, and removes partly delivered ones that can't be completed
 *   forward_tsn.c        the peer has abandoned messages
 *   stream_reset.c       the peer has reset streams
 *   restarted_streams.c  the peer has restarted
 *   ended_association.c  the association ends, or the peer has sent SHUTDOWN
 *
 * A *run* is a part of a message that has arrived: consecutive fragments. It is a struct sctp_queued_to_read, which
 * upstream uses for a message, in the queue of its stream (`inqueue`, or `uno_inqueue` for unordered messages). Its
 * fields mean:
 *
 *   top_fsn          the number of its first fragment; fsn_included is that of its last one. For DATA the number is the
 *                    TSN (RFC 9260 6.9), for I-DATA the FSN (RFC 8260 2.1)
 *   first_frag_seen  the run begins with the first fragment of the message
 *   last_frag_seen   the run ends with the last fragment of the message; with both, the message is complete
 *   pdapi_started    it is partly delivered (RFC 9260 6.9), and in the read queue as well
 *   reasm            stays empty
 *
 * Data in the queues of streams counts in size_on_all_streams (bytes) and cnt_on_all_streams (mbufs). Data in the read
 * queue counts in sb_cc and my_rwnd_control_len. sctp_calc_rwnd() subtracts both from the receive window.
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

/* A fragment, as its chunk describes it. A message of one chunk is a fragment that is both the first and the last. */
struct fragment {
	uint32_t tsn;
	uint32_t mid;  /* for DATA the SSN */
	uint32_t fsn;  /* for DATA the TSN */
	uint32_t ppid; /* in network byte order; 0xffffffff if the chunk has none */
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

/* Is this the next message in the order of its stream? SCTP_MID_EQ() accepts variables only. */
static inline int is_next(const struct sctp_tcb *stcb, const struct sctp_stream_in *stream, uint32_t mid)
{
	uint32_t next = stream->last_mid_delivered + 1;

	return SCTP_MID_EQ(stcb->asoc.idata_supported, next, mid);
}

/* The highest TSN that has been received. */
static inline uint32_t highest_tsn(const struct sctp_association *asoc)
{
	return SCTP_TSN_GT(asoc->highest_tsn_inside_nr_map, asoc->highest_tsn_inside_map) ? asoc->highest_tsn_inside_nr_map
	                                                                                   : asoc->highest_tsn_inside_map;
}

/* Ends the association because of a protocol violation: ABORT with that cause and this text. */
void received_violation(struct sctp_tcb *stcb, const char *text);

/* The same with a format. */
#define VIOLATION(stcb, ...) \
	do { \
		char text[SCTP_DIAG_INFO_LEN]; \
		SCTP_SNPRINTF(text, sizeof(text), __VA_ARGS__); \
		received_violation(stcb, text); \
	} while (0)

/* --- reassembly.c --------------------------------------------------------------------------------------------- */

/* Makes a run of one fragment, and takes over its data. The run is in no queue yet. */
struct sctp_queued_to_read *run_new(struct sctp_tcb *stcb, struct fragment *fragment);

/*
 * Puts a fragment into a run of its message. Returns that run, or NULL for a protocol violation, which `wrong` then
 * describes. Takes over the data in any case.
 */
struct sctp_queued_to_read *run_place(struct sctp_tcb *stcb, struct fragment *fragment, const char **wrong);

/* Can its first fragment no longer arrive, because every TSN that it could have has been received or abandoned? */
int run_lost_first_fragment(const struct sctp_tcb *stcb, const struct sctp_queued_to_read *run);

/*
 * Removes empty mbufs, which headers that were cut off leave behind, and which sctp_sorecvmsg() doesn't expect. Returns
 * the others in a chain, its last mbuf and its bytes.
 */
struct mbuf *data_without_empty(struct mbuf *data, struct mbuf **last, uint32_t *bytes);

/* Removes a run from the queue of its stream, and from the counters of these queues. */
void run_unqueue(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* Frees a run that is in no queue. */
void run_free(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* Adds data to the counters of the streams' queues (sign 1), or subtracts it (-1). */
void run_count(struct sctp_association *asoc, const struct mbuf *data, int sign);

/* --- delivery.c ----------------------------------------------------------------------------------------------- */

/* Delivers a complete message that is in no queue and is the next one of its stream. Its run may be freed. */
void deliver_whole(struct sctp_tcb *stcb, struct sctp_queued_to_read *message);

/* A fragment has arrived: delivers what its stream can deliver now. `run` may be freed. */
void deliver_run(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* Delivers the messages of a stream that are next in order. */
void deliver_in_order(struct sctp_tcb *stcb, struct sctp_stream_in *stream);

/*
 * If undeliverable fragments take much of the receive buffer and nothing can be read: begins a partial delivery.
 */
void deliver_for_room(struct sctp_tcb *stcb);

/*
 * Discards what has arrived of a message that will never be complete. If a part of it has been delivered, the unread
 * rest of that is removed from the read queue, and the application gets an event.
 */
void discard_incomplete(struct sctp_tcb *stcb, struct sctp_queued_to_read *run);

/* --- forward_tsn.c -------------------------------------------------------------------------------------------- */

/* Discards runs whose first fragment can no longer arrive. */
void discard_runs_without_first(struct sctp_tcb *stcb);

/* --- stream_reset.c --------------------------------------------------------------------------------------------- */

/* Has the peer requested a reset of this stream that must be performed before this TSN is delivered? */
int reset_must_precede(const struct sctp_association *asoc, uint16_t sid, uint32_t tsn);

/* Holds a fragment back until that reset. */
void reset_queue_fragment(struct sctp_tcb *stcb, struct fragment *fragment);

/*
 * The cumulative TSN has advanced: performs the resets that were waiting for it. Returns whether the association has
 * been aborted.
 */
int reset_perform_due(struct sctp_tcb *stcb);

/* --- process_data.c ------------------------------------------------------------------------------------------- */

/* Replaces sctp_process_data(): processes the chunks of a packet from `offset` on. Returns the same values. */
int fixed_process_data(struct mbuf **packet, int ip_bytes, int *offset, int length, struct sctp_inpcb *inp,
                       struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t *high_tsn);

/* --- unread_limit.c ------------------------------------------------------------------------------------------- */

/*
 * Do the unread messages of an association, including the structures that describe them, take more than so many receive
 * buffers? When the stack's memory runs low: more than SCARCE_MAX_BYTES?
 */
int unread_exceeds(const struct sctp_tcb *stcb, uint32_t buffers);

/* May a chunk with this TSN be accepted? If not, tries to make room by delivering incomplete messages first. */
int received_has_room(struct sctp_tcb *stcb, uint32_t tsn);

/* --- accept_fragment.c ---------------------------------------------------------------------------------------- */

/* Processes a fragment whose chunk has been accepted. Returns whether the association has been aborted. */
int data_accept(struct sctp_tcb *stcb, struct fragment *fragment);

/* --- restarted_streams.c -------------------------------------------------------------------------------------- */

/* The array of streams has been replaced. Makes sure that it has entries for all streams with unread messages. */
void restart_keep_unread_streams(struct sctp_tcb *stcb);

/* --- ended_association.c --------------------------------------------------------------------------------------- */

/* Is DATA that the peer has sent missing? */
int is_data_missing(const struct sctp_tcb *stcb);

#endif
