/*
 * What upstream forgets, put right around the functions that forget it (`--wrap` of wasm-ld, see compile.sh): two timers,
 * which test/scenarios/random.test.ts has found (seeds 219 and 2993), and what becomes of requests to reset.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *, struct sctp_nets *, struct sctp_association *);

/*
 * The scheduler round-robin-packet (see upstream.h). Upstream's goes to the next stream in the middle of a message, as
 * none of the others does; but DATA must come whole, one message after the other (RFC 9260 6.9): the peer can't put
 * the messages together, and both wait for ever.
 */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = asoc->ss_data.locked_on_sending;

	(void)stcb;
	(void)net;
	return locked != NULL ? locked : asoc->ss_data.last_out_stream;
}

#ifdef __EMSCRIPTEN__

int __real_sctp_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
void __real_sctp_send_shutdown(struct sctp_tcb *stcb, struct sctp_nets *net);
void __real_sctp_send_shutdown_ack(struct sctp_tcb *stcb, struct sctp_nets *net);

/*
 * sctp_mark_all_for_resend() passes over chunks that were sent less than a round trip ago, and doesn't count those of
 * them that were marked before: the association waits for ever with chunks to send again, and no timer.
 */
int __wrap_sctp_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net)
{
	int is_gone = __real_sctp_t3rxt_timer(inp, stcb, net);

	if (!is_gone) {
		sctp_audit_retranmission_queue(&stcb->asoc);
	}
	return is_gone;
}

/*
 * T2-shutdown has the place of T3-rtx, and sctp_timer_start() leaves a pending timer as it is. Nothing is outstanding
 * when these chunks are sent, but a window probe may have started T3-rtx anew: then they would never be sent again.
 */
static void stop_t3(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		sctp_timer_stop(SCTP_TIMER_TYPE_SEND, stcb->sctp_ep, stcb, net, SCTP_FROM_SCTP_OUTPUT);
	}
}

void __wrap_sctp_send_shutdown(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	stop_t3(stcb);
	__real_sctp_send_shutdown(stcb, net);
}

void __wrap_sctp_send_shutdown_ack(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	stop_t3(stcb);
	__real_sctp_send_shutdown_ack(stcb, net);
}

/* --- RE-CONFIG (RFC 6525) ------------------------------------------------------------------------------------- */

void __real_sctp_notify_stream_reset_tsn(struct sctp_tcb *stcb, uint32_t sending_tsn, uint32_t recv_tsn, int flag);
void __real_sctp_notify_stream_reset_add(struct sctp_tcb *stcb, uint16_t in, uint16_t out, int flag);
void __real_sctp_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked);

/* Bytes of notifications beyond the receive buffer: some hundred, and a peer can't have more. */
#define RESERVE_BYTES 4096

/*
 * These notifications are dropped when the receive buffer is full, and whoever waits for the answer to a request, while
 * it doesn't receive, would wait for ever. They have a reserve.
 */
static void reserve(struct sctp_tcb *stcb, int sign)
{
	if (stcb != NULL && stcb->sctp_socket != NULL) {
		stcb->sctp_socket->so_rcv.sb_hiwat += (u_int)(sign * RESERVE_BYTES);
	}
}

/*
 * sctp_handle_stream_reset_response() counts a request to reset the association as answered only when it was granted:
 * after a refusal the chunk would be sent again for ever, and no other request could be made.
 */
void __wrap_sctp_notify_stream_reset_tsn(struct sctp_tcb *stcb, uint32_t sending_tsn, uint32_t recv_tsn, int flag)
{
	if (flag != 0 && stcb->asoc.stream_reset_outstanding > 0) {
		stcb->asoc.stream_reset_outstanding--;
	}
	reserve(stcb, 1);
	__real_sctp_notify_stream_reset_tsn(stcb, sending_tsn, recv_tsn, flag);
	reserve(stcb, -1);
}

void __wrap_sctp_notify_stream_reset_add(struct sctp_tcb *stcb, uint16_t in, uint16_t out, int flag)
{
	reserve(stcb, 1);
	__real_sctp_notify_stream_reset_add(stcb, in, out, flag);
	reserve(stcb, -1);
}

void __wrap_sctp_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked)
{
	int is_reset = notification >= SCTP_NOTIFY_STR_RESET_RECV && notification <= SCTP_NOTIFY_STR_RESET_DENIED_IN;

	reserve(is_reset ? stcb : NULL, 1);
	__real_sctp_ulp_notify(notification, stcb, error, data, so_locked);
	reserve(is_reset ? stcb : NULL, -1);
}

#endif
