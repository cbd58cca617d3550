/* What is redirected in netinet/sctp_ss_functions.c. */
#ifndef UPSTREAM_SCTP_SS_FUNCTIONS_H
#define UPSTREAM_SCTP_SS_FUNCTIONS_H

#include "environment.h"

#include <netinet/sctp_pcb.h>

/* The scheduler's table refers to the one of fixes/schedulers.c; upstream's, which isn't called then, has another name. */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);
#define sctp_ss_rrp_select(stcb, net, asoc) upstream_ss_rrp_select(stcb, net, asoc)

#endif
