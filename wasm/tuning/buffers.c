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
 * limit for each of them, and each has what it needs itself. How much there is for all of a stack: buffer_quota.c.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_sysctl.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_var.h>

#include "fixes/extra_fields.h"
#include "link.h"
#include "tuning/buffer_quota.h"
#include "tuning/tuning.h"

#define MAX_BUFFER_BYTES (4 * 1024 * 1024) /* of one buffer: 670 Mbit/s at 50 ms */
#define OVERHEAD_BYTES 256           /* what usrsctp's senders take of a window for each chunk (sctp_peer_chunk_oh) */
#define PROBE_INTERVAL_MS 1000       /* between HEARTBEATs that aren't answered */
#define RTT_VALID_MS 5000            /* for so long an answer is a measure of the path */

/* Of a socket, in its so_emuldata: what is known of its buffers. */
struct buffer_state {
	uint32_t read_bytes; /* in this round */
	double round_ms;     /* when the round began */
	double probed_ms;    /* when a HEARTBEAT was sent to measure the round trip */
	struct buffer_quota receive;
	struct buffer_quota send; /* of one-to-one */
};

static struct buffer_state *buffer_state_of(struct socket *so)
{
	struct buffer_state *state = so->so_emuldata;

	if (state == NULL) {
		state = so->so_emuldata = link_calloc(1, sizeof(*state));
		state->round_ms = link_now_ms;
		quota_init(&state->receive, &so->so_rcv.sb_hiwat, &so->so_rcv.sb_cc);
		quota_init(&state->send, &so->so_snd.sb_hiwat, &so->so_snd.sb_cc);
	}
	return state;
}

static int is_one_to_many(const struct sctp_inpcb *inp)
{
	return (inp->sctp_flags & (SCTP_PCB_FLAGS_TCPTYPE | SCTP_PCB_FLAGS_IN_TCPPOOL)) == 0;
}

static struct buffer_quota *send_quota(struct socket *so, struct sctp_tcb *stcb)
{
	struct buffer_quota *quota = &extra_of(stcb)->send;

	if (!is_one_to_many(stcb->sctp_ep)) {
		return &buffer_state_of(so)->send;
	}
	quota_init(quota, NULL, &stcb->asoc.total_output_queue_size);
	return quota;
}

/* The size of a buffer that follows the path, beyond what it began with. */
static uint32_t beyond_initial(uint32_t bytes)
{
	return bytes > INITIAL_BUFFER_BYTES ? min(bytes, MAX_BUFFER_BYTES) - INITIAL_BUFFER_BYTES : 0;
}

/* --- whose buffers follow ------------------------------------------------------------------------------------- */

/* Who has set another default (sctp_sendspace, sctp_recvspace) means it. */
static void autosize(struct sockbuf *buffer, uint32_t default_bytes)
{
	if (buffer->sb_hiwat == default_bytes) {
		buffer->sb_hiwat = INITIAL_BUFFER_BYTES;
		buffer->sb_flags |= SB_AUTOSIZE;
	}
}

void link_autosize_buffers(void *socket)
{
	struct socket *so = socket;

	autosize(&so->so_snd, SCTPCTL_MAXDGRAM_DEFAULT);
	autosize(&so->so_rcv, SCTPCTL_RECVSPACE_DEFAULT);
}

static struct sockbuf *buffer_of(struct socket *so, int option)
{
	return option == SO_SNDBUF ? &so->so_snd : &so->so_rcv;
}

void link_before_buffer_size(void *socket, int option)
{
	struct socket *so = socket;
	struct buffer_state *state = so->so_emuldata;
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb;

	if (state != NULL) {
		quota_release(option == SO_SNDBUF ? &state->send : &state->receive);
	}
	if (option == SO_SNDBUF && inp != NULL) {
		LIST_FOREACH(stcb, &inp->sctp_asoc_list, sctp_tcblist) {
			quota_release(&extra_of(stcb)->send);
		}
	}
}

void link_after_buffer_size(void *socket, int option)
{
	buffer_of(socket, option)->sb_flags &= (short)~SB_AUTOSIZE;
}

/* sonewconn() has given it the sizes of the socket that it comes from: it asks for what of that is granted. */
void link_autosize_peeled_off(void *socket)
{
	struct socket *so = socket;
	struct sctp_inpcb *inp = so->so_pcb;
	struct sctp_tcb *stcb = inp != NULL ? LIST_FIRST(&inp->sctp_asoc_list) : NULL;

	if (so->so_rcv.sb_flags & SB_AUTOSIZE) {
		uint32_t bytes = so->so_rcv.sb_hiwat;

		so->so_rcv.sb_hiwat = INITIAL_BUFFER_BYTES;
		quota_request(&buffer_state_of(so)->receive, beyond_initial(bytes));
	}
	if (stcb != NULL) {
		quota_transfer(&extra_of(stcb)->send, &buffer_state_of(so)->send);
	}
}

void link_socket_gone(struct socket *so)
{
	struct buffer_state *state = so->so_emuldata;

	if (state != NULL) {
		quota_release(&state->send);
		quota_release(&state->receive);
		link_free(state);
	}
}

void buffers_association_freed(struct sctp_tcb *stcb)
{
	quota_release(&extra_of(stcb)->send);
}

/* --- sending -------------------------------------------------------------------------------------------------- */

/* Of the paths that have shown what they take: the congestion window of the others is what each begins with. */
static uint32_t two_windows(const struct sctp_association *asoc)
{
	const struct sctp_nets *net;
	uint32_t bytes = 0;

	TAILQ_FOREACH(net, &asoc->nets, sctp_next) {
		if (path_extra_of(net)->answered_ms > 0) {
			bytes += min(net->cwnd, MAX_BUFFER_BYTES / 2);
		}
	}
	return 2 * bytes;
}

void link_send_buffer_full(void *socket, uint32_t id)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb = so->so_snd.sb_flags & SB_AUTOSIZE ? association_in(so, id) : NULL;

	if (stcb == NULL) {
		return;
	}
	if (!link_has_short_rtt(stcb->asoc.primary_destination)) {
		struct buffer_quota *quota = send_quota(so, stcb);
		uint32_t bytes = two_windows(&stcb->asoc), size = INITIAL_BUFFER_BYTES + quota->bytes;

		if (bytes < size / 4) {
			quota_shrink(quota, beyond_initial(size / 2));
		} else {
			quota_request(quota, beyond_initial(bytes));
		}
		quota_yield(quota, UINT32_MAX);
	}
	SCTP_TCB_UNLOCK(stcb);
}

/* --- receiving ------------------------------------------------------------------------------------------------ */

/*
 * An end that only receives has nothing of which it could measure a round trip: it sends a HEARTBEAT, once a second
 * until there is an answer, and again when that is old: paths change. The time that a handshake took is none, as lost
 * packets are in it (RFC 9260 6.3.1, rule C5).
 */
static void probe_rtt(struct buffer_state *state, struct sctp_tcb *stcb, struct sctp_nets *path)
{
	double answered_ms = path_extra_of(path)->answered_ms;

	if ((answered_ms > 0 && link_now_ms < answered_ms + RTT_VALID_MS) ||
	    (state->probed_ms > 0 && link_now_ms - state->probed_ms < PROBE_INTERVAL_MS)) {
		return;
	}
	state->probed_ms = link_now_ms;
	sctp_send_hb(stcb, path, SCTP_SO_NOT_LOCKED);
	sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_HB_TMR, SCTP_SO_NOT_LOCKED);
}

/* Makes the window twice what comes in a round trip. */
static void end_round(struct socket *so, struct buffer_state *state, const struct sctp_nets *path)
{
	uint32_t rtt_ms = path != NULL && path->RTO_measured ? link_min_rtt_ms(path) : 0, bytes = so->so_rcv.sb_hiwat;
	double took_ms = link_now_ms - state->round_ms;

	if (rtt_ms >= LINK_SHORT_RTT_MS && took_ms < rtt_ms) {
		bytes = took_ms * 2 > rtt_ms ? (uint32_t)(bytes * (rtt_ms / took_ms)) : 2 * bytes;
	}
	quota_request(&state->receive, beyond_initial(bytes));
	state->read_bytes = 0;
	state->round_ms = link_now_ms;
}

void link_data_read(void *socket, uint32_t id, uint32_t bytes)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb;
	struct buffer_state *state;

	if ((so->so_rcv.sb_flags & SB_AUTOSIZE) == 0) {
		return;
	}
	state = buffer_state_of(so);
	/* As much as has been read, so that nothing lies outside of the window that was sent within it. */
	quota_yield(&state->receive, bytes);
	state->read_bytes += bytes + OVERHEAD_BYTES;
	if (state->read_bytes < so->so_rcv.sb_hiwat / 2) {
		return;
	}
	stcb = association_in(so, id);
	if (stcb != NULL) {
		if (stcb->asoc.last_data_chunk_from != NULL && SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN) {
			probe_rtt(state, stcb, stcb->asoc.last_data_chunk_from);
		}
		end_round(so, state, stcb->asoc.last_data_chunk_from);
		SCTP_TCB_UNLOCK(stcb);
	}
}

/* --- chunks --------------------------------------------------------------------------------------------------- */

static uint32_t extra_chunks(uint32_t window_bytes)
{
	return window_bytes > INITIAL_BUFFER_BYTES ? (window_bytes - INITIAL_BUFFER_BYTES) / OVERHEAD_BYTES : 0;
}

uint32_t link_extra_unread_chunks(const struct socket *so)
{
	return so != NULL ? extra_chunks(so->so_rcv.sb_hiwat) : 0;
}

uint32_t link_extra_chunks_for_window(const struct socket *so, const struct sctp_association *asoc)
{
	uint32_t window_bytes = asoc->peers_rwnd + asoc->total_flight + asoc->total_flight_count * OVERHEAD_BYTES;

	/*
	 * Where all that there is may be on its way, no small message waits for others: four times the work over loopback.
	 */
	if (link_has_short_rtt(asoc->primary_destination)) {
		return 0;
	}
	return extra_chunks(max(window_bytes, so->so_snd.sb_hiwat > MAX_BUFFER_BYTES ? so->so_snd.sb_hiwat : 0));
}
