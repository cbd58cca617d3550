/*
 * The send buffer: room for the rest of a message that is begun.
 */
#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "link.h"

/* Room in the send buffer, as sctp_lower_sosend() counts it. */
static uint32_t room(const struct socket *so, const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t used = asoc->total_output_queue_size - asoc->chunks_on_out_queue * SCTP_DATA_CHUNK_OVERHEAD(stcb);
	uint32_t limit = SCTP_SB_LIMIT_SND(so);

	return used < limit ? limit - used : 0;
}

/*
 * Whole messages wait for the end of one that is begun (RFC 9260 6.9). If they leave less room in the send buffer than a
 * packet has, sctp_lower_sosend() takes nothing of the rest, unless that is less still: all wait for ever. Where nothing is
 * on its way that would make room, the rest is taken in pieces as large as the room.
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
