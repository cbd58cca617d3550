/*
 * The send buffer: room for the rest of an unfinished message (sctp_lower_sosend()), room for notifications that a
 * message failed or that streams were reset (sctp_notify_send_failed(), RFC 6458 6.1.4 and 6.1.11;
 * sctp_notify_stream_reset(), RFC 6525 6.1), and questions about a socket. Upstream's main has these faults.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"
#include "tuning/send_limit.h"

/* Free bytes of the send buffer, as sctp_lower_sosend() counts them. */
static uint32_t room(const struct socket *so, const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t used = asoc->total_output_queue_size - asoc->chunks_on_out_queue * SCTP_DATA_CHUNK_OVERHEAD(stcb);
	uint32_t limit = SCTP_SB_LIMIT_SND(so);

	return used < limit ? limit - used : 0;
}

/*
 * Complete messages wait for the end of an unfinished one (RFC 9260 6.9). If they leave less room in the send buffer
 * than a packet has, sctp_lower_sosend() accepts the rest of the unfinished message only if all of it fits. Otherwise
 * all messages wait for ever. If nothing is in flight that would make room, the rest is sent in pieces that fit.
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
 * Room for notifications. sctp_notify_send_failed(), sctp_notify_stream_reset() and similar functions drop a
 * notification that doesn't fit into the receive buffer. If unread messages fill it, even those of other associations
 * of the socket, the application never learns that a message was lost or a stream was reset, and may wait for that for
 * ever. A notification of an abandoned message includes its data, which has left the send buffer. So an association's
 * notifications may use as many bytes more as the send buffer has.
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
		return id == 0 && !link_has_one_association(so); /* we don't know which one is meant */
	}
	SCTP_TCB_UNLOCK(stcb);
	return 1;
}

/*
 * sctp_msg_append() accepts a message for a stream that is being reset. It is then sent with an SSN that isn't the
 * first one after the reset.
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
