/*
 * A restart of the peer (RFC 9260 5.2.4, action A): what the new association begins with, after
 * sctp_process_cookie_existing() and sctp_load_addresses_from_init(). Upstream's main stops timers and forgets pointers
 * and requests (0f8d5830), keeps no path that has gone (6e026691), aborts what can't be used (f37c1230), and begins ECN
 * with the right TSN in a new association (965b19a8).
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

#ifndef UPSTREAM_MAIN
/*
 * Timers that run for what is dropped: T3-rtx would soon find the new association's path to be silent.
 * T5-shutdown-guard and autoclose are for the association as such. And sctp_process_cookie_existing() is about to free
 * the RE-CONFIG that `str_reset` points to (CVE-2021-30523).
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

/* No answer comes any more to a request to reset streams: they are as they begin, and another request can be made. */
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
 * After a restart of the peer (RFC 9260 5.2.4, action A) sctp_process_cookie_existing() drops what was sent, and
 * forgets that it filled the congestion windows, and that a stream was in the middle of a message: nothing could be
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

/* The paths of an association, with a reference to each, before some of them may go. */
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
 * An INIT, or INIT ACK, that leaves out addresses takes their paths off the list; pointers to them, their timers, and
 * what is on its way there stay. Only those have this flag that were not named, or all of them, if something is wrong
 * with the chunk.
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
 * The cookie names an address of the peer's, and sctp_handle_cookie_echo() makes sure that the association has it. To a
 * peer that restarts sctp_send_initiate_ack() gives a cookie with its former primary path, which may be dead, and which
 * it may not name any more; and what a cookie names that comes twice may have been deleted since. Where the COOKIE ECHO
 * comes from it is.
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

/* A COOKIE ECHO that comes again is answered by COOKIE ACK, and says nothing new (RFC 9260 5.2.4, action D). */
static int is_duplicate_cookie(const struct sctp_tcb *stcb)
{
	return SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT && SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_ECHOED &&
	       extra_of(stcb)->loaded_tag == stcb->asoc.peer_vtag;
}

/*
 * DATA begin with this TSN: marks (ECN) count from there. usrsctp goes on with a TSN of before a restart, or of before
 * the association was reset (RFC 6525); at the accepting end with one that it chose before it knew the cookie. It
 * ignores marks until TSNs have passed that one.
 */
void link_reset_ecn_tsns(struct sctp_association *asoc, uint32_t tsn)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		net->cwr_window_tsn = net->last_cwr_tsn = tsn - 1;
	}
}

/* sctp_process_init() has set that threshold anew for all paths. */
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
 * A COOKIE ECHO has changed an association (RFC 9260 5.2.4), but the addresses of its INIT can't be used: one is
 * another association's, for example. sctp_process_cookie_existing() leaves it so, half changed, and answers nothing.
 * It is aborted as soon as the packet has been read.
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
 * Main asks for another primary path when that one goes. But sctp_destination_is_reachable() asks for families that the
 * endpoint of an accepted association doesn't note, and none is left: nothing is sent any more, not even COOKIE ACK.
 */
static void assure_primary_path(struct sctp_association *asoc)
{
	if (asoc->primary_destination == NULL) {
		asoc->primary_destination = TAILQ_FIRST(&asoc->nets);
	}
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
	}
	return result;
}
