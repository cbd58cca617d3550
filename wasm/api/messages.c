/*
 * Messages to and fro: usrsctp_sendv() and usrsctp_recvv(), of which buffers.c is told.
 */
#include <errno.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"

/* What a message is sent with, where it is told. */
static const struct sctp_sndinfo *sndinfo_of(const void *info, uint32_t type)
{
	switch (type) {
	case SCTP_SENDV_SNDINFO:
		return info;
	case SCTP_SENDV_SPA:
		return &((const struct sctp_sendv_spa *)info)->sendv_sndinfo;
	default:
		return NULL;
	}
}

/* usrsctp refuses an ABORT, too, where there is no room in the send buffer, or its stream is being reset. */
static int abort_anyway(struct socket *so, const void *reason, uint32_t length, struct sockaddr *to, sctp_assoc_t id)
{
	int error = link_abort(so, id == 0 && to != NULL ? usrsctp_getassocid(so, to) : id, reason, length);

	return error < 0 ? error : (int)length;
}

EXPORT int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                        uint32_t info_length, uint32_t info_type, int flags)
{
	struct socket *so = socket_of(handle);
	const struct sctp_sndinfo *sndinfo = sndinfo_of(info, info_type);
	sctp_assoc_t id = sndinfo != NULL ? sndinfo->snd_assoc_id : 0;
	ssize_t sent = usrsctp_sendv(so, data, length, to, count, info, info_length, info_type, flags);

	if (sent < 0 && errno != EWOULDBLOCK) {
		return -errno;
	}
	if (sent < 0 && sndinfo != NULL && (sndinfo->snd_flags & SCTP_ABORT) != 0) {
		return abort_anyway(so, data, length, to, id);
	}
	if (sent < (ssize_t)length) {
		link_send_full(so, id);
		errno = EWOULDBLOCK;
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
