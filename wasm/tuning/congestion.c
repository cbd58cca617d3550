/*
 * Compiles upstream's sctp_cc_functions.c with another initial slow start threshold for each of its modules. Upstream's
 * is the peer's receive window (RFC 4960). But a window that follows the path starts small, and after it the congestion
 * window would grow by one packet per round trip only. RFC 9260 7.2.1: arbitrarily high.
 *
 * The table of modules refers to the functions below; upstream/sctp_cc_functions.h renames upstream's.
 */
#include <netinet/sctp_cc_functions.c>
#undef sctp_set_initial_cc_param
#undef sctp_htcp_set_initial_cc_param
#undef sctp_set_rtcc_initial_cc_param

#include "fixes/fixes.h"

static void sctp_set_initial_cc_param(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	upstream_set_initial_cc_param(stcb, net);
	net->ssthresh = FIRST_SSTHRESH;
}

static void sctp_htcp_set_initial_cc_param(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	upstream_htcp_set_initial_cc_param(stcb, net);
	net->ssthresh = FIRST_SSTHRESH;
}

static void sctp_set_rtcc_initial_cc_param(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	upstream_set_rtcc_initial_cc_param(stcb, net);
	net->ssthresh = FIRST_SSTHRESH;
}
