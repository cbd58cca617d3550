/* What is redirected in netinet/sctp_input.c. */
#ifndef UPSTREAM_SCTP_INPUT_H
#define UPSTREAM_SCTP_INPUT_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* An end that isn't orderly: fixes/sent_abort.c. In main also a reset of the association: fixes/reconfiguration.c. */
#define sctp_ulp_notify fixed_ulp_notify
#ifndef UPSTREAM_MAIN /* main reports these two by sctp_ulp_notify() */
#define sctp_notify_stream_reset_tsn fixed_notify_stream_reset_tsn
#define sctp_notify_stream_reset_add fixed_notify_stream_reset_add
#endif

/* The limit on a peer's addresses: fixes/added_addresses.c. */
#define sctp_send_initiate_ack fixed_send_initiate_ack

/* What forged INITs can make a host send: tuning/init_ack_rate.c. */
#define sctp_send_cookie_ack link_send_cookie_ack

/* A restart of the peer: fixes/restart.c. */
#define sctp_report_all_outbound fixed_report_all_outbound
#define sctp_load_addresses_from_init fixed_load_addresses_from_init

/* SHUTDOWN: fixes/shutdown.c. */
#define sctp_update_acked fixed_update_acked
#define sctp_timer_stop fixed_timer_stop
#define sctp_toss_old_cookies fixed_toss_old_cookies
#define sctp_send_shutdown_ack fixed_send_shutdown_ack

/*
 * Packets that are answered with ABORT: fixes/sent_abort.c. Main itself answers SHUTDOWN ACK so while DATA is missing.
 */
#define sctp_abort_association fixed_abort_association
#ifndef UPSTREAM_MAIN
#define sctp_send_shutdown_complete fixed_send_shutdown_complete
#endif

/* SACK: fixes/retransmission.c. */
#define sctp_express_handle_sack fixed_express_handle_sack
#define sctp_handle_sack fixed_handle_sack

/* Round trips, and a stale cookie: fixes/round_trips.c. */
#define sctp_calculate_rto fixed_calculate_rto
#define sctp_set_state fixed_set_state
#define sctp_send_initiate fixed_send_initiate

/* A HEARTBEAT ends the back-off of its path: network/returned_links.c. */
#define sctp_send_heartbeat_ack fixed_send_heartbeat_ack

/* Path selection: fixes/path_selection.c. */
#define sctp_set_primary_addr fixed_set_primary_addr
#define sctp_handle_asconf_ack fixed_handle_asconf_ack

/* Late packets of an address that was deleted: fixes/late_packets.c. Another redirection for them is below. */
#define sctp_handle_ootb fixed_handle_ootb
#define sctp_send_abort fixed_send_abort
#define sctp_send_shutdown_complete2 fixed_send_shutdown_complete2

/* Packets that arrive together are acknowledged together: tuning/sack_frequency.c. */
#define sctp_process_data link_process_data

/* An association ends while a message is partly delivered: fixes/ended_association.c. */
#define sctp_free_assoc fixed_free_assoc

/* FORWARD TSN: fixes/forward_tsn.c. */
#define sctp_handle_forward_tsn fixed_handle_forward_tsn

/* Streams that the peer resets: fixes/stream_reset.c, whose function isn't weak. */
#pragma weak sctp_reset_in_stream

/* The streams of an association whose peer has restarted: fixes/restarted_streams.c. */
#define sctp_clean_up_stream fixed_clean_up_stream

/* The MAC of cookies: tuning/cookie_mac.c. AUTH chunks still use the HMACs of sctp_auth.c. */
#define sctp_hmac_m link_cookie_mac

/* Requests for streams that don't exist: fixes/stream_reset.c. */
#define sctp_add_stream_reset_result fixed_add_stream_reset_result

/*
 * Requests of ours that the peer answers with "Nothing to do": fixes/reconfiguration.c.
 * sctp_handle_stream_reset_response() names each of these constants once, with the answer in the variable `action`.
 */
#include <netinet/sctp_constants.h>
#undef SCTP_NOTIFY_STR_RESET_FAILED_OUT
#define SCTP_NOTIFY_STR_RESET_FAILED_OUT \
	link_outcome_of_reset_out(stcb, action, number_entries, req_out_param->list_of_streams)
#undef SCTP_NOTIFY_STR_RESET_FAILED_IN
#define SCTP_NOTIFY_STR_RESET_FAILED_IN link_outcome_of_reset_in(action)

/* Counters of streams when others are added: fixes/reconfiguration.c. */
#ifndef UPSTREAM_MAIN
#define sctp_send_str_reset_req fixed_send_str_reset_req
#endif

/*
 * Packets that are discarded because of their association, and those whose association is found by an address in their
 * cookie: fixes/association_validation.c. Packets whose association is found by their ASCONF: fixes/late_packets.c.
 * Comes after the others, because fixes.h declares the functions.
 */
#include "fixes/fixes.h"
#include <netinet/sctputil.h>
/* How long a cookie is valid. sctp_handle_cookie_echo() alone asks for it, and has the association in a variable. */
#define sctp_ticks_to_secs(ticks) link_cookie_seconds(*stcb, cookie)
#define sctp_findassociation_addr(packet, offset, source, destination, header, first, inp, path, vrf_id) \
	fixed_findassociation_addr(packet, offset, source, destination, header, first, inp, path, vrf_id, port, compute_crc)
#define sctp_findassociation_ep_addr fixed_findassociation_ep_addr
#define sctp_findassociation_ep_asconf(packet, offset, destination, header, inp, path, vrf_id) \
	fixed_findassociation_ep_asconf(packet, offset, src, destination, header, inp, path, vrf_id, port)

/*
 * Two error causes of a draft, which RFC 9260 doesn't have. With them a peer can make us send INIT after INIT, queue
 * ASCONFs without limit, and keep an association that it has aborted: sctp_handle_nat_colliding_state(),
 * sctp_handle_nat_missing_state(). These values match no cause that is received; in a cause that is sent they are
 * truncated to 16 bits.
 */
#include <netinet/sctp.h>
enum { link_colliding_state = 0x100b0, link_missing_state = 0x100b1 };
#undef SCTP_CAUSE_NAT_COLLIDING_STATE
#define SCTP_CAUSE_NAT_COLLIDING_STATE link_colliding_state
#undef SCTP_CAUSE_NAT_MISSING_STATE
#define SCTP_CAUSE_NAT_MISSING_STATE link_missing_state

/* If I-DATA is in use, it is the chunk that must be authenticated: fixes/required_auth.h. */
#include "fixes/required_auth.h"
#undef sctp_auth_is_required_chunk
#define sctp_auth_is_required_chunk(chunk, list) link_is_auth_required(stcb, chunk, list)

/* The most associations that peers set up from an address: tuning/association_limits.c. No association: ABORT. */
#include "tuning/tuning.h"
#define sctp_aloc_assoc(inp, peer, ...) \
	(link_may_accept(peer) ? link_accepted(sctp_aloc_assoc(inp, peer, __VA_ARGS__), peer) : NULL)

/* The table of tags: tuning/hash_table.h. */
#include "tuning/hash_table.h"

/* The send buffer of an association: tuning/buffers.c. Comes last, because it includes upstream's headers. */
#include "tuning/send_limit.h"

#endif
