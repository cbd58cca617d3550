/*
 * What differs between the two releases of upstream's that are built: 0.9.5.0, which is pinned, and main as of October 2025
 * (fd070e05), for which compile.sh defines UPSTREAM_MAIN. Here stands what has one meaning and two forms. A correction that
 * main has, too, is left out there by an #ifndef in the header of the file that it corrects.
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

/* The last of the notifications about RE-CONFIG. */
#define UPSTREAM_LAST_RESET_NOTIFICATION SCTP_NOTIFY_STR_RESET_TSN

/* Does T5-shutdown-guard run in SHUTDOWN-PENDING? */
#define UPSTREAM_GUARDS_SHUTDOWN_PENDING 0

/* What a stream is to its scheduler: a member of ss_params. */
#define UPSTREAM_OF_SCHEDULER(member) ss_params.ss.member

/* A message leaves a stream's queue: the scheduler is told. */
#define UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, message) \
	(stcb)->asoc.ss_functions.sctp_ss_remove_from_stream(stcb, &(stcb)->asoc, stream, message)

/* A parameter of sctp_abort_an_association(), which ours has no need of; and what tells the program of an ABORT sent. */
#define UPSTREAM_TIMED_OUT , bool timed_out
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, false, timed_out, code, chunk, so_locked)

/* Does sctp_process_control() read an ECNE of 8 bytes? */
#define UPSTREAM_READS_SHORT_ECNE 1

/* What a scheduler answers to a question. */
typedef bool upstream_answer;

#else

typedef uint32_t upstream_offset;
#define UPSTREAM_MTU_PARAMETERS uint32_t index, int family
#define UPSTREAM_FRAG_POINT(stcb) sctp_get_frag_point(stcb, &(stcb)->asoc)
#define UPSTREAM_DELETE_ADDRESS(address, index) sctp_del_addr_from_vrf(SCTP_DEFAULT_VRFID, address, index, NULL)
#define UPSTREAM_ABORT_ASSOCIATION(stcb, cause, so_locked) \
	sctp_abort_an_association((stcb)->sctp_ep, stcb, cause, so_locked)
#define UPSTREAM_LAST_RESET_NOTIFICATION SCTP_NOTIFY_STR_RESET_DENIED_IN
#define UPSTREAM_GUARDS_SHUTDOWN_PENDING 1
#define UPSTREAM_OF_SCHEDULER(member) ss_params.member
#define UPSTREAM_REMOVE_FROM_STREAM(stcb, stream, message) \
	(stcb)->asoc.ss_functions.sctp_ss_remove_from_stream(stcb, &(stcb)->asoc, stream, message, 1)
#define UPSTREAM_TIMED_OUT
#define UPSTREAM_ABORT_NOTIFICATION(stcb, timed_out, code, chunk, so_locked) \
	sctp_abort_notification(stcb, 0, code, chunk, so_locked)
#define UPSTREAM_READS_SHORT_ECNE 0
typedef int upstream_answer;

#endif

#endif
