/* Prints messages and notifications of the socket as lines. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

#include "peer.h"

static char message[MESSAGE_BYTES];
static size_t message_bytes;

void subscribe(struct peer *peer)
{
	struct sctp_event_subscribe events;

	memset(&events, 1, sizeof events);
	events.sctp_sender_dry_event = 0;
	events.sctp_send_failure_event = 0; /* replaced by the newer event */
	if (setsockopt(peer->socket, IPPROTO_SCTP, SCTP_EVENTS, &events, sizeof events) < 0)
		perror("SCTP_EVENTS");
}

static void association_changed(struct peer *peer, const struct sctp_assoc_change *change)
{
	static const char *const names[] = {"up", "lost", "restart", "shut down", "not started"};

	if (change->sac_state == SCTP_COMM_UP || change->sac_state == SCTP_RESTART) {
		peer->association = change->sac_assoc_id;
		message_bytes = 0;
	}
	printf("%s in=%u out=%u error=%u\n", names[change->sac_state % 5], change->sac_inbound_streams,
	       change->sac_outbound_streams, change->sac_error);
}

static void path_changed(const struct sctp_paddr_change *change)
{
	static const char *const names[] = {"available",    "unreachable", "removed",	         "added",
	                                    "made primary", "confirmed",   "potentially failed"};
	const struct sockaddr_in *address = (const struct sockaddr_in *)&change->spc_aaddr;
	char text[INET_ADDRSTRLEN] = "?";

	inet_ntop(AF_INET, &address->sin_addr, text, sizeof text);
	printf("path %s %s\n", text, names[(unsigned)change->spc_state % 7]);
}

static const char *outcome(unsigned flags)
{
	return flags & SCTP_STREAM_RESET_DENIED ? "denied" : flags & SCTP_STREAM_RESET_FAILED ? "failed" : "performed";
}

static void streams_reset(const struct sctp_stream_reset_event *event)
{
	size_t count = (event->strreset_length - sizeof *event) / sizeof event->strreset_stream_list[0];

	printf("streams reset %s %s", event->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN ? "outgoing" : "incoming",
	       outcome(event->strreset_flags));
	for (size_t i = 0; i < count; i++)
		printf(" %u", event->strreset_stream_list[i]);
	printf("\n");
}

static void notified(struct peer *peer, const union sctp_notification *event)
{
	switch (event->sn_header.sn_type) {
	case SCTP_ASSOC_CHANGE:
		return association_changed(peer, &event->sn_assoc_change);
	case SCTP_PEER_ADDR_CHANGE:
		return path_changed(&event->sn_paddr_change);
	case SCTP_SHUTDOWN_EVENT:
		printf("peer shuts down\n");
		return;
	case SCTP_STREAM_RESET_EVENT:
		return streams_reset(&event->sn_strreset_event);
	case SCTP_ASSOC_RESET_EVENT:
		printf("association reset %s\n", outcome(event->sn_assocreset_event.assocreset_flags));
		return;
	case SCTP_STREAM_CHANGE_EVENT:
		printf("streams added %s in=%u out=%u\n", outcome(event->sn_strchange_event.strchange_flags),
		       event->sn_strchange_event.strchange_instrms, event->sn_strchange_event.strchange_outstrms);
		return;
	case SCTP_REMOTE_ERROR:
		printf("remote error cause=%u\n", ntohs(event->sn_remote_error.sre_error));
		return;
	default:
		printf("notification %#x\n", event->sn_header.sn_type);
	}
}

static void send_back(struct peer *peer, const struct sctp_sndrcvinfo *received)
{
	struct sctp_sndrcvinfo info = {.sinfo_assoc_id = received->sinfo_assoc_id,
	                               .sinfo_stream = received->sinfo_stream,
	                               .sinfo_ppid = received->sinfo_ppid,
	                               .sinfo_flags = received->sinfo_flags & SCTP_UNORDERED};

	if (sctp_send(peer->socket, message, message_bytes, &info, 0) < 0)
		perror("echo");
}

static void received(struct peer *peer, const struct sctp_sndrcvinfo *info)
{
	if (peer->echo)
		send_back(peer, info);
	else
		printf("message stream=%u ppid=%u bytes=%zu%s\n", info->sinfo_stream, ntohl(info->sinfo_ppid), message_bytes,
		       info->sinfo_flags & SCTP_UNORDERED ? " unordered" : "");
	message_bytes = 0;
}

void read_event(struct peer *peer)
{
	struct sctp_sndrcvinfo info = {0};
	int flags = 0;
	char *to = message + message_bytes;
	ssize_t bytes = sctp_recvmsg(peer->socket, to, sizeof message - message_bytes, NULL, NULL, &info, &flags);

	if (bytes < 0) {
		printf("receive: %s\n", strerror(errno));
	} else if (flags & MSG_NOTIFICATION) {
		notified(peer, (const union sctp_notification *)to);
	} else {
		message_bytes += (size_t)bytes;
		if (flags & MSG_EOR)
			received(peer, &info);
	}
}
