/* What is redirected in netinet/sctp_cc_functions.c, which tuning/congestion.c includes. */
#ifndef UPSTREAM_SCTP_CC_FUNCTIONS_H
#define UPSTREAM_SCTP_CC_FUNCTIONS_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/*
 * The initial slow start threshold: tuning/congestion.c. Each macro has parameters, so that it matches definitions and
 * calls, but not the table of modules.
 */
struct sctp_tcb;
struct sctp_nets;
static void sctp_set_initial_cc_param(struct sctp_tcb *, struct sctp_nets *);
static void sctp_htcp_set_initial_cc_param(struct sctp_tcb *, struct sctp_nets *);
static void sctp_set_rtcc_initial_cc_param(struct sctp_tcb *, struct sctp_nets *);
#define sctp_set_initial_cc_param(stcb, net) upstream_set_initial_cc_param(stcb, net)
#define sctp_htcp_set_initial_cc_param(stcb, net) upstream_htcp_set_initial_cc_param(stcb, net)
#define sctp_set_rtcc_initial_cc_param(stcb, net) upstream_set_rtcc_initial_cc_param(stcb, net)

#endif
