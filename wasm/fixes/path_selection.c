/*
 * Path selection. sctp_find_alternate_net() treats a potentially failed path like an active one.
 * sctp_med_chunk_output() holds new DATA back as long as the current path is potentially failed or inactive. With a
 * single path that lasts until a HEARTBEAT is answered, which may take a minute. Here paths are ordered:
 *
 *   1. active
 *   2. potentially failed: fewest time-outs first, then the one that answered last (RFC 7829 4.2)
 *   3. inactive, in the same order, so that each time-out moves on to another one (RFC 9260 6.4.1, 8.2)
 *   4. unconfirmed: these get no DATA (5.4)
 *
 * DATA leaves at once on the first path in that order. Upstream's main has these faults.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_asconf.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"
#include "network/network.h"
#include "tuning/tuning.h"

enum rank { ACTIVE, POTENTIALLY_FAILED, INACTIVE, UNCONFIRMED };

static enum rank rank_of(const struct sctp_nets *net)
{
	if (net->dest_state & SCTP_ADDR_UNCONFIRMED) {
		return UNCONFIRMED;
	}
	if ((net->dest_state & SCTP_ADDR_REACHABLE) == 0) {
		return INACTIVE;
	}
	return net->dest_state & SCTP_ADDR_PF ? POTENTIALLY_FAILED : ACTIVE;
}

/* Is `net` better than `best`? For CMT, of two active paths the one with the larger window. */
static int is_better(const struct sctp_nets *net, const struct sctp_nets *best, int by_window)
{
	enum rank rank = rank_of(net), best_rank = rank_of(best);

	if (rank != best_rank) {
		return rank < best_rank;
	}
	if (rank == ACTIVE) {
		return by_window && net->cwnd > best->cwnd;
	}
	if (net->error_count != best->error_count) {
		return net->error_count < best->error_count;
	}
	return path_extra_of(net)->answered_ms > path_extra_of(best)->answered_ms;
}

static struct sctp_nets *in_turn(const struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *next = TAILQ_NEXT(net, sctp_next);

	return next != NULL ? next : TAILQ_FIRST(&stcb->asoc.nets);
}

/*
 * Replaces upstream's function: the next active path after `net`, or else the best of the others. With CMT (modes 1 and
 * 2), the active path with the largest window, which may be `net`. If T3-rtx of `net` was cut short because `net` works
 * again, `net` itself: it has just shown that it works, and other paths that were cut with it may still be down.
 */
struct sctp_nets *sctp_find_alternate_net(struct sctp_tcb *stcb, struct sctp_nets *net, int mode)
{
	struct sctp_nets *first = TAILQ_FIRST(&stcb->asoc.nets), *best, *other;

	if (first == NULL || stcb->asoc.numnets == 1) {
		return first;
	}
	if (net != NULL && link_is_cut_short(net) && rank_of(net) == ACTIVE) {
		return net;
	}
	if (net == NULL || (net->dest_state & SCTP_ADDR_BEING_DELETED)) { /* it is no longer in the list */
		net = TAILQ_LAST(&stcb->asoc.nets, sctpnetlisthead);
	}
	best = in_turn(stcb, net);
	for (other = in_turn(stcb, best); other != in_turn(stcb, net); other = in_turn(stcb, other)) {
		if (is_better(other, best, mode != 0)) {
			best = other;
		}
	}
	return best;
}

static void use(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_association *asoc = &stcb->asoc;
	struct sctp_nets *former = asoc->alternate;

	asoc->alternate = net == asoc->primary_destination && rank_of(net) == ACTIVE ? NULL : net;
	if (asoc->alternate != NULL) {
		atomic_add_int(&net->ref_count, 1);
	}
	if (former != NULL) {
		sctp_free_remote_addr(former);
	}
}

void link_select_path(struct sctp_tcb *stcb)
{
	struct sctp_nets *used = link_path_in_use(stcb), *best = stcb->asoc.primary_destination, *net;

	link_update_mtu(stcb);
	if (used == NULL || rank_of(used) == ACTIVE) {
		return;
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (is_better(net, best, 0)) {
			best = net;
		}
	}
	if (best != stcb->asoc.alternate && rank_of(best) != UNCONFIRMED) {
		use(stcb, best);
	}
}

void link_path_timed_out(struct sctp_nets *net)
{
	struct path_extra *extra = path_extra_of(net);

	if (extra->timed_out_ms <= extra->answered_ms) {
		extra->timed_out_ms = link_now_ms;
	}
}

static void note_answer(struct sctp_nets *net)
{
	struct path_extra *extra = path_extra_of(net);

	if (extra->timed_out_ms > extra->answered_ms) {
		extra->recovered_ms = link_now_ms;
	}
	extra->answered_ms = link_now_ms;
}

void link_path_answered(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	if (net->dest_state & SCTP_ADDR_UNCONFIRMED) {
		return; /* only a HEARTBEAT ACK with the right nonce confirms it (RFC 9260 5.4) */
	}
	note_answer(net);
	net->error_count = 0;
	if (net->dest_state & SCTP_ADDR_PF) {
		net->dest_state &= ~SCTP_ADDR_PF;
		stcb->asoc.cc_functions.sctp_cwnd_update_exit_pf(stcb, net);
	}
	if ((net->dest_state & SCTP_ADDR_REACHABLE) == 0) {
		net->dest_state |= SCTP_ADDR_REACHABLE;
		sctp_ulp_notify(SCTP_NOTIFY_INTERFACE_UP, stcb, 0, net, SCTP_SO_NOT_LOCKED);
	}
	link_select_path(stcb);
	link_path_works(stcb, net);
}

/* --- events that change the state of a path ------------------------------------------------------------------- */

void link_before_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t window_bytes)
{
	struct association_extra *extra = extra_of(stcb);

	if (SCTP_TSN_GT(stcb->asoc.last_acked_seq, cumulative_tsn)) {
		return; /* another one, which was sent later, has overtaken it */
	}
	extra->sack_ms = link_now_ms;
	extra->window_bytes = window_bytes;
}

void link_after_sack(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (net->net_ack > 0) { /* upstream has made it active */
			note_answer(net);
		}
	}
	link_paths_after_sack(stcb);
	link_select_path(stcb);
}

/* An ASCONF ACK shows that the path of its ASCONF works. Upstream waits for a HEARTBEAT ACK. */
void fixed_handle_asconf_ack(struct mbuf *packet, int offset, struct sctp_asconf_ack_chunk *chunk,
                             struct sctp_tcb *stcb, struct sctp_nets *net, int *is_aborted)
{
	const struct sctp_tmit_chunk *sent = TAILQ_FIRST(&stcb->asoc.asconf_send_queue);
	uint32_t acknowledged = stcb->asoc.asconf_seq_out_acked;
	struct sctp_nets *to = sent != NULL ? sent->whoTo : NULL;

	if (to != NULL) {
		atomic_add_int(&to->ref_count, 1);
	}
	sctp_handle_asconf_ack(packet, offset, chunk, stcb, net, is_aborted);
	if (to == NULL) {
		return;
	}
	if (!*is_aborted && stcb->asoc.asconf_seq_out_acked != acknowledged) {
		link_resume_paths(stcb);
		link_path_answered(stcb, to);
		link_delete_former_address(stcb);
	}
	sctp_free_remote_addr(to);
}

/* Upstream uses the new primary path whatever its state. */
int fixed_set_primary_addr(struct sctp_tcb *stcb, struct sockaddr *address, struct sctp_nets *net)
{
	int result = sctp_set_primary_addr(stcb, address, net);

	link_select_path(stcb);
	return result;
}
