/*
 * What upstream forgets or gets wrong, put right from outside: each of these functions of upstream's is called by another
 * name, but in the file that defines it. repairs.c, shutdown.c, interleave.c, departures.c and latecomers.c stand behind those
 * names, call upstream's function, and say what is wrong with it.
 */
#ifndef REPAIRS_H
#define REPAIRS_H

#ifndef LINK_LAYER /* where both names mean what they say */

#ifndef FILE_sctp_timer
#define sctp_t3rxt_timer repaired_t3rxt_timer
#define sctp_asconf_timer repaired_asconf_timer
#endif

#ifndef FILE_sctputil
#define sctp_timer_start repaired_timer_start
#define sctp_notify_stream_reset_tsn repaired_notify_stream_reset_tsn
#define sctp_notify_stream_reset_add repaired_notify_stream_reset_add
#define sctp_ulp_notify repaired_ulp_notify
#define sctp_report_all_outbound repaired_report_all_outbound
#endif

#ifdef FILE_sctp_input
#define sctp_update_acked repaired_update_acked
#define sctp_timer_stop repaired_timer_stop
#define sctp_handle_ootb repaired_handle_ootb
#define sctp_send_abort repaired_send_abort
#define sctp_send_shutdown_complete2 repaired_send_shutdown_complete2
#endif

#ifndef FILE_sctp_asconf
#define sctp_is_addr_pending repaired_is_addr_pending
#define sctp_compose_asconf repaired_compose_asconf
#else
#define sctp_add_local_addr_restricted repaired_add_local_addr_restricted
#define sctp_del_local_addr_restricted repaired_del_local_addr_restricted
#endif

#ifdef FILE_sctp_indata
#define sctp_add_to_readq repaired_add_to_readq
#else
#define sctp_express_handle_sack repaired_express_handle_sack
#endif

#ifndef FILE_sctp_pcb
#define sctp_load_addresses_from_init repaired_load_addresses_from_init
#define sctp_del_remote_addr repaired_del_remote_addr
#define sctp_remove_net repaired_remove_net
#endif

#endif

#include <netinet/sctp_pcb.h>
#include <netinet/sctputil.h>

/* What acknowledges has moved on; and what a SHUTDOWN acknowledges. See shutdown.c. */
void link_more_delivered(struct sctp_tcb *stcb);
void repaired_express_handle_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t rwnd, int *is_aborted,
                                  int has_ecn_echo);

/* After each packet: what went with it is let go. */
void repairs_let_go(void);

/* An address has come, or come back. See returns.c. */
void link_renew(struct sctp_ifa *ifa);

/* The peer has deleted this address: packets from there may still come. See latecomers.c. */
void link_departed(const struct sctp_tcb *stcb, const struct sctp_nets *net);

#ifdef FILE_sctp_asconf
/* The only place that gives back the address of a request before the request is freed: not twice. */
#define sctp_free_ifa(address) do { sctp_free_ifa(address); (address) = NULL; } while (0)
#endif

/*
 * The slow start threshold begins with the peer's first receive window (RFC 4960); but a window that follows the path
 * begins small, and beyond it there would be a packet more in each round trip. RFC 9260 7.2.1: arbitrarily high.
 */
#define FIRST_SSTHRESH (64 * 1024 * 1024)
#ifdef FILE_sctp_cc_functions
#define peers_rwnd peers_rwnd > 0 ? FIRST_SSTHRESH : 0
#endif

#ifdef FILE_sctp_output
/*
 * sctp_prune_prsctp() leaves a chunk without data in the send queue, over which m_copydata() then loops for ever: so
 * nothing is pruned. The façade gives messages of low priority up by itself.
 */
#undef PR_SCTP_BUF_ENABLED
#define PR_SCTP_BUF_ENABLED(flags) 0
#endif

/* The scheduler's table refers to the one of repairs.c; upstream's, which isn't called then, has another name. */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
#ifdef FILE_sctp_ss_functions
#define sctp_ss_rrp_select(stcb, net, asoc) upstream_ss_rrp_select(stcb, net, asoc)
#endif

#endif
