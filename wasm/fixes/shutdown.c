/*
 * Shutdown of an association (RFC 9260 9.2).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/received.h"
#include "link.h"

/*
 * T5-shutdown-guard is for whoever has sent SHUTDOWN (RFC 9260 9.2). Upstream starts it in SHUTDOWN-PENDING already, where
 * what is still to be delivered would be lost with it. It stays, because of peers that never read, and starts again as
 * long as they do. Upstream's main starts it with SHUTDOWN only, so that there it begins here.
 */
void link_more_delivered(struct sctp_tcb *stcb)
{
	if ((stcb->asoc.state & SCTP_STATE_SHUTDOWN_PENDING) == 0) {
		return;
	}
	if (SCTP_OS_TIMER_PENDING(&stcb->asoc.shut_guard_timer.timer)) {
		sctp_timer_stop(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL, SCTP_FROM_SCTP_INDATA);
	} else if (UPSTREAM_GUARDS_SHUTDOWN_PENDING) {
		return;
	}
	sctp_timer_start(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL);
}

/*
 * SHUTDOWN acknowledges, and tells no window. sctp_update_acked() so goes on with the one that it knows, but forgets what
 * it has taken from it for each chunk on its way (sctp_peer_chunk_oh): after some hundred small messages there was none,
 * and one chunk at a time.
 */
void fixed_update_acked(struct sctp_tcb *stcb, struct sctp_shutdown_chunk *shutdown, int *is_aborted)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t overhead = asoc->total_flight_count * SCTP_BASE_SYSCTL(sctp_peer_chunk_oh);

	fixed_express_handle_sack(stcb, ntohl(shutdown->cumulative_tsn_ack), asoc->peers_rwnd + asoc->total_flight + overhead,
	                             is_aborted, 0);
	if (!*is_aborted && end_is_early(stcb)) {
		received_violation(stcb, "SHUTDOWN while DATA is missing");
		*is_aborted = 1;
	}
}

/*
 * T2-shutdown has the place of T3-rtx, and sctp_timer_start() leaves a pending timer as it is. Nothing is outstanding
 * when T2 is started, but a window probe may have started T3-rtx anew: then SHUTDOWN would never be sent again.
 */
void fixed_timer_start(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *any;

	if (type == SCTP_TIMER_TYPE_SHUTDOWN || type == SCTP_TIMER_TYPE_SHUTDOWNACK) {
		TAILQ_FOREACH(any, &stcb->asoc.nets, sctp_next) {
			sctp_timer_stop(SCTP_TIMER_TYPE_SEND, inp, stcb, any, SCTP_FROM_SCTP_OUTPUT);
		}
	}
	sctp_timer_start(type, inp, stcb, net);
}

/*
 * SCTP_SHUTDOWN_EVENT says that the peer sends nothing more (RFC 6458 6.1.5). sctp_handle_shutdown() leaves it out where
 * both shut down at once (SHUTDOWN-SENT); but without it nobody knows that all has arrived, should the rest of the
 * handshake get lost. It stops T2-shutdown here in that state, and in no other.
 */
void fixed_timer_stop(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t from)
{
	sctp_timer_stop(type, inp, stcb, net, from);
	if (type == SCTP_TIMER_TYPE_SHUTDOWN && from == SCTP_FROM_SCTP_INPUT + SCTP_LOC_9 && stcb->sctp_socket != NULL) {
		sctp_ulp_notify(SCTP_NOTIFY_PEER_SHUTDOWN, stcb, 0, NULL, SCTP_SO_NOT_LOCKED);
	}
}
