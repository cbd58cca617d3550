/*
 * The send buffer: room for the rest of a message that is begun (sctp_lower_sosend()), room to tell that a message
 * failed or that streams were reset (sctp_notify_send_failed(), RFC 6458 6.1.4 and 6.1.11; sctp_notify_stream_reset(),
 * RFC 6525 6.1), and what a socket may be asked about it. Upstream's main doesn't mend these.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"
#include "tuning/send_limit.h"

/* Room in the send buffer, as sctp_lower_sosend() counts it. */
static uint32_t room(const struct socket *so, const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t used = asoc->total_output_queue_size - asoc->chunks_on_out_queue * SCTP_DATA_CHUNK_OVERHEAD(stcb);
	uint32_t limit = SCTP_SB_LIMIT_SND(so);

	return used < limit ? limit - used : 0;
}

/*
 * Whole messages wait for the end of one that is begun (RFC 9260 6.9). If they leave less room in the send buffer than
 * a packet has, sctp_lower_sosend() takes nothing of the rest, unless that is less still: all wait for ever. Where
 * nothing is on its way that would make room, the rest is taken in pieces as large as the room.
 */
uint32_t link_stalled_room(void *socket, uint32_t id, uint16_t stream)
{
	struct socket *so = socket;
	struct sctp_tcb *stcb = association_in(so, id);
	const struct sctp_association *asoc;
	uint32_t bytes = 0;

	if (stcb == NULL) {
		return 0;
	}
	asoc = &stcb->asoc;
	if (asoc->total_flight == 0 && TAILQ_EMPTY(&asoc->send_queue) && stream < asoc->streamoutcnt &&
	    asoc->strmout[stream].last_msg_incomplete) {
		bytes = room(so, stcb);
	}
	SCTP_TCB_UNLOCK(stcb);
	return bytes;
}

/*
 * Room for notifications. sctp_notify_send_failed(), sctp_notify_stream_reset() and their like drop what doesn't fit
 * into the receive buffer: where messages wait to be received, be it those of other associations of the socket, nobody
 * ever hears that a message is lost, or that a stream was reset, and what waits for that waits for ever. A message that
 * is given up takes its data along, which were in the send buffer: as many bytes more of an association may wait.
 */
long link_room_for_notifications(const struct sctp_tcb *stcb)
{
	const struct socket *so = stcb->sctp_socket;
	uint32_t limit = so->so_rcv.sb_hiwat + so->so_snd.sb_hiwat, used = stcb->asoc.sb_cc;

	return used < limit ? (long)min(limit - used, INT32_MAX) : 0;
}

int link_has_one_association(void *socket)
{
	const struct sctp_inpcb *inp = ((struct socket *)socket)->so_pcb;

	return inp != NULL && (inp->sctp_flags & (SCTP_PCB_FLAGS_TCPTYPE | SCTP_PCB_FLAGS_IN_TCPPOOL)) != 0;
}

int link_has_association(void *so, uint32_t id)
{
	struct sctp_tcb *stcb = association_in(so, id);

	if (stcb == NULL) {
		return id == 0 && !link_has_one_association(so); /* which one isn't known */
	}
	SCTP_TCB_UNLOCK(stcb);
	return 1;
}

/*
 * sctp_msg_append() puts a message on a stream that is being reset, and it leaves with a number that isn't the first.
 */
int link_resets_stream(void *socket, uint16_t stream)
{
	const struct sctp_inpcb *inp = ((struct socket *)socket)->so_pcb;
	const struct sctp_tcb *stcb;

	LIST_FOREACH(stcb, &inp->sctp_asoc_list, sctp_tcblist) {
		if (stream < stcb->asoc.streamoutcnt && stcb->asoc.strmout[stream].state > SCTP_STREAM_OPEN) {
			return 1;
		}
	}
	return 0;
}

int link_has_explicit_eor(void *socket)
{
	const struct sctp_inpcb *inp = ((struct socket *)socket)->so_pcb;

	return inp != NULL && sctp_is_feature_on(inp, SCTP_PCB_FLAGS_EXPLICIT_EOR) &&
	       sctp_is_feature_off(inp, SCTP_PCB_FLAGS_NO_FRAGMENT);
}
