/*
 * Sending and receiving: usrsctp_sendv() and usrsctp_recvv(), which tell tuning/buffers.c what they do.
 */
#include <errno.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"
#include "upstream/release.h"

/* The sndinfo of a message, or NULL. */
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

/* usrsctp refuses an ABORT if the send buffer has no room, or if its stream is being reset. */
static int abort_anyway(struct socket *so, const void *reason, uint32_t length, struct sockaddr *to, sctp_assoc_t id)
{
	int error = link_abort(so, id == 0 && to != NULL ? usrsctp_getassocid(so, to) : id, reason, length);

	return error < 0 ? error : (int)length;
}

/* What to return for a call that usrsctp has refused with this error. */
static int refusal(struct socket *so, sctp_assoc_t id, int error, int is_end)
{
	if (!UPSTREAM_ANSWERS_RIGHTLY && is_end && (error == EWOULDBLOCK || error == EAGAIN || error == EINVAL)) {
		return link_shut_down(so, id);
	}
	return !UPSTREAM_ANSWERS_RIGHTLY && error == ECONNRESET && link_is_shut_down(so, id) ? -EPIPE : -error;
}

/* usrsctp_sendv(), but takes the rest of a message even after the peer's SHUTDOWN. */
static ssize_t send_past_shutdown(struct socket *so, const void *data, uint32_t length, struct sockaddr *to, int count,
                                  void *info, uint32_t info_length, uint32_t info_type, int flags)
{
	const struct sctp_sndinfo *sndinfo = sndinfo_of(info, info_type);
	sctp_assoc_t id = sndinfo != NULL ? sndinfo->snd_assoc_id : 0;
	ssize_t sent = usrsctp_sendv(so, data, length, to, count, info, info_length, info_type, flags);

	if (!UPSTREAM_ANSWERS_RIGHTLY && sent < 0 && errno == ECONNRESET &&
	    link_before_rest_after_shutdown(so, id, sndinfo != NULL ? sndinfo->snd_sid : 0)) {
		sent = usrsctp_sendv(so, data, length, to, count, info, info_length, info_type, flags);
		link_after_rest_after_shutdown(so, id);
	}
	return sent;
}

/* Sends as much of the rest of a message as there is room for, if it would otherwise wait for ever. */
static ssize_t send_some(struct socket *so, const void *data, uint32_t length, void *info, uint32_t info_length,
                         uint32_t info_type)
{
	struct sctp_sndinfo *sndinfo = (struct sctp_sndinfo *)sndinfo_of(info, info_type);
	uint32_t room = sndinfo != NULL ? link_stalled_room(so, sndinfo->snd_assoc_id, sndinfo->snd_sid) : 0;
	uint16_t flags = sndinfo != NULL ? sndinfo->snd_flags : 0;
	ssize_t sent;

	if (room == 0 || room >= length) {
		return 0;
	}
	sndinfo->snd_flags = (uint16_t)(flags & ~SCTP_EOR);
	sent = send_past_shutdown(so, data, room, NULL, 0, info, info_length, info_type, 0);
	sndinfo->snd_flags = flags;
	return sent;
}

/* SCTP_PR_SCTP_TTL gives a message a lifetime, which usrsctp checks only before a retransmission. */
static void start_lifetime(struct socket *so, sctp_assoc_t id, const void *info, uint32_t info_type)
{
	const struct sctp_sendv_spa *spa = info_type == SCTP_SENDV_SPA ? info : NULL;

	if (spa != NULL && (spa->sendv_flags & SCTP_SEND_PRINFO_VALID) && spa->sendv_prinfo.pr_policy == SCTP_PR_SCTP_TTL) {
		link_start_lifetime(so, id, spa->sendv_prinfo.pr_value);
	}
}

/* SCTP_SENDALL sends a message on each association of a one-to-many socket. None may be resetting its stream. */
static int may_send_all(struct socket *so, struct sctp_sndinfo *sndinfo)
{
	if (link_has_one_association(so)) {
		sndinfo->snd_flags &= (uint16_t)~SCTP_SENDALL; /* ignored there */
		return 1;
	}
	return !link_resets_stream(so, sndinfo->snd_sid);
}

/*
 * With explicit EOR a message of any size may wait for room. usrsctp returns EMSGSIZE for one that is larger than the
 * buffer.
 */
static int would_block(struct socket *so, int error, uint16_t wanted)
{
	int is_too_large =
		!UPSTREAM_ANSWERS_RIGHTLY && error == EMSGSIZE && (wanted & SCTP_ABORT) == 0 && link_has_explicit_eor(so);

	return error == EWOULDBLOCK || is_too_large;
}

/* What to return for the rest of an abandoned message, which may come with SCTP_EOF. */
static int discarded(struct socket *so, sctp_assoc_t id, uint32_t length, uint16_t wanted)
{
	int error = (wanted & SCTP_EOF) != 0 ? link_shut_down(so, id) : 0;

	return error < 0 ? error : (int)length;
}

EXPORT int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                        uint32_t info_length, uint32_t info_type, int flags)
{
	struct socket *so = socket_of(handle);
	struct sctp_sndinfo *sndinfo = (struct sctp_sndinfo *)sndinfo_of(info, info_type);
	sctp_assoc_t id = sndinfo != NULL ? sndinfo->snd_assoc_id : 0;
	uint16_t wanted = sndinfo != NULL ? sndinfo->snd_flags : 0;
	int is_end = length == 0 && (wanted & SCTP_EOF) != 0;
	ssize_t sent;

	if (so == NULL) {
		return -EBADF;
	}
	if ((wanted & SCTP_SENDALL) != 0 && !may_send_all(so, sndinfo)) {
		return -EAGAIN;
	}
	if (length > 0 && sndinfo != NULL && (wanted & SCTP_ABORT) == 0) {
		switch (link_rest_of(so, id, sndinfo->snd_sid, (wanted & SCTP_EOR) != 0)) {
		case LINK_REST_REFUSE: return -EINTR;
		case LINK_REST_DISCARD: return discarded(so, id, length, wanted);
		case LINK_REST_SEND: break;
		}
	}
	sent = send_past_shutdown(so, data, length, to, count, info, info_length, info_type, flags);
	if (sent < 0 && (is_end || !would_block(so, errno, wanted))) {
		return refusal(so, id, errno, is_end);
	}
	if (!UPSTREAM_ANSWERS_RIGHTLY && sent < 0 && (wanted & SCTP_ABORT) != 0) {
		return abort_anyway(so, data, length, to, id);
	}
	if (!UPSTREAM_ANSWERS_RIGHTLY && sent >= 0 && (wanted & SCTP_EOF) != 0 && !link_has_association(so, id)) {
		return -ECONNABORTED; /* another message was unfinished, and can't be finished any more */
	}
	if (sent <= 0 && length > 0) {
		ssize_t some = send_some(so, data, length, info, info_length, info_type);

		sent = some > 0 ? some : sent;
	}
	if (sent > 0) {
		start_lifetime(so, id, info, info_type);
	}
	if (sent < (ssize_t)length) {
		link_send_buffer_full(so, id);
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

		link_data_read(so, id, (uint32_t)received);
	}
	link_update_has_more(so);
	return received < 0 ? -errno : (int)received;
}

EXPORT int bridge_get_events(int handle)
{
	int events = usrsctp_get_events(socket_of(handle));

	return events < 0 ? -errno : events;
}
