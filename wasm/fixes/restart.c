/*
 * A restart of the peer (RFC 9260 5.2.4, action A): what the new association begins with.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"

/*
 * After a restart of the peer (RFC 9260 5.2.4, action A) sctp_process_cookie_existing() drops what was sent, and forgets
 * that it filled the congestion windows, and that a stream was in the middle of a message: nothing could be sent any
 * more.
 */
void fixed_report_all_outbound(struct sctp_tcb *stcb, uint16_t error, int so_locked)
{
	struct sctp_nets *net;

	sctp_report_all_outbound(stcb, error, so_locked);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		net->flight_size = 0;
	}
	stcb->asoc.stream_locked = 0;
}

/* sctp_process_init() has given all paths that threshold anew; this follows it. */
int fixed_load_addresses_from_init(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int limit,
                                      struct sockaddr *from, struct sockaddr *to, struct sockaddr *listed, uint16_t port)
{
	int result = sctp_load_addresses_from_init(stcb, packet, offset, limit, from, to, listed, port);
	struct sctp_nets *net;

	restart_keep_streams(stcb);
	if (result == 0) {
		TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
			net->ssthresh = FIRST_SSTHRESH;
		}
	}
	return result;
}
