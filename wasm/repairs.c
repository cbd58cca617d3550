/*
 * What upstream's timers forget, put right around the functions that forget it (`--wrap` of wasm-ld, see compile.sh).
 * test/scenarios.random.test.ts has found both (seeds 219 and 2993).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

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

#endif
