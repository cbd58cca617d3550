/*
 * Statistics of associations and paths. Kernels export them (sctp_sysctl.c, sctp_sysctl_handle_assoclist); in user
 * space usrsctp doesn't.
 */
#include "api/association.h"

#include <netinet/sctp_timer.h>
#include <netinet/sctputil.h>

#include "link.h"

EXPORT int bridge_association_statistics(int handle, sctp_assoc_t id, struct link_association_statistics *statistics)
{
	struct sctp_tcb *stcb = association_of(handle, id);

	uint32_t queued;

	if (stcb == NULL) {
		return -ENOENT;
	}
	queued = stcb->asoc.total_output_queue_size;
	*statistics = (struct link_association_statistics){
	    .retransmissions = stcb->asoc.marked_retrans,
	    .errors = stcb->asoc.overall_error_count,
	    .flight_bytes = stcb->asoc.total_flight,
	    .queued_bytes = queued > stcb->asoc.total_flight ? queued - stcb->asoc.total_flight : 0,
	    .peer_window_bytes = stcb->asoc.peers_rwnd,
	};
	SCTP_TCB_UNLOCK(stcb);
	return 0;
}

EXPORT int bridge_path_statistics(int handle, sctp_assoc_t id, struct sockaddr *address,
                                  struct link_path_statistics *statistics)
{
	struct sctp_tcb *stcb = association_of(handle, id);
	struct sctp_nets *net = stcb != NULL ? sctp_findnet(stcb, address) : NULL;

	if (net != NULL) {
		*statistics = (struct link_path_statistics){
		    .retransmissions = net->marked_retrans,
		    .errors = net->error_count,
		    .flight_bytes = net->flight_size,
		    .cwnd_bytes = net->cwnd,
		    .ssthresh_bytes = net->ssthresh,
		    .ce_packets = net->ecn_ce_pkt_cnt,
		    .rtt_us = (uint32_t)net->rtt,
		    .srtt_ms = (uint32_t)net->lastsa >> SCTP_RTT_SHIFT,
		    .rttvar_ms = (uint32_t)net->lastsv >> SCTP_RTT_VAR_SHIFT,
		    .rto_ms = link_rto_ms(stcb, net),
		    .heartbeat_ms = net->heart_beat_delay,
		    .is_potentially_failed = (net->dest_state & SCTP_ADDR_PF) != 0,
		};
	}
	if (stcb != NULL) {
		SCTP_TCB_UNLOCK(stcb);
	}
	return net != NULL ? 0 : -ENOENT;
}
