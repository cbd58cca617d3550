/*
 * The differences between the two releases of upstream that we build: the pinned 0.9.5.0, and main of October 2025
 * (fd070e05), for which compile.sh defines UPSTREAM_MAIN. This file defines what the two write differently. If main has
 * a correction of ours too, ours isn't compiled for main: either a constant below is a condition in our function, or
 * the header of the corrected file has an #ifndef. These corrections are compiled for main as well, because main has
 * them in part only:
 *
 *   deleted_addresses.c   main clears its pointers to a deleted path, but loses the chunks in flight to it
 *   restart.c             main stops the timers, but doesn't reopen streams whose reset wasn't answered
 *   schedulers.c          main's search with SCTP_ADDR_OVER can be endless, and forgets the stream served last
 *   shutdown.c            main performs an early shutdown at COOKIE ACK, but not at COOKIE ECHO
 *   ended_association.c   main doesn't count data that waits for the reset of its stream as missing
 *   sent_abort.c          main reports the code of the first cause, but not the chunk
 *   round_trips.c         main never ends the back-off of a set-up, and answers a stale cookie without a pause
 *   reconfiguration.c     main checks whether there is a socket, but handles a reset association wrongly
 *   error_counters.c      if heartbeats are off, main probes an unconfirmed address once; it has the other faults
 *   messages.c            with SCTP_SENDALL main silently skips an association that is resetting the stream
 *   bridge.c              main doesn't divide by an RTO.Initial of 0, but sends INIT after INIT
 *   received.h            receiving is our code as a whole, including what main has corrected
 *
 * Corrections of faults that main still has are compiled too: docs/upstream.md has a row for each of them.
 */
#ifndef RELEASE_H
#define RELEASE_H

#ifdef UPSTREAM_MAIN

#include <stdbool.h>

/* The type of the offset parameter of sctp_calculate_cksum(). */
typedef int32_t upstream_offset;

/* The parameters of sctp_userspace_get_mtu_from_ifn(). */
#define UPSTREAM_MTU_PARAMETERS uint32_t index

/* The bytes of user data that fit into one DATA chunk. */
#define UPSTREAM_FRAG_POINT(stcb) sctp_get_frag_point(stcb)

/* Deletes a local address from the interface of that index. */
#define UPSTREAM_DELETE_ADDRESS(address, index) sctp_del_addr_from_vrf(SCTP_DEFAULT_VRFID, address, NULL, index)

/* Aborts an association for another reason than time-outs. */
#define UPSTREAM_ABORT_ASSOCIATION(stcb, cause, so_locked) \
	sctp_abort_an_association((stcb)->sctp_ep, stcb, cause, false, so_locked)

/* Does T5-shutdown-guard run in SHUTDOWN-PENDING? */
#define UPSTREAM_GUARDS_SHUTDOWN_PENDING 0

/* The fields of a stream that its scheduler uses: a member of ss_params. */
#define UPSTREAM_OF_SCHEDULER(member) ss_params.ss.member

/* Tells the scheduler that a message has left a stream's queue. */
#define UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, message) \
	(stcb)->asoc.ss_functions.sctp_ss_remove_from_stream(stcb, &(stcb)->asoc, stream, message)

/*
 * Tells the scheduler that a stream may have messages. In 0.9.5.0 another argument says whether the send queues are
 * locked.
 */
#define UPSTREAM_ADD_TO_STREAM(stcb, stream) \
	(stcb)->asoc.ss_functions.sctp_ss_add_to_stream(stcb, &(stcb)->asoc, stream, NULL)
#define UPSTREAM_HOLDS_SEND_LOCK

/*
 * A parameter of sctp_abort_an_association() that we don't use; and the function that notifies the application of an
 * ABORT that was sent. Main accepts a chunk for a peer's ABORT only: sctp_notify_assoc_change() asserts that.
 */
#define UPSTREAM_TIMED_OUT , bool timed_out
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, (chunk) != NULL, timed_out, code, chunk, so_locked)

/* A parameter that main has added to sctp_arethere_unrecognized_parameters(). */
#define UPSTREAM_EDMID(parameter) , parameter

/* The parameters of sctp_pathmtu_adjustment(), and a call. */
#define UPSTREAM_ADJUSTMENT_PARAMETERS uint32_t mtu, bool resend
#define UPSTREAM_ADJUST_TO_MTU(stcb, mtu) sctp_pathmtu_adjustment(stcb, mtu, true)

/* Does sctp_process_control() read an ECNE of 8 bytes? */
#define UPSTREAM_READS_SHORT_ECNE 1

/* The return type of schedulers' functions and of sctp_is_vtag_good(). */
typedef bool upstream_answer;

/*
 * Main skips invalid and unexpected chunks (279a68fd, bdf3dd3f, 5931e4e0, 53dd9da2, 3bb35ee1, 8157ef0c, c4ebc2b9,
 * 28e2ea73, 8e12cd9e): fixes/packet_validation.c and association_validation.c.
 */
#define UPSTREAM_VALIDATES_CHUNKS 1

/* Main sends only ASCONF from an address that the peer hasn't confirmed (ca70d3af): fixes/pending_addresses.c. */
#define UPSTREAM_SEPARATES_ASCONF 1

/*
 * Main measures no round trip with a cookie's time, nor with a set-up in which something was lost (7039e169, 7b446793).
 */
#define UPSTREAM_MEASURES_RIGHTLY 1

/*
 * Main returns what RFC 6458 says for calls of the raw API, and accepts the rest of a message when the peer shuts down
 * (573c93b7, 8dd0be72, 0586533e, 9ed16fc3, 5f87058e, fdda406b, 03e94bd3, 87baaa77): api/bridge.c, messages.c and
 * setopt.c.
 */
#define UPSTREAM_ANSWERS_RIGHTLY 1

#else

typedef uint32_t upstream_offset;
#define UPSTREAM_MTU_PARAMETERS uint32_t index, int family
#define UPSTREAM_FRAG_POINT(stcb) sctp_get_frag_point(stcb, &(stcb)->asoc)
#define UPSTREAM_DELETE_ADDRESS(address, index) sctp_del_addr_from_vrf(SCTP_DEFAULT_VRFID, address, index, NULL)
#define UPSTREAM_ABORT_ASSOCIATION(stcb, cause, so_locked) \
	sctp_abort_an_association((stcb)->sctp_ep, stcb, cause, so_locked)
#define UPSTREAM_GUARDS_SHUTDOWN_PENDING 1
#define UPSTREAM_OF_SCHEDULER(member) ss_params.member
#define UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, message) \
	(stcb)->asoc.ss_functions.sctp_ss_remove_from_stream(stcb, &(stcb)->asoc, stream, message, 1)
#define UPSTREAM_ADD_TO_STREAM(stcb, stream) \
	(stcb)->asoc.ss_functions.sctp_ss_add_to_stream(stcb, &(stcb)->asoc, stream, NULL, 1)
#define UPSTREAM_HOLDS_SEND_LOCK , int holds_lock
#define UPSTREAM_TIMED_OUT
#define UPSTREAM_EDMID(parameter)
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, 0, code, chunk, so_locked)
#define UPSTREAM_ADJUSTMENT_PARAMETERS uint16_t mtu
#define UPSTREAM_ADJUST_TO_MTU(stcb, mtu) sctp_pathmtu_adjustment(stcb, (uint16_t)(mtu))
#define UPSTREAM_READS_SHORT_ECNE 0
typedef int upstream_answer;
#define UPSTREAM_VALIDATES_CHUNKS 0
#define UPSTREAM_SEPARATES_ASCONF 0
#define UPSTREAM_MEASURES_RIGHTLY 0
#define UPSTREAM_ANSWERS_RIGHTLY 0

#endif

#endif
