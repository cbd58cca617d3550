/* What is redirected in netinet/sctputil.c. */
#ifndef UPSTREAM_SCTPUTIL_H
#define UPSTREAM_SCTPUTIL_H

#include "environment.h"

/* T3-rtx: fixes/retransmission.c. ASCONF that is retransmitted: fixes/deleted_addresses.c. */
#define sctp_t3rxt_timer fixed_t3rxt_timer
#define sctp_asconf_timer fixed_asconf_timer

/* Error counters: fixes/error_counters.c. */
#define sctp_heartbeat_timer fixed_heartbeat_timer
#define sctp_shutdown_timer fixed_shutdown_timer
#define sctp_shutdownack_timer fixed_shutdownack_timer
#define sctp_strreset_timer fixed_strreset_timer
#define sctp_t1init_timer fixed_t1init_timer
#define sctp_cookie_timer fixed_cookie_timer

/* Tags in time-wait: tuning/tag_timewait.c. */
#define sctp_is_vtag_good timewait_is_vtag_good

/* Tags of this stack's share: tuning/tag_share.c, whose function isn't weak. */
#pragma weak sctp_select_a_tag

/* The host's random numbers, unchanged: os/environment.c, whose function isn't weak. */
#pragma weak sctp_fill_random_store

/* An association ends while a message is partly delivered: fixes/ended_association.c. */
#define sctp_free_assoc fixed_free_assoc

/* Adding to the read queue: fixes/delivery.c, whose function isn't weak. */
#pragma weak sctp_add_to_readq

/* Abandoned messages: fixes/abandoned.c, whose function isn't weak. */
#pragma weak sctp_release_pr_sctp_chunk

/* The notification of an ABORT that this end sends: fixes/sent_abort.c, whose function isn't weak. */
#pragma weak sctp_abort_an_association

/*
 * Abandoned messages and the results of stream resets are reported even if the receive buffer is full:
 * fixes/send_buffer.c.
 */
#include <netinet/sctp_var.h>
#include "fixes/fixes.h"
#undef sctp_sbspace_failedmsgs
#define sctp_sbspace_failedmsgs(receive_buffer) link_room_for_notifications(stcb)
#undef sctp_sbspace
#define sctp_sbspace(association, receive_buffer) link_room_for_notifications(stcb)

#endif
