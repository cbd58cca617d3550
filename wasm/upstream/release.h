/*
 * What differs between the two releases of upstream's that are built: 0.9.5.0, which is pinned, and main as of October
 * 2025 (fd070e05), for which compile.sh defines UPSTREAM_MAIN. Here stands what has one meaning and two forms. A
 * correction that main has, too, is left out there: by one of the constants below, where it is a condition in a
 * function of ours, or by an #ifndef in the header of the file that it corrects. These stay, because main has them in
 * part only:
 *
 *   deleted_addresses.c   main forgets its pointers to a path that goes, but loses what is on its way there
 *   restart.c             main stops the timers of what is dropped, but leaves streams whose reset wasn't answered
 *   schedulers.c          main's search by SCTP_ADDR_OVER can be endless, and it forgets what was served last
 *   shutdown.c            main carries out at COOKIE ACK, not at COOKIE ECHO, a shutdown that was asked for too early
 *   ended_association.c   main doesn't take for missing what waits for the reset of its stream
 *   sent_abort.c           main tells the program the code of the first cause, and not the chunk
 *   round_trips.c         main never ends the back-off of a set-up; to a stale cookie it answers without a pause
 *   reconfiguration.c     main asks whether there is a socket; what follows from an association reset is wrong
 *   error_counters.c      where heartbeats are off, main probes an unconfirmed address once; the rest is ours alone
 *   messages.c            by SCTP_SENDALL main leaves out, untold, an association that is resetting the stream
 *   bridge.c              main doesn't divide by an RTO.Initial of 0, but sends INIT after INIT
 *   received.h            what is received is ours as a whole, with what main has mended of it
 *
 * What main hasn't mended at all stays, too: docs/upstream.md has a row for each fault.
 */
#ifndef RELEASE_H
#define RELEASE_H

#ifdef UPSTREAM_MAIN

#include <stdbool.h>

/* The offset that sctp_calculate_cksum() takes. */
typedef int32_t upstream_offset;

/* What sctp_userspace_get_mtu_from_ifn() is told. */
#define UPSTREAM_MTU_PARAMETERS uint32_t index

/* The bytes of user data that fit into one DATA chunk. */
#define UPSTREAM_FRAG_POINT(stcb) sctp_get_frag_point(stcb)

/* Deletes a local address from the interface of that index. */
#define UPSTREAM_DELETE_ADDRESS(address, index) sctp_del_addr_from_vrf(SCTP_DEFAULT_VRFID, address, NULL, index)

/* Aborts an association because of something else than time-outs. */
#define UPSTREAM_ABORT_ASSOCIATION(stcb, cause, so_locked) \
	sctp_abort_an_association((stcb)->sctp_ep, stcb, cause, false, so_locked)

/* Does T5-shutdown-guard run in SHUTDOWN-PENDING? */
#define UPSTREAM_GUARDS_SHUTDOWN_PENDING 0

/* What a stream is to its scheduler: a member of ss_params. */
#define UPSTREAM_OF_SCHEDULER(member) ss_params.ss.member

/* A message leaves a stream's queue: the scheduler is told. */
#define UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, message) \
	(stcb)->asoc.ss_functions.sctp_ss_remove_from_stream(stcb, &(stcb)->asoc, stream, message)

/* A stream may have messages: the scheduler is told. In 0.9.5.0 it is told, too, whether the send queues are locked. */
#define UPSTREAM_ADD_TO_STREAM(stcb, stream) \
	(stcb)->asoc.ss_functions.sctp_ss_add_to_stream(stcb, &(stcb)->asoc, stream, NULL)
#define UPSTREAM_HOLDS_SEND_LOCK

/*
 * A parameter of sctp_abort_an_association(), which ours has no need of; and what tells the program of an ABORT sent.
 * Main tells a chunk only as the peer's: sctp_notify_assoc_change() asserts that.
 */
#define UPSTREAM_TIMED_OUT , bool timed_out
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, (chunk) != NULL, timed_out, code, chunk, so_locked)

/* What sctp_pathmtu_adjustment() is told. */
#define UPSTREAM_ADJUSTMENT_PARAMETERS uint32_t mtu, bool resend

/* Does sctp_process_control() read an ECNE of 8 bytes? */
#define UPSTREAM_READS_SHORT_ECNE 1

/* What a scheduler, or sctp_is_vtag_good(), answers to a question. */
typedef bool upstream_answer;

/*
 * Main passes over chunks that can't be right, and over those that aren't expected (279a68fd, bdf3dd3f, 5931e4e0,
 * 53dd9da2, 3bb35ee1, 8157ef0c, c4ebc2b9, 28e2ea73, 8e12cd9e): fixes/packet_validation.c and association_validation.c.
 */
#define UPSTREAM_VALIDATES_CHUNKS 1

/* It sends nothing but ASCONF from an address that the peer doesn't know yet (ca70d3af): fixes/pending_addresses.c. */
#define UPSTREAM_SEPARATES_ASCONF 1

/*
 * It takes for a round trip neither the way of a cookie nor a set-up in which something was lost (7039e169, 7b446793).
 */
#define UPSTREAM_MEASURES_RIGHTLY 1

/*
 * It answers calls of the raw API as RFC 6458 has it, and takes the rest of a message when the peer shuts down
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
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, 0, code, chunk, so_locked)
#define UPSTREAM_ADJUSTMENT_PARAMETERS uint16_t mtu
#define UPSTREAM_READS_SHORT_ECNE 0
typedef int upstream_answer;
#define UPSTREAM_VALIDATES_CHUNKS 0
#define UPSTREAM_SEPARATES_ASCONF 0
#define UPSTREAM_MEASURES_RIGHTLY 0
#define UPSTREAM_ANSWERS_RIGHTLY 0

#endif

#endif
