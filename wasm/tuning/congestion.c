/*
 * Upstream's sctp_cc_functions.c, where each of its modules begins with another slow start threshold. Upstream's is the
 * peer's receive window (RFC 4960); but a window that follows the path begins small, and beyond it there would be a
 * packet more in each round trip. RFC 9260 7.2.1: arbitrarily high.
 *
 * The table of modules refers to the functions below; upstream's have other names there: upstream/sctp_cc_functions.h.
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
