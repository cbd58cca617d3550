/*
 * Ends an association at once: ABORT with the cause User-Initiated Abort (RFC 9260 9.1, 3.3.10.12). A message with
 * SCTP_ABORT would need room in the send buffer, and stream 0, on which nothing can be sent while it is being reset.
 */
#include <errno.h>

#include "api/association.h"

#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "api/handles.h"
#include "link.h"

/* The error cause, with as much of the reason as fits into one packet. */
static struct mbuf *cause_with(const struct sctp_tcb *stcb, const void *reason, uint32_t length)
{
	uint32_t headers = SCTP_MIN_OVERHEAD + sizeof(struct sctp_abort_chunk) + sizeof(struct sctp_paramhdr);
	uint32_t most = stcb->asoc.smallest_mtu > headers ? stcb->asoc.smallest_mtu - headers : 0;
	uint32_t bytes = length < most ? length : most;
	uint32_t size = (uint32_t)sizeof(struct sctp_paramhdr) + bytes;
	struct mbuf *cause = sctp_get_mbuf_for_msg(size, 0, M_NOWAIT, 1, MT_DATA);
	struct sctp_paramhdr *header;

	if (cause == NULL) {
		return NULL;
	}
	header = mtod(cause, struct sctp_paramhdr *);
	header->param_type = htons(SCTP_CAUSE_USER_INITIATED_ABT);
	header->param_length = htons((uint16_t)size);
	memcpy(header + 1, reason, bytes);
	SCTP_BUF_LEN(cause) = (int)size;
	return cause;
}

int link_abort(void *so, uint32_t id, const void *reason, uint32_t length)
{
	struct sctp_tcb *stcb = association_in(so, id);

	if (stcb == NULL) {
		return -ENOENT;
	}
	if (SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_WAIT) {
		/*
		 * The peer has no association yet, and we don't know the tag that an ABORT needs. sctp_free_assoc() would report
		 * unsent messages too, but only after it has made unread notifications independent of the association.
		 */
		sctp_report_all_outbound(stcb, 0, SCTP_SO_LOCKED);
		sctp_free_assoc(stcb->sctp_ep, stcb, SCTP_NORMAL_PROC, SCTP_FROM_SCTP_PCB);
	} else {
		UPSTREAM_ABORT_ASSOCIATION(stcb, cause_with(stcb, reason, length), SCTP_SO_LOCKED);
	}
	return 0;
}

EXPORT int bridge_abort(int handle, uint32_t id, const void *reason, uint32_t length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : link_abort(so, id, reason, length);
}
