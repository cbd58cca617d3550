/*
 * Links that are back, and routes that have changed. What was sent over the former link is lost, or its SACK is. The
 * timers of a path may have backed off meanwhile, and the peer may wait for a minute before it sends again, perhaps to
 * a UDP port that is no longer ours. So for each path of that link:
 *
 *   - its retransmission timer is cut short, its back-off ends, and no error is counted
 *   - a HEARTBEAT is sent, from which the peer learns that the path works, and our UDP port (RFC 6951 5.4)
 *   - a SACK is sent, so that the peer needn't send again what has arrived
 *
 * A HEARTBEAT ACK or ASCONF ACK shows that its path works. Then T3-rtx is cut short too, if it is overdue, and that of
 * failed paths, whose data goes to this one. What was sent long before that HEARTBEAT, and isn't acknowledged, was lost;
 * so was what was sent a round trip before the last SACK, which leaves it out. So when a HEARTBEAT arrives on a path
 * that has failed, or whose data may be lost, another one is sent in return; also if only a SACK that follows the
 * HEARTBEAT shows that data may be lost.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/extra_fields.h"
#include "fixes/fixes.h"
#include "host.h"
#include "link.h"
#include "network/network.h"
#include "tuning/tuning.h"

/* Have local addresses been added that usrsctp's iterator hasn't taken over yet? They mustn't be used. */
static int is_adding;

/* Has a timer been cut short, which runs at the end of this entry? */
static int is_due;

int link_is_cut_short(const struct sctp_nets *net)
{
	return path_extra_of(net)->resumed_ms == link_now_ms && link_now_ms > 0;
}

static void cut_short(struct sctp_timer *timer)
{
	if (SCTP_OS_TIMER_PENDING(&timer->timer)) {
		link_timer_soon(&timer->timer, sctp_timeout_handler, timer);
		is_due = 1;
	}
}

static int is_open(const struct sctp_tcb *stcb)
{
	int state = SCTP_GET_STATE(stcb);

	return state == SCTP_STATE_OPEN || state == SCTP_STATE_SHUTDOWN_RECEIVED || state == SCTP_STATE_SHUTDOWN_SENT;
}

/* The first chunk in flight on a path; NULL if there is none. */
static const struct sctp_tmit_chunk *first_in_flight(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	const struct sctp_tmit_chunk *chunk;

	TAILQ_FOREACH(chunk, &stcb->asoc.sent_queue, sctp_next) {
		if (chunk->whoTo == net && chunk->sent < SCTP_DATAGRAM_ACKED) {
			return chunk;
		}
	}
	return NULL;
}

static double sent_ms(const struct sctp_tmit_chunk *chunk)
{
	return link_ms_of_timeval(&chunk->sent_rcv_time);
}

/* The window is one packet after a time-out, and its SACK would be delayed. The I bit prevents that (RFC 7053). */
static void ask_for_immediate_sack(const struct sctp_tmit_chunk *chunk)
{
	if (chunk != NULL && chunk->data != NULL) {
		mtod(chunk->data, struct sctp_data_chunk *)->ch.chunk_flags |= SCTP_DATA_SACK_IMMEDIATELY;
	}
}

static void resume(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	path_extra_of(net)->resumed_ms = link_now_ms;
	link_resume_probing(net);
	ask_for_immediate_sack(first_in_flight(stcb, net));
	cut_short(&net->rxt_timer);
	cut_short(&stcb->asoc.asconf_timer);
	cut_short(&stcb->asoc.strreset_timer);
}

static void send_heartbeat(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	sctp_send_sack(stcb, SCTP_SO_NOT_LOCKED); /* first, because it tells a peer that gets the HEARTBEAT what is lost */
	sctp_send_hb(stcb, net, SCTP_SO_NOT_LOCKED);
	sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
}

/* While the peer doesn't know a new address yet, only ASCONF may leave from there (RFC 5061 5.3). */
static int must_wait(const struct sctp_tcb *stcb)
{
	return is_adding || (stcb->asoc.asconf_supported &&
	                     (!TAILQ_EMPTY(&stcb->asoc.asconf_queue) || !LIST_EMPTY(&stcb->asoc.sctp_restricted_addrs)));
}

void link_resume_path(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	if (link_is_cut_short(net) || (net->dest_state & SCTP_ADDR_UNCONFIRMED)) {
		return; /* a path that is unconfirmed gets HEARTBEATs anyway */
	}
	path_extra_of(net)->is_to_be_resumed = (uint8_t)must_wait(stcb);
	if (path_extra_of(net)->is_to_be_resumed) {
		return;
	}
	net->error_count = 0; /* so that of several failed paths this one is used first */
	stcb->asoc.overall_error_count = 0; /* these errors were the former link's */
	resume(stcb, net);
	if (is_open(stcb)) {
		send_heartbeat(stcb, net);
	}
}

void link_resume_paths(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (path_extra_of(net)->is_to_be_resumed) {
			link_resume_path(stcb, net);
		}
	}
}

static int is_any_address_deferred(void)
{
	const struct sctp_ifn *ifn;
	const struct sctp_ifa *ifa;

	LIST_FOREACH(ifn, &sctp_find_vrf(SCTP_DEFAULT_VRFID)->ifnlist, next_ifn) {
		LIST_FOREACH(ifa, &ifn->ifalist, next_ifa) {
			if (ifa->localifa_flags & SCTP_ADDR_DEFER_USE) {
				return 1;
			}
		}
	}
	return 0;
}

/*
 * A local address is being added, and may lead to peers that couldn't be reached. So its ASCONF isn't sent with an RTO
 * that has backed off, and former errors don't count any more.
 */
void link_adding_address(void)
{
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;
	struct sctp_nets *net;

	is_adding = 1;
	FOREACH_ASSOCIATION(inp, stcb) {
		stcb->asoc.overall_error_count = 0;
		TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
			net->RTO = link_rto_before_back_off(stcb, net);
		}
	}
}

static void resume_after_adding(void)
{
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;

	is_adding = 0;
	FOREACH_ASSOCIATION(inp, stcb) {
		SCTP_TCB_LOCK(stcb);
		link_resume_paths(stcb);
		SCTP_TCB_UNLOCK(stcb);
	}
}

/* How long a peer may delay a SACK in addition to the round trip (RFC 9260 6.2 allows 500 ms; 200 ms is usual). */
#define SACK_DELAY_MS 200

static int has_failed(const struct sctp_nets *net)
{
	return (net->dest_state & SCTP_ADDR_REACHABLE) == 0 || (net->dest_state & SCTP_ADDR_PF) != 0;
}

static int has_any_path_failed(const struct sctp_tcb *stcb)
{
	const struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (has_failed(net)) {
			return 1;
		}
	}
	return 0;
}

/* Has the last SACK reported a chunk as missing? Before the first one, and after a restart, the highest gap is no TSN. */
static int is_missing(const struct sctp_association *asoc, const struct sctp_tmit_chunk *chunk)
{
	return SCTP_TSN_GT(asoc->this_sack_highest_gap, chunk->rec.data.tsn) &&
	       SCTP_TSN_GT(asoc->sending_seq, asoc->this_sack_highest_gap);
}

/*
 * How long the SACK of a chunk may be delayed. It isn't delayed if the last SACK has reported the chunk as missing. And
 * once a path has failed, no delay is granted: what is in flight on another path may be lost as well.
 */
static uint32_t sack_delay_ms(const struct sctp_tcb *stcb, const struct sctp_tmit_chunk *chunk)
{
	return is_missing(&stcb->asoc, chunk) || has_any_path_failed(stcb) ? 0 : SACK_DELAY_MS;
}

/* The longest round trip to be expected on a path, as T3-rtx has it, but without RTO.Min; 0 if none was measured. */
static uint32_t round_trip_ms(const struct sctp_nets *net)
{
	return (uint32_t)(net->lastsa >> SCTP_RTT_SHIFT) + (uint32_t)net->lastsv;
}

/*
 * A SACK reports all that has arrived, even if it was delayed. So a chunk is lost if a SACK that came a round trip after
 * it was sent doesn't report it.
 */
static int is_left_out(const struct sctp_tcb *stcb, const struct sctp_tmit_chunk *chunk, double trip_ms)
{
	return extra_of(stcb)->sack_ms > sent_ms(chunk) + trip_ms;
}

/*
 * Was the chunk lost before the last HEARTBEAT that was answered? It was sent so long before that its SACK should have
 * come, or the last SACK leaves it out. A chunk that was sent once is left to fast retransmit meanwhile, which doesn't
 * reduce the congestion window to one packet.
 */
static int is_lost(const struct sctp_tcb *stcb, const struct sctp_nets *net, const struct sctp_tmit_chunk *chunk)
{
	const struct path_extra *extra = path_extra_of(net);
	int is_sent_again = chunk->snd_count > 1;
	uint32_t delay_ms = is_sent_again ? sack_delay_ms(stcb, chunk) : SACK_DELAY_MS;

	if (sent_ms(chunk) + delay_ms < extra->heartbeat_ms) {
		return 1;
	}
	return sent_ms(chunk) < extra->heartbeat_ms && (is_sent_again || !is_missing(&stcb->asoc, chunk)) &&
	       is_left_out(stcb, chunk, max(2 * extra->heartbeat_trip_ms, round_trip_ms(net)));
}

/* The peer's window is 0, so T3-rtx probes it (RFC 9260 6.1, rule A), and mustn't be cut short. */
static int is_probing_window(const struct sctp_tcb *stcb)
{
	return extra_of(stcb)->sack_ms > 0 && extra_of(stcb)->window_bytes == 0;
}

/* Has T3-rtx backed off, or does it wait (RTO.Min) although a SACK should have arrived? */
static int is_overdue(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	uint32_t rto_ms = link_rto_before_back_off(stcb, net);
	const struct sctp_tmit_chunk *chunk;

	if (net->rxt_timer.type != SCTP_TIMER_TYPE_SEND || !SCTP_OS_TIMER_PENDING(&net->rxt_timer.timer) ||
	    is_probing_window(stcb)) {
		return 0;
	}
	if (net->RTO > (rto_ms > 0 ? rto_ms : stcb->asoc.initial_rto)) {
		return 1;
	}
	chunk = first_in_flight(stcb, net);
	if (chunk == NULL) {
		return 0;
	}
	if (is_lost(stcb, net, chunk)) {
		return 1;
	}
	return net->RTO_measured && link_now_ms > sent_ms(chunk) + round_trip_ms(net) + sack_delay_ms(stcb, chunk);
}

/* What is in flight on failed paths is retransmitted on the path that works. */
void link_path_works(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_nets *other;

	TAILQ_FOREACH(other, &stcb->asoc.nets, sctp_next) {
		if (other != net ? has_failed(other) && first_in_flight(stcb, other) != NULL : is_overdue(stcb, net)) {
			resume(stcb, other);
		}
	}
}

/* A packet may have hundreds of HEARTBEATs: one of them is enough to look at a path. */
#define LOOK_INTERVAL_MS 10

/* For how long after a HEARTBEAT each SACK may show that data was lost before it. */
#define LOOK_AFTER_SACK_MS 200

static int is_doubtful(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	const struct sctp_tmit_chunk *chunk;

	if (has_failed(net)) {
		return (net->dest_state & SCTP_ADDR_UNCONFIRMED) == 0;
	}
	chunk = first_in_flight(stcb, net);
	return chunk != NULL &&
	       (chunk->snd_count > 1 || has_any_path_failed(stcb) || is_overdue(stcb, net) ||
	        link_now_ms > sent_ms(chunk) + SACK_DELAY_MS || is_left_out(stcb, chunk, round_trip_ms(net)));
}

/*
 * A HEARTBEAT shows that one direction of the path works. The answer to ours shows whether both do. Our last SACK may be
 * lost.
 */
static void ask_if_doubtful(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	if (is_doubtful(stcb, net)) {
		path_extra_of(net)->looks_after_sack = 0;
		sctp_send_sack(stcb, SCTP_SO_NOT_LOCKED);
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
		sctp_send_hb(stcb, net, SCTP_SO_NOT_LOCKED);
	}
}

/*
 * The answer to a HEARTBEAT leaves in a packet of its own, which a relay's client returns the way that the HEARTBEAT
 * came.
 */
void fixed_send_heartbeat_ack(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int length, struct sctp_nets *net)
{
	struct path_extra *extra = path_extra_of(net);

	sctp_send_heartbeat_ack(stcb, packet, offset, length, net);
	if (extra->looked_ms > 0 && link_now_ms < extra->looked_ms + LOOK_INTERVAL_MS) {
		return;
	}
	extra->looked_ms = link_now_ms;
	extra->looks_after_sack = 1;
	ask_if_doubtful(stcb, net);
}

static void retransmit_if_lost(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct path_extra *extra = path_extra_of(net);
	const struct sctp_tmit_chunk *chunk = first_in_flight(stcb, net);

	if (chunk == NULL || sent_ms(chunk) >= extra->heartbeat_ms) {
		extra->heartbeat_ms = 0;
	} else if (is_lost(stcb, net, chunk)) {
		extra->heartbeat_ms = 0;
		resume(stcb, net);
	}
}

void link_paths_after_sack(struct sctp_tcb *stcb)
{
	int is_probing = is_probing_window(stcb);
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		const struct path_extra *extra = path_extra_of(net);

		if (extra->heartbeat_ms > 0 && !is_probing) {
			retransmit_if_lost(stcb, net);
		}
		if (extra->looks_after_sack && link_now_ms < extra->looked_ms + LOOK_AFTER_SACK_MS) {
			ask_if_doubtful(stcb, net);
		}
	}
}

/*
 * No path begins at this address, but the peer has a path to it, which ends there. So it gets a HEARTBEAT from there.
 */
static void send_heartbeat_from(struct sctp_tcb *stcb, struct sctp_ifa *ifa)
{
	struct sctp_nets *net = link_path_in_use(stcb);
	struct sctp_ifa *usual;

	if (net == NULL || net->ro._l_addr.sa.sa_family != ifa->address.sa.sa_family ||
	    !link_is_usable_address(stcb, ifa) || net->ro.ro_rt == NULL || net->ro._s_addr == NULL) {
		return;
	}
	usual = net->ro._s_addr;
	net->ro._s_addr = ifa;
	sctp_send_hb(stcb, net, SCTP_SO_NOT_LOCKED);
	sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
	if (net->ro._s_addr == ifa) {
		net->ro._s_addr = usual;
	}
}

static void returned(struct sctp_tcb *stcb, struct sctp_ifa *ifa, uint32_t index)
{
	struct sctp_nets *net;
	int found = 0;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (link_interface_to(net) == index) {
			link_resume_path(stcb, net);
			found = 1;
		}
	}
	if (!found && is_open(stcb) && !must_wait(stcb)) {
		send_heartbeat_from(stcb, ifa);
	}
}

/* The link of this local address, which is interface number `index`, is back. */
EXPORT void link_returned(const uint8_t *address, uint32_t family, uint32_t index)
{
	union sctp_sockstore store;
	struct sctp_inpcb *inp;
	struct sctp_tcb *stcb;
	struct sctp_ifa *ifa;

	if (!link_sockaddr(&store, (uint8_t)family, address, 0)) {
		return;
	}
	ifa = sctp_find_ifa_by_addr(&store.sa, SCTP_DEFAULT_VRFID, SCTP_ADDR_NOT_LOCKED);
	if (ifa == NULL) {
		return;
	}
	FOREACH_ASSOCIATION(inp, stcb) {
		SCTP_TCB_LOCK(stcb);
		returned(stcb, ifa, index);
		SCTP_TCB_UNLOCK(stcb);
	}
}

void link_run_resumed(void)
{
	if (is_adding && !is_any_address_deferred()) {
		resume_after_adding();
	}
	if (is_due) {
		is_due = 0;
		link_timers();
	}
}
