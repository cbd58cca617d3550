/*
 * Addresses that are deleted from an association or from the host (RFC 5061 5.3). sctp_remove_net(),
 * sctp_load_addresses_from_init(), sctp_asconf_timer() and the code that drops requests to add or delete an address
 * leave references and chunks behind. Upstream's main clears its pointers to a deleted path (c75d0cf6, 6e00fe20,
 * 6e026691, 0f8d5830), and corrects nothing else of this.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"
#include "tuning/tuning.h"

/* Moves chunks that were sent, or would be sent, to a deleted address to another path. */
static void move_chunks(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *other = link_path_in_use(stcb);
	struct sctpchunk_listhead *queues[] = {&asoc->sent_queue, &asoc->control_send_queue, &asoc->asconf_send_queue};
	struct sctp_tmit_chunk *chunk;
	int type = net->rxt_timer.type; /* T3-rtx or T2-shutdown */

	if (SCTP_OS_TIMER_PENDING(&net->rxt_timer.timer)) {
		sctp_timer_stop(type, stcb->sctp_ep, stcb, net, SCTP_FROM_SCTP_PCB);
		if (type != SCTP_TIMER_TYPE_SEND) {
			sctp_timer_start(type, stcb->sctp_ep, stcb, other);
		}
	}
	sctp_move_chunks_from_net(stcb, net);
	TAILQ_FOREACH(chunk, &asoc->sent_queue, sctp_next) {
		if (chunk->whoTo == net && chunk->sent < SCTP_DATAGRAM_RESEND) {
			sctp_flight_size_decrease(chunk);
			sctp_total_flight_decrease(stcb, chunk);
			asoc->peers_rwnd += chunk->send_size + SCTP_BASE_SYSCTL(sctp_peer_chunk_oh);
			sctp_ucount_incr(asoc->sent_queue_retran_cnt);
			chunk->sent = SCTP_DATAGRAM_RESEND;
			chunk->flags |= CHUNK_FLAGS_FRAGMENT_OK;
			chunk->rec.data.doing_fast_retransmit = 0;
			chunk->no_fr_allowed = 1;
			chunk->do_rtt = 0;
		}
	}
	for (size_t i = 0; i < sizeof(queues) / sizeof(*queues); i++) {
		TAILQ_FOREACH(chunk, queues[i], sctp_next) {
			if (chunk->whoTo == net) {
				chunk->whoTo = other;
				atomic_add_int(&other->ref_count, 1);
				sctp_free_remote_addr(net);
			}
		}
	}
}

/*
 * Paths that were deleted while a packet is being read. The packet's ASCONF may have been found by the lookup address
 * (RFC 5061 4.1.1), so sctp_common_input_processing() may go on using that path, and store it in the association.
 */
struct deleted_path {
	struct deleted_path *next;
	struct sctp_tcb *stcb; /* each entry holds a reference to it */
	struct sctp_nets *net;
};
static struct deleted_path *deleted_paths;

static void keep_until_packet_is_read(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct deleted_path *one = link_malloc(sizeof(*one));

	*one = (struct deleted_path){deleted_paths, stcb, net};
	deleted_paths = one;
	atomic_add_int(&stcb->asoc.refcnt, 1);
}

/*
 * Upstream remembers the paths that it used last for receiving, answering, sending in turn (CMT), or as an alternate.
 */
static void clear_pointers_to(struct sctp_association *asoc, struct sctp_nets *net)
{
	if (asoc->last_data_chunk_from == net) {
		asoc->last_data_chunk_from = TAILQ_FIRST(&asoc->nets);
	}
	if (asoc->last_control_chunk_from == net) {
		asoc->last_control_chunk_from = NULL;
	}
	if (asoc->last_net_cmt_send_started == net) {
		asoc->last_net_cmt_send_started = NULL; /* starts at the first path again */
	}
	if (asoc->alternate == net) {
		asoc->alternate = NULL;
		sctp_free_remote_addr(net);
	}
}

static void release(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	clear_pointers_to(&stcb->asoc, net);
	move_chunks(stcb, net);
	sctp_free_remote_addr(net);
	atomic_subtract_int(&stcb->asoc.refcnt, 1);
	if ((stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) != 0) {
		/*
		 * The packet has also ended the association, for example by SHUTDOWN ACK after ASCONF. Because of our
		 * reference, freeing it was left to a timer.
		 */
		SCTP_TCB_LOCK(stcb); /* sctp_free_assoc() unlocks it */
		sctp_timer_stop(SCTP_TIMER_TYPE_ASOCKILL, stcb->sctp_ep, stcb, NULL, SCTP_FROM_SCTP_PCB);
		sctp_free_assoc(stcb->sctp_ep, stcb, SCTP_NORMAL_PROC, SCTP_FROM_SCTP_PCB);
	}
}

/* Called when a packet has been read. */
void link_free_deleted_paths(void)
{
	struct deleted_path *one;

	while ((one = deleted_paths) != NULL) {
		deleted_paths = one->next;
		release(one->stcb, one->net);
		link_free(one);
	}
}

/*
 * The peer deletes an address (RFC 5061 5.3). sctp_remove_net() leaves the chunks that are in flight to it or queued
 * for it, and sctp_timer_start() refuses T3-rtx for a deleted path, so lost chunks would never be retransmitted.
 * sctp_find_alternate_net() would start from an element that is no longer in the list. A timer of the path that still
 * runs would keep the association after its end.
 */
void fixed_remove_net(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	atomic_add_int(&net->ref_count, 1);
	link_remember_deleted_address(stcb, net);
	sctp_remove_net(stcb, net);
	link_select_path(stcb);
	clear_pointers_to(&stcb->asoc, net);
	move_chunks(stcb, net);
	keep_until_packet_is_read(stcb, net);
}

void link_path_removed(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	net->dest_state |= SCTP_ADDR_BEING_DELETED; /* otherwise sctp_timer_start() starts its timers again */
	sctp_timer_stop(SCTP_TIMER_TYPE_HEARTBEAT, stcb->sctp_ep, stcb, net, SCTP_FROM_SCTP_PCB);
	sctp_timer_stop(SCTP_TIMER_TYPE_PATHMTURAISE, stcb->sctp_ep, stcb, net, SCTP_FROM_SCTP_PCB);
	clear_pointers_to(&stcb->asoc, net);
	move_chunks(stcb, net);
	keep_until_packet_is_read(stcb, net);
}

int fixed_del_remote_addr(struct sctp_tcb *stcb, struct sockaddr *address)
{
	struct sctp_nets *net = sctp_findnet(stcb, address);

	if (net == NULL || stcb->asoc.numnets < 2) {
		return sctp_del_remote_addr(stcb, address);
	}
	fixed_remove_net(stcb, net);
	return 0;
}

void link_free_ifa_and_clear(struct sctp_ifa **address)
{
	sctp_free_ifa(*address);
	*address = NULL;
}

/*
 * A request to add or delete an address holds a reference to it. sctp_asconf_queue_mgmt() doesn't release it when two
 * requests cancel each other, nor do sctp_free_assoc() and sctp_process_cookie_existing(), which empty the queue. It
 * does release an address of AF_CONN, for which it makes no request.
 */
void fixed_free_request(struct sctp_asconf_addr *request)
{
	if (request->ifa != NULL && request->ifa->address.sa.sa_family != AF_CONN) {
		sctp_free_ifa(request->ifa);
	}
	link_free(request);
}

/* sctp_free_assoc() doesn't release an only address either, which is deleted once there is another one. */
void fixed_free_association(struct sctp_tcb *stcb)
{
	if (stcb->asoc.asconf_addr_del_pending != NULL) {
		sctp_free_ifa(stcb->asoc.asconf_addr_del_pending);
	}
	tables_association_freed(stcb);
	limits_association_freed(stcb);
	buffers_association_freed(stcb);
#ifdef UPSTREAM_MAIN
	timewait_association_freed(stcb);
#endif
	burst_association_freed(stcb);
	shutdown_association_freed(stcb);
	restart_association_freed(stcb);
	lifetimes_association_freed(stcb);
	unfinished_association_freed(stcb);
	sack_association_freed(stcb);
	link_free(extra_of(stcb)->former);
	link_free(stcb);
}

/*
 * sctp_asconf_timer() releases the ASCONF chunk's reference to its destination even if there is no other destination,
 * and the chunk keeps the pointer. After enough retransmissions the destination is freed while the association uses it.
 */
int fixed_asconf_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_tmit_chunk *chunk = TAILQ_FIRST(&stcb->asoc.asconf_send_queue);
	struct sctp_nets *destination = chunk != NULL ? chunk->whoTo : NULL;
	int is_gone;

	if (destination != NULL) {
		atomic_add_int(&destination->ref_count, 1);
	}
	is_gone = link_run_asconf_timer(inp, stcb, net);
	if (is_gone || TAILQ_FIRST(&stcb->asoc.asconf_send_queue) != chunk ||
	    (chunk != NULL && chunk->whoTo != destination)) {
		sctp_free_remote_addr(destination);
	}
	return is_gone;
}
