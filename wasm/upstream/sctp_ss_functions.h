/* What is redirected in netinet/sctp_ss_functions.c. */
#ifndef UPSTREAM_SCTP_SS_FUNCTIONS_H
#define UPSTREAM_SCTP_SS_FUNCTIONS_H

#include "environment.h"

#include <netinet/sctp_pcb.h>

/*
 * The table of schedulers refers to the functions of fixes/schedulers.c. Upstream's functions get other names and
 * aren't called. Each macro has parameters, so that it matches definitions, but not the table.
 */
void sctp_ss_default_init(struct sctp_tcb *, struct sctp_association *UPSTREAM_HOLDS_SEND_LOCK);
struct sctp_stream_out *sctp_ss_default_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
struct sctp_stream_out *sctp_ss_prio_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
struct sctp_stream_out *sctp_ss_fb_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
struct sctp_stream_out *sctp_ss_fcfs_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
void sctp_ss_rrp_packet_done(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
upstream_answer sctp_ss_default_is_user_msgs_incomplete(struct sctp_tcb *, struct sctp_association *);
#define sctp_ss_default_init(...) upstream_ss_default_init(__VA_ARGS__)
#define sctp_ss_default_select(stcb, net, asoc) upstream_ss_default_select(stcb, net, asoc)
#define sctp_ss_rrp_select(stcb, net, asoc) upstream_ss_rrp_select(stcb, net, asoc)
#define sctp_ss_prio_select(stcb, net, asoc) upstream_ss_prio_select(stcb, net, asoc)
#define sctp_ss_fb_select(stcb, net, asoc) upstream_ss_fb_select(stcb, net, asoc)
#define sctp_ss_fcfs_select(stcb, net, asoc) upstream_ss_fcfs_select(stcb, net, asoc)
#define sctp_ss_rrp_packet_done(stcb, net, asoc) upstream_ss_rrp_packet_done(stcb, net, asoc)
#define sctp_ss_default_is_user_msgs_incomplete(stcb, asoc) upstream_ss_default_is_user_msgs_incomplete(stcb, asoc)

#ifdef UPSTREAM_MAIN
void sctp_ss_default_remove(struct sctp_tcb *, struct sctp_association *, struct sctp_stream_out *,
                            struct sctp_stream_queue_pending *);
#define sctp_ss_default_remove(stcb, asoc, stream, message) upstream_ss_default_remove(stcb, asoc, stream, message)
#else
void sctp_ss_default_scheduled(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *,
                               struct sctp_stream_out *, int);
void sctp_ss_fcfs_clear(struct sctp_tcb *, struct sctp_association *, int, int);
#define sctp_ss_default_scheduled(stcb, net, asoc, stream, moved) \
	upstream_ss_default_scheduled(stcb, net, asoc, stream, moved)
#define sctp_ss_fcfs_clear(stcb, asoc, clear, lock) upstream_ss_fcfs_clear(stcb, asoc, clear, lock)
#endif

#endif
