/*
 * Socket buffers that follow the path. usrsctp's buffers have a fixed size of 262,144 bytes, so no more than that is
 * transferred in a round trip: 5 MB/s at 50 ms. A larger fixed size would slow small messages down on short paths,
 * because what waits in the buffer no longer fits into the processor's caches (64-byte messages in memory: a third
 * slower). So buffers grow if the path has room, as a kernel's do, until the application sets their size:
 *
 *   send     to two congestion windows: one in flight, and one to follow as SACKs arrive
 *   receive  to twice their size, whenever half of the window was read in less than a round trip
 *
 * On paths with a short RTT they grow only for large messages, and to 1 MB. There a buffer bridges the time until the
 * other process runs again: messages of 64 KB over loopback make 750 MB/s instead of 480.
 *
 * A peer's claims have no effect: a congestion window grows with acknowledged data, and a receive window with data that
 * the application has read.
 *
 * A one-to-many socket has one receive buffer for all of its associations (RFC 6458 3.1). The size of its send buffer
 * is a limit for each association, so each association has its own. buffer_quota.c limits all buffers of a stack
 * together.
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

#define MAX_BUFFER_BYTES (4 * 1024 * 1024) /* 670 Mbit/s at 50 ms */
#define SHORT_RTT_MAX_BYTES (1024 * 1024)
#define LARGE_MESSAGE_BYTES 512      /* smaller ones take several times their bytes in memory */
#define OVERHEAD_BYTES 256           /* usrsctp's senders subtract this for each chunk (sctp_peer_chunk_oh) */
#define PROBE_INTERVAL_MS 1000       /* between HEARTBEATs that aren't answered */
#define RTT_VALID_MS 5000            /* for so long an answer shows the path's round-trip time */

/* The state of a socket's buffers, stored in so_emuldata. */
struct buffer_state {
	uint32_t read_bytes; /* read by the application in this round */
	uint32_t reads;      /* in how many pieces */
	double round_ms;     /* when the round began */
	double probed_ms;    /* when a HEARTBEAT was sent to measure the round-trip time */
	struct buffer_quota receive;
	struct buffer_quota send; /* of a one-to-one socket */
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

/* How much a buffer of this size, or of the maximum, has grown. */
static uint32_t beyond_initial(uint32_t bytes)
{
	return bytes > INITIAL_BUFFER_BYTES ? min(bytes, MAX_BUFFER_BYTES) - INITIAL_BUFFER_BYTES : 0;
}

/* --- sockets whose buffers follow the path -------------------------------------------------------------------- */

/* If the sysctl sctp_sendspace or sctp_recvspace has been changed, the buffer keeps that size. */
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

/* sonewconn() has copied the sizes of the original socket, so the growth of the receive buffer needs a quota. */
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

/* Counts paths that have acknowledged something. Other paths have just an initial congestion window. */
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

static uint32_t mean_chunk_bytes(const struct sctp_association *asoc)
{
	return asoc->total_output_queue_size / max(asoc->stream_queue_cnt + asoc->send_queue_cnt + asoc->sent_queue_cnt, 1);
}

void link_send_buffer_full(void *socket, uint32_t id)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb = so->so_snd.sb_flags & SB_AUTOSIZE ? association_in(so, id) : NULL;
	int is_short;

	if (stcb == NULL) {
		return;
	}
	is_short = link_has_short_rtt(stcb->asoc.primary_destination);
	if (!is_short || mean_chunk_bytes(&stcb->asoc) >= LARGE_MESSAGE_BYTES) {
		struct buffer_quota *quota = send_quota(so, stcb);
		uint32_t bytes = min(two_windows(&stcb->asoc), is_short ? SHORT_RTT_MAX_BYTES : UINT32_MAX);
		uint32_t size = INITIAL_BUFFER_BYTES + quota->bytes;

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
 * An end that only receives can't measure the round-trip time with its own data. So it sends a HEARTBEAT: once a second
 * until there is an answer, and again when the answer is old, because paths change. The duration of the handshake isn't
 * used, because packets may have been lost in it (RFC 9260 6.3.1, rule C5).
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

/* Sets the window to twice what arrives in a round trip. */
static void end_round(struct socket *so, struct buffer_state *state, const struct sctp_nets *path)
{
	uint32_t rtt_ms = path != NULL && path->RTO_measured ? link_min_rtt_ms(path) : 0, bytes = so->so_rcv.sb_hiwat;
	double took_ms = link_now_ms - state->round_ms;

	if (rtt_ms < LINK_SHORT_RTT_MS) {
		if (took_ms < LINK_SHORT_RTT_MS && bytes < SHORT_RTT_MAX_BYTES &&
		    state->read_bytes >= state->reads * LARGE_MESSAGE_BYTES) {
			bytes = 2 * bytes;
		}
	} else if (took_ms < rtt_ms) {
		bytes = took_ms * 2 > rtt_ms ? (uint32_t)(bytes * (rtt_ms / took_ms)) : 2 * bytes;
	}
	quota_request(&state->receive, beyond_initial(bytes));
	state->read_bytes = 0;
	state->reads = 0;
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
	/* By no more than was read, so that all data within the announced window is still accepted. */
	quota_yield(&state->receive, bytes);
	state->read_bytes += bytes;
	state->reads++;
	if (state->read_bytes + state->reads * OVERHEAD_BYTES < so->so_rcv.sb_hiwat / 2) {
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

/* --- limits on the number of chunks --------------------------------------------------------------------------- */

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
	 * If all chunks may be in flight, small messages don't wait for each other: four times the work over loopback.
	 */
	if (link_has_short_rtt(asoc->primary_destination)) {
		return 0;
	}
	return extra_chunks(max(window_bytes, so->so_snd.sb_hiwat > MAX_BUFFER_BYTES ? so->so_snd.sb_hiwat : 0));
}
