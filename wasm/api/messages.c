/*
 * Messages to and fro: usrsctp_sendv() and usrsctp_recvv(), of which buffers.c is told.
 */
#include <errno.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"

/* What is enough for any ABORT. */
#define PLENTY_BYTES (1 << 30)

/* usrsctp asks for room in the send buffer even for an ABORT: for that moment there is some. */
static ssize_t abort_anyway(struct socket *so, const void *data, uint32_t length, struct sctp_sendv_spa *info)
{
	uint32_t before = link_send_limit(so, PLENTY_BYTES);
	ssize_t sent = usrsctp_sendv(so, data, length, NULL, 0, info, sizeof(*info), SCTP_SENDV_SPA, 0);

	link_send_limit(so, before);
	return sent;
}

EXPORT int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                        uint32_t info_length, uint32_t info_type, int flags)
{
	struct socket *so = socket_of(handle);
	struct sctp_sendv_spa *spa = info_type == SCTP_SENDV_SPA ? info : NULL;
	ssize_t sent = usrsctp_sendv(so, data, length, to, count, info, info_length, info_type, flags);

	if (sent < 0 && errno != EWOULDBLOCK) {
		return -errno;
	}
	if (sent < (ssize_t)length) {
		if (sent < 0 && spa != NULL && (spa->sendv_sndinfo.snd_flags & SCTP_ABORT) != 0) {
			sent = abort_anyway(so, data, length, spa);
		} else {
			link_send_full(so, spa != NULL ? spa->sendv_sndinfo.snd_assoc_id : 0);
			errno = EWOULDBLOCK;
		}
	}
	return sent < 0 ? -errno : (int)sent;
}

EXPORT int bridge_recvv(int handle, void *buffer, uint32_t length, struct sockaddr *from, socklen_t *from_length,
                        void *info, socklen_t *info_length, unsigned int *info_type, int *flags)
{
	struct socket *so = socket_of(handle);
	ssize_t received = usrsctp_recvv(so, buffer, length, from, from_length, info, info_length, info_type, flags);

	if (received > 0 && (*flags & MSG_NOTIFICATION) == 0) {
		/* struct sctp_recvv_rn begins with struct sctp_rcvinfo */
		uint32_t id = *info_type != SCTP_RECVV_NOINFO ? ((struct sctp_rcvinfo *)info)->rcv_assoc_id : 0;

		link_has_read(so, id, (uint32_t)received);
	}
	link_tell_more(so);
	return received < 0 ? -errno : (int)received;
}

EXPORT int bridge_get_events(int handle)
{
	int events = usrsctp_get_events(socket_of(handle));

	return events < 0 ? -errno : events;
}
