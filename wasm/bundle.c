/*
 * Small messages where packets are large. An application that wants no delay (SCTP_NODELAY) gets a packet for each
 * message while the congestion window is open; and with packets of 64 KB it is never shut by small ones. A stream of
 * messages of 64 bytes so took five times the processor time that it takes with packets of 1,500 bytes.
 *
 * So behind a few chunks on their way the others wait for each other, as with Nagle's algorithm: until a packet is full,
 * the next SACK, or a millisecond has passed. Packets of such a size exist within one machine only, where the SACK is
 * there sooner than that.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

#define LARGE_MTU 16384
#define FEW_CHUNKS 4 /* every second packet is answered at once (RFC 9260 §6.2): there will be a SACK */
#define WAIT_TICKS 1

static sctp_os_timer_t timer;

static uint32_t unsent(const struct sctp_association *asoc)
{
	return asoc->total_output_queue_size - asoc->total_flight;
}

static void send_what_waits(void *unused)
{
	struct sctp_inpcb *inp, *next_inp;
	struct sctp_tcb *stcb, *next_stcb;

	(void)unused;
	LIST_FOREACH_SAFE(inp, &SCTP_BASE_INFO(listhead), sctp_list, next_inp) {
		LIST_FOREACH_SAFE(stcb, &inp->sctp_asoc_list, sctp_tcblist, next_stcb) {
			if (stcb->asoc.smallest_mtu > LARGE_MTU && unsent(&stcb->asoc) > 0) {
				SCTP_TCB_LOCK(stcb);
				sctp_chunk_output(inp, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
				SCTP_TCB_UNLOCK(stcb);
			}
		}
	}
}

int link_bundles(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;

	if (asoc->smallest_mtu <= LARGE_MTU || asoc->total_flight_count < FEW_CHUNKS || unsent(asoc) >= asoc->smallest_mtu / 2) {
		return 0;
	}
	if (!SCTP_OS_TIMER_PENDING(&timer)) {
		(void)SCTP_OS_TIMER_START(&timer, WAIT_TICKS, send_what_waits, NULL);
	}
	return 1;
}
