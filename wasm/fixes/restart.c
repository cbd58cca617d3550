/*
 * A restart of the peer (RFC 9260 5.2.4, action A): the initial state of the new association, after
 * sctp_process_cookie_existing() and sctp_load_addresses_from_init(). Upstream's main stops timers and clears pointers
 * and requests (0f8d5830), keeps no path that has gone (6e026691), aborts an association that can't be used (f37c1230),
 * and initializes ECN with the right TSN in a new association (965b19a8).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "fixes/received.h"
#include "link.h"
#include "network/network.h"

#ifndef UPSTREAM_MAIN
/*
 * Stops the timers of the former association; T3-rtx would soon report a time-out of the new association's path.
 * T5-shutdown-guard and autoclose belong to the new association as well. sctp_process_cookie_existing() is about to
 * free the RE-CONFIG chunk that `str_reset` points to (CVE-2021-30523).
 */
static void forget_outstanding(struct sctp_tcb *stcb)
{
	struct sctp_association *asoc = &stcb->asoc;

	sctp_stop_association_timers(stcb, false);
	asoc->str_reset = NULL;
	asoc->data_pkts_seen = 0;
	if (asoc->state & SCTP_STATE_SHUTDOWN_PENDING) {
		sctp_timer_start(SCTP_TIMER_TYPE_SHUTDOWNGUARD, stcb->sctp_ep, stcb, NULL);
	}
	if (asoc->sctp_autoclose_ticks > 0 && sctp_is_feature_on(stcb->sctp_ep, SCTP_PCB_FLAGS_AUTOCLOSE)) {
		sctp_timer_start(SCTP_TIMER_TYPE_AUTOCLOSE, stcb->sctp_ep, stcb, NULL);
	}
}
#endif

/* Requests to reset streams won't be answered any more. The streams are open again, and can be reset again. */
static void forget_resets(struct sctp_association *asoc)
{
	for (uint32_t sid = 0; sid < asoc->streamoutcnt; sid++) {
		if (asoc->strmout[sid].state == SCTP_STREAM_RESET_PENDING ||
		    asoc->strmout[sid].state == SCTP_STREAM_RESET_IN_FLIGHT) {
			asoc->strmout[sid].state = SCTP_STREAM_OPEN;
		}
	}
	asoc->stream_reset_outstanding = 0;
	asoc->trigger_reset = 0;
}

/*
 * When the peer restarts (RFC 9260 5.2.4, action A), sctp_process_cookie_existing() drops the data in flight, but
 * doesn't clear the flight sizes of the paths, nor the lock of a stream with an unfinished message. Nothing could be
 * sent any more.
 */
static const struct sctp_tcb *restarting;

void fixed_report_all_outbound(struct sctp_tcb *stcb, uint16_t error, int so_locked)
{
	struct sctp_nets *net;

	link_drop_unfinished_messages(stcb);
	sctp_report_all_outbound(stcb, error, so_locked);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		net->flight_size = 0;
	}
	stcb->asoc.stream_locked = 0;
	restarting = stcb;
	forget_resets(&stcb->asoc);
#ifndef UPSTREAM_MAIN
	forget_outstanding(stcb);
#endif
}

/* Collects the paths of an association, with a reference to each, before some of them may be removed. */
static struct sctp_nets **collect_paths(const struct sctp_association *asoc, uint32_t *count)
{
	struct sctp_nets **paths = link_malloc(asoc->numnets * sizeof(*paths)), *net;

	*count = 0;
	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		if (*count < asoc->numnets) {
			atomic_add_int(&net->ref_count, 1);
			paths[(*count)++] = net;
		}
	}
	return paths;
}

static int is_in(const struct sctp_association *asoc, const struct sctp_nets *path)
{
	const struct sctp_nets *net;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		if (net == path) {
			return 1;
		}
	}
	return 0;
}

/*
 * An INIT or INIT ACK that leaves out addresses removes their paths from the list. Pointers to them, their timers, and
 * the chunks in flight to them remain. SCTP_ADDR_NOT_IN_ASSOC marks the paths that weren't listed; if the chunk is
 * invalid, all paths have that flag.
 */
static void clean_removed_paths(struct sctp_tcb *stcb, struct sctp_nets **paths, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++) {
		if ((paths[i]->dest_state & SCTP_ADDR_NOT_IN_ASSOC) != 0 && !is_in(&stcb->asoc, paths[i])) {
			link_path_removed(stcb, paths[i]);
		} else {
			sctp_free_remote_addr(paths[i]);
		}
	}
	link_free(paths);
}

/*
 * The cookie names an address of the peer, and sctp_handle_cookie_echo() makes sure that the association has it. For a
 * peer that restarts, sctp_send_initiate_ack() puts its former primary address into the cookie, which may be dead, and
 * which the peer may no longer have. The address in a duplicate cookie may have been deleted since. So the source of
 * the COOKIE ECHO is used instead.
 */
static void replace_cookie_address(const struct sockaddr *from, struct sockaddr *named)
{
	if (named != NULL && named->sa_family == from->sa_family) {
		switch (from->sa_family) {
		case AF_INET: memcpy(named, from, sizeof(struct sockaddr_in)); break;
		case AF_INET6: memcpy(named, from, sizeof(struct sockaddr_in6)); break;
		}
	}
}

/* A duplicate COOKIE ECHO is answered with COOKIE ACK, and changes nothing (RFC 9260 5.2.4, action D). */
static int is_duplicate_cookie(const struct sctp_tcb *stcb)
{
	return SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT && SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_ECHOED &&
	       extra_of(stcb)->loaded_tag == stcb->asoc.peer_vtag;
}

/*
 * Sets the TSN from which ECN marks count. usrsctp keeps a TSN from before a restart, or from before a reset of the
 * association (RFC 6525). The accepting end keeps one that it chose before it had the cookie. Marks are then ignored
 * until the TSNs have passed that one.
 */
void link_reset_ecn_tsns(struct sctp_association *asoc, uint32_t tsn)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		net->cwr_window_tsn = net->last_cwr_tsn = tsn - 1;
	}
}

/* sctp_process_init() has set the slow start threshold of all paths to the peer's window. */
static void reset_path_parameters(struct sctp_association *asoc)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		net->ssthresh = FIRST_SSTHRESH;
	}
	link_reset_ecn_tsns(asoc, asoc->init_seq_number);
}

#ifndef UPSTREAM_MAIN
/*
 * A COOKIE ECHO has changed an association (RFC 9260 5.2.4), but the addresses of its INIT can't be used, for example
 * because one belongs to another association. sctp_process_cookie_existing() leaves the association half changed and
 * doesn't answer. Here it is aborted after the packet.
 */
static struct sctp_tcb *unusable;

void link_abort_if_unusable(void)
{
	struct sctp_tcb *stcb = unusable;

	unusable = NULL;
	if (stcb != NULL && (stcb->asoc.state & SCTP_STATE_ABOUT_TO_BE_FREED) == 0) {
		SCTP_TCB_LOCK(stcb);
		UPSTREAM_ABORT_ASSOCIATION(
		    stcb, sctp_generate_cause(SCTP_CAUSE_PROTOCOL_VIOLATION, "The addresses of the INIT can't be used"),
		    SCTP_SO_NOT_LOCKED);
	}
}

void restart_association_freed(const struct sctp_tcb *stcb)
{
	if (unusable == stcb) {
		unusable = NULL;
	}
}
#endif

/*
 * Main selects another primary path if that one is removed. But sctp_destination_is_reachable() checks for address
 * families that the endpoint of an accepted association doesn't record. Then it selects none, and nothing is sent any
 * more, not even COOKIE ACK.
 */
static void assure_primary_path(struct sctp_association *asoc)
{
	if (asoc->primary_destination == NULL) {
		asoc->primary_destination = TAILQ_FIRST(&asoc->nets);
	}
}

int link_find_parameter(struct mbuf *packet, int from, int end, uint16_t type)
{
	struct sctp_paramhdr buffer, *parameter;
	int bytes;

	for (; from + (int)sizeof(buffer) <= end; from += SCTP_SIZE32(bytes)) {
		parameter = (struct sctp_paramhdr *)sctp_m_getptr(packet, from, sizeof(buffer), (uint8_t *)&buffer);
		bytes = parameter != NULL ? ntohs(parameter->param_length) : 0;
		if (bytes < (int)sizeof(buffer)) {
			return 0;
		}
		if (parameter->param_type == htons(type)) {
			return from;
		}
	}
	return 0;
}

int fixed_load_addresses_from_init(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int limit,
                                   struct sockaddr *from, struct sockaddr *to, struct sockaddr *listed, uint16_t port)
{
	int result, known = is_duplicate_cookie(stcb);
	struct sctp_nets **paths;
	uint32_t count;

	if (known || restarting == stcb) {
		replace_cookie_address(from, listed);
	}
	restarting = NULL;
	if (known) {
		return 0;
	}
	extra_of(stcb)->loaded_tag = stcb->asoc.peer_vtag;
	link_set_local_scope(stcb); /* sctp_process_cookie_new() has overwritten it */
	paths = collect_paths(&stcb->asoc, &count);
	result = -1;
	if (!link_lists_too_many_addresses(packet, (uint32_t)offset, (uint32_t)limit)) {
		result = sctp_load_addresses_from_init(stcb, packet, offset, limit, from, to, listed, port);
	}
	assure_primary_path(&stcb->asoc);
	clean_removed_paths(stcb, paths, count);
	if (TAILQ_EMPTY(&stcb->asoc.control_send_queue)) { /* a restart has emptied it */
		stcb->asoc.ctrl_queue_cnt = stcb->asoc.ecn_echo_cnt_onq = 0;
	}

	restart_keep_unread_streams(stcb);
#ifndef UPSTREAM_MAIN
	unusable = result != 0 ? stcb : NULL;
#endif
	if (result == 0) {
		reset_path_parameters(&stcb->asoc);
		link_negotiate_interleaving(stcb, packet, offset, limit, listed != NULL);
	}
	return result;
}
