/*
 * Socket buffers that follow the path. usrsctp's have one size, 262,144 bytes, and no more than that gets through in a
 * round trip: 5 MB/s at 50 ms. A larger one for all would cost those whose round trips are short, since what waits in
 * it isn't in the processor's caches any more (64 bytes in memory: a third). So buffers grow where the path has room,
 * as those of kernels do, until their owner gives them a size:
 *
 *   send     to two congestion windows: one on its way, and one to follow it as SACKs come in
 *   receive  twofold, whenever half of the window was read in less than a round trip
 *
 * What a peer says moves neither: a congestion window grows by what was acknowledged, a receive window by what was
 * read.
 *
 * A one-to-many socket has one receive buffer for all of its associations (RFC 6458 3.1), but its send buffer is a
 * limit for each of them, and each has what it needs itself. How much there is for all of a stack: grants.c.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>

#include "fixes/notes.h"
#include "link.h"
#include "tuning/grant.h"
#include "tuning/tuning.h"

#define MOST_BYTES (4 * 1024 * 1024) /* of one buffer: 670 Mbit/s at 50 ms */
#define OVERHEAD_BYTES 256           /* what usrsctp's senders take of a window for each chunk (sctp_peer_chunk_oh) */
#define MEASURE_MS 1000              /* between HEARTBEATs that aren't answered */
#define MEASURED_MS 5000             /* for so long an answer is a measure of the path */

/* Of a socket, in its so_emuldata: what is known of its buffers. */
struct use {
	uint32_t read_bytes; /* in this round */
	double round_ms;     /* when the round began */
	double measured_ms;  /* when a HEARTBEAT was sent to measure the round trip */
	struct grant receive;
	struct grant send; /* of one-to-one */
};

static struct use *use_of(struct socket *so)
{
	struct use *use = so->so_emuldata;

	if (use == NULL) {
		use = so->so_emuldata = link_calloc(1, sizeof(*use));
		use->round_ms = link_now_ms;
		link_grant_for(&use->receive, &so->so_rcv.sb_hiwat, &so->so_rcv.sb_cc);
		link_grant_for(&use->send, &so->so_snd.sb_hiwat, &so->so_snd.sb_cc);
	}
	return use;
}

static int is_one_to_many(const struct sctp_inpcb *inp)
{
	return (inp->sctp_flags & (SCTP_PCB_FLAGS_TCPTYPE | SCTP_PCB_FLAGS_IN_TCPPOOL)) == 0;
}

static struct grant *send_grant(struct socket *so, struct sctp_tcb *stcb)
{
	struct grant *grant = &notes_of(stcb)->send;

	if (!is_one_to_many(stcb->sctp_ep)) {
		return &use_of(so)->send;
	}
	link_grant_for(grant, NULL, &stcb->asoc.total_output_queue_size);
	return grant;
}

/* The size of a buffer that follows the path, beyond what it began with. */
static uint32_t beyond_base(uint32_t bytes)
{
	return bytes > LINK_BASE_BYTES ? min(bytes, MOST_BYTES) - LINK_BASE_BYTES : 0;
}

/* --- whose buffers follow ------------------------------------------------------------------------------------- */

/* Who has set another default (sctp_sendspace, sctp_recvspace) means it. */
static void follow(struct sockbuf *buffer, uint32_t default_bytes)
{
	if (buffer->sb_hiwat == default_bytes) {
		buffer->sb_hiwat = LINK_BASE_BYTES;
		buffer->sb_flags |= SB_AUTOSIZE;
	}
}

void link_follow_path(void *socket)
{
	struct socket *so = socket;

	follow(&so->so_snd, SCTPCTL_MAXDGRAM_DEFAULT);
	follow(&so->so_rcv, SCTPCTL_RECVSPACE_DEFAULT);
}

static struct sockbuf *buffer_of(struct socket *so, int option)
{
	return option == SO_SNDBUF ? &so->so_snd : &so->so_rcv;
}

void link_before_size(void *socket, int option)
{
	struct socket *so = socket;
	struct use *use = so->so_emuldata;
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb;

	if (use != NULL) {
		link_grant_end(option == SO_SNDBUF ? &use->send : &use->receive);
	}
	if (option == SO_SNDBUF && inp != NULL) {
		LIST_FOREACH(stcb, &inp->sctp_asoc_list, sctp_tcblist) {
			link_grant_end(&notes_of(stcb)->send);
		}
	}
}

void link_keep_size(void *socket, int option)
{
	buffer_of(socket, option)->sb_flags &= (short)~SB_AUTOSIZE;
}

/* sonewconn() has given it the sizes of the socket that it comes from: it asks for what of that is granted. */
void link_peeled_off(void *socket)
{
	struct socket *so = socket;
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb = inp != NULL ? LIST_FIRST(&inp->sctp_asoc_list) : NULL;

	if (so->so_rcv.sb_flags & SB_AUTOSIZE) {
		uint32_t bytes = so->so_rcv.sb_hiwat;

		so->so_rcv.sb_hiwat = LINK_BASE_BYTES;
		link_grant(&use_of(so)->receive, beyond_base(bytes));
	}
	if (stcb != NULL) {
		link_grant_move(&notes_of(stcb)->send, &use_of(so)->send);
	}
}

void link_socket_gone(struct socket *so)
{
	struct use *use = so->so_emuldata;

	if (use != NULL) {
		link_grant_end(&use->send);
		link_grant_end(&use->receive);
		link_free(use);
	}
}

void link_association_gone(struct sctp_tcb *stcb)
{
	link_grant_end(&notes_of(stcb)->send);
}

/* --- sending -------------------------------------------------------------------------------------------------- */

/* Of the paths that have shown what they take: the congestion window of the others is what each begins with. */
static uint32_t two_flights(const struct sctp_association *asoc)
{
	const struct sctp_nets *net;
	uint32_t bytes = 0;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		if (path_notes_of(net)->answered_ms > 0) {
			bytes += min(net->cwnd, MOST_BYTES / 2);
		}
	}
	return 2 * bytes;
}

void link_send_full(void *socket, uint32_t id)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb = so->so_snd.sb_flags & SB_AUTOSIZE ? association_in(so, id) : NULL;

	if (stcb == NULL) {
		return;
	}
	if (!link_is_near(stcb->asoc.primary_destination)) {
		struct grant *grant = send_grant(so, stcb);
		uint32_t bytes = two_flights(&stcb->asoc), size = LINK_BASE_BYTES + grant->bytes;

		if (bytes < size / 4) {
			link_grant_keep(grant, beyond_base(size / 2));
		} else {
			link_grant(grant, beyond_base(bytes));
		}
		link_grant_yield(grant, UINT32_MAX);
	}
	SCTP_TCB_UNLOCK(stcb);
}

/* --- receiving ------------------------------------------------------------------------------------------------ */

/*
 * An end that only receives has nothing of which it could measure a round trip: it sends a HEARTBEAT, once a second
 * until there is an answer, and again when that is old: paths change. The time that a handshake took is none, as lost
 * packets are in it (RFC 9260 6.3.1, rule C5).
 */
static void measure(struct use *use, struct sctp_tcb *stcb, struct sctp_nets *path)
{
	double answered_ms = path_notes_of(path)->answered_ms;

	if ((answered_ms > 0 && link_now_ms < answered_ms + MEASURED_MS) ||
	    (use->measured_ms > 0 && link_now_ms - use->measured_ms < MEASURE_MS)) {
		return;
	}
	use->measured_ms = link_now_ms;
	sctp_send_hb(stcb, path, SCTP_SO_NOT_LOCKED);
	sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
}

/* Makes the window twice what comes in a round trip. */
static void end_round(struct socket *so, struct use *use, const struct sctp_nets *path)
{
	uint32_t rtt_ms = path != NULL && path->RTO_measured ? link_shortest_ms(path) : 0, bytes = so->so_rcv.sb_hiwat;
	double took_ms = link_now_ms - use->round_ms;

	if (rtt_ms >= LINK_SHORT_MS && took_ms < rtt_ms) {
		bytes = took_ms * 2 > rtt_ms ? (uint32_t)(bytes * (rtt_ms / took_ms)) : 2 * bytes;
	}
	link_grant(&use->receive, beyond_base(bytes));
	use->read_bytes = 0;
	use->round_ms = link_now_ms;
}

void link_has_read(void *socket, uint32_t id, uint32_t bytes)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb;
	struct use *use;

	if ((so->so_rcv.sb_flags & SB_AUTOSIZE) == 0) {
		return;
	}
	use = use_of(so);
	/* As much as has been read, so that nothing lies outside of the window that was sent within it. */
	link_grant_yield(&use->receive, bytes);
	use->read_bytes += bytes + OVERHEAD_BYTES;
	if (use->read_bytes < so->so_rcv.sb_hiwat / 2) {
		return;
	}
	stcb = association_in(so, id);
	if (stcb != NULL) {
		if (stcb->asoc.last_data_chunk_from != NULL && SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN) {
			measure(use, stcb, stcb->asoc.last_data_chunk_from);
		}
		end_round(so, use, stcb->asoc.last_data_chunk_from);
		SCTP_TCB_UNLOCK(stcb);
	}
}

/* --- chunks --------------------------------------------------------------------------------------------------- */

static uint32_t more_chunks(uint32_t window_bytes)
{
	return window_bytes > LINK_BASE_BYTES ? (window_bytes - LINK_BASE_BYTES) / OVERHEAD_BYTES : 0;
}

uint32_t link_more_unread(const struct socket *so)
{
	return so != NULL ? more_chunks(so->so_rcv.sb_hiwat) : 0;
}

uint32_t link_more_for_window(const struct socket *so, const struct sctp_association *asoc)
{
	uint32_t window_bytes = asoc->peers_rwnd + asoc->total_flight + asoc->total_flight_count * OVERHEAD_BYTES;

	/*
	 * Where all that there is may be on its way, no small message waits for others: four times the work over loopback.
	 */
	if (link_is_near(asoc->primary_destination)) {
		return 0;
	}
	return more_chunks(max(window_bytes, so->so_snd.sb_hiwat > MOST_BYTES ? so->so_snd.sb_hiwat : 0));
}
