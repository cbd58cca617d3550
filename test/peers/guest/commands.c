/* The commands for a test; the table at the end lists them. */
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "peer.h"

#define MOST_WORDS 16

struct words {
	int count;
	char *word[MOST_WORDS];
};

static int number(const struct words *words, int index)
{
	return index < words->count ? atoi(words->word[index]) : 0;
}

static int option(struct peer *peer, int name, const void *value, size_t bytes)
{
	return setsockopt(peer->socket, IPPROTO_SCTP, name, value, (socklen_t)bytes);
}

/* Parses the words from `first` on as addresses. */
static int addresses(const struct words *words, int first, int port, struct sockaddr_in *to)
{
	int count = 0;

	for (int i = first; i < words->count; i++, count++) {
		to[count] = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
		inet_pton(AF_INET, words->word[i], &to[count].sin_addr);
	}
	return count;
}

/* receive-buffer BYTES: before `listen`. 1,024 gives a window of 1,500, the smallest that the kernel announces. */
static int receive_buffer(struct peer *peer, const struct words *words)
{
	int bytes = number(words, 1);

	return setsockopt(peer->socket, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof bytes);
}

/* send-buffer BYTES, more than net.core.wmem_max */
static int send_buffer(struct peer *peer, const struct words *words)
{
	int bytes = number(words, 1);

	return setsockopt(peer->socket, SOL_SOCKET, SO_SNDBUFFORCE, &bytes, sizeof bytes);
}

/* listen PORT ADDRESS… */
static int listen_at(struct peer *peer, const struct words *words)
{
	struct sockaddr_in list[MOST_WORDS];
	int count = addresses(words, 2, number(words, 1), list);

	if (sctp_bindx(peer->socket, (struct sockaddr *)list, count, SCTP_BINDX_ADD_ADDR) < 0)
		return -1;
	return listen(peer->socket, 16);
}

/* connect PORT ADDRESS… */
static int connect_to(struct peer *peer, const struct words *words)
{
	struct sockaddr_in list[MOST_WORDS];
	int count = addresses(words, 2, number(words, 1), list);

	return sctp_connectx(peer->socket, (struct sockaddr *)list, count, NULL);
}

/* add-address PORT ADDRESS… and remove-address PORT ADDRESS…: ASCONF if there is an association */
static int change_addresses(struct peer *peer, const struct words *words)
{
	struct sockaddr_in list[MOST_WORDS];
	int count = addresses(words, 2, number(words, 1), list);
	int flags = words->word[0][0] == 'a' ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR;

	return sctp_bindx(peer->socket, (struct sockaddr *)list, count, flags);
}

/* ask-primary PORT ADDRESS: asks the peer to use this address as its primary path */
static int ask_primary(struct peer *peer, const struct words *words)
{
	struct sctp_setpeerprim ask = {.sspp_assoc_id = peer->association};

	addresses(words, 2, number(words, 1), (struct sockaddr_in *)&ask.sspp_addr);
	return option(peer, SCTP_SET_PEER_PRIMARY_ADDR, &ask, sizeof ask);
}

/* send STREAM PPID BYTES COUNT [unordered]: byte i of message n is i + n */
static int send_messages(struct peer *peer, const struct words *words)
{
	static unsigned char message[MESSAGE_BYTES];
	struct sctp_sndrcvinfo info = {.sinfo_assoc_id = peer->association,
	                               .sinfo_stream = (uint16_t)number(words, 1),
	                               .sinfo_ppid = htonl((uint32_t)number(words, 2)),
	                               .sinfo_flags = peer->policy | (words->count > 5 ? SCTP_UNORDERED : 0),
	                               .sinfo_timetolive = peer->policy_value};
	int bytes = number(words, 3);

	for (int n = 0; n < number(words, 4); n++) {
		for (int i = 0; i < bytes; i++)
			message[i] = (unsigned char)(i + n);
		if (sctp_send(peer->socket, message, (size_t)bytes, &info, 0) < 0)
			return -1;
	}
	return 0;
}

/* retransmits N, lifetime MS and never: when messages sent from now on are abandoned (PR-SCTP) */
static int give_up(struct peer *peer, const struct words *words)
{
	char first = words->word[0][0];

	peer->policy = first == 'r' ? SCTP_PR_SCTP_RTX : first == 'l' ? SCTP_PR_SCTP_TTL : SCTP_PR_SCTP_NONE;
	peer->policy_value = (uint32_t)number(words, 1);
	return 0;
}

/* authenticate TYPE: requires authentication of chunks of this type; before an association */
static int authenticate(struct peer *peer, const struct words *words)
{
	struct sctp_authchunk chunk = {.sauth_chunk = (uint8_t)number(words, 1)};

	return option(peer, SCTP_AUTH_CHUNK, &chunk, sizeof chunk);
}

/* key NUMBER TEXT: sets a shared key and sends with it */
static int key(struct peer *peer, const struct words *words)
{
	size_t bytes = strlen(words->word[2]), size = sizeof(struct sctp_authkey) + bytes;
	struct sctp_authkey *shared = calloc(1, size);
	struct sctp_authkeyid active = {.scact_keynumber = (uint16_t)number(words, 1)};

	shared->sca_keynumber = active.scact_keynumber;
	shared->sca_keylength = (uint16_t)bytes;
	memcpy(shared->sca_key, words->word[2], bytes);
	if (option(peer, SCTP_AUTH_KEY, shared, size) < 0)
		return -1;
	return option(peer, SCTP_AUTH_ACTIVE_KEY, &active, sizeof active);
}

/* allow-reset: grants every request of RFC 6525; before an association */
static int allow_reset(struct peer *peer, const struct words *words)
{
	struct sctp_assoc_value all = {.assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = SCTP_ENABLE_STRRESET_MASK};

	(void)words;
	return option(peer, SCTP_ENABLE_STREAM_RESET, &all, sizeof all);
}

/* reset outgoing|incoming STREAM */
static int reset_stream(struct peer *peer, const struct words *words)
{
	size_t size = sizeof(struct sctp_reset_streams) + sizeof(uint16_t);
	struct sctp_reset_streams *ask = calloc(1, size);

	ask->srs_assoc_id = peer->association;
	ask->srs_flags = words->word[1][0] == 'o' ? SCTP_STREAM_RESET_OUTGOING : SCTP_STREAM_RESET_INCOMING;
	ask->srs_number_streams = 1;
	ask->srs_stream_list[0] = (uint16_t)number(words, 2);
	return option(peer, SCTP_RESET_STREAMS, ask, size);
}

static int reset_association(struct peer *peer, const struct words *words)
{
	(void)words;
	return option(peer, SCTP_RESET_ASSOC, &peer->association, sizeof peer->association);
}

/* add-streams OUTBOUND INBOUND */
static int add_streams(struct peer *peer, const struct words *words)
{
	struct sctp_add_streams ask = {.sas_assoc_id = peer->association,
	                               .sas_outstrms = (uint16_t)number(words, 1),
	                               .sas_instrms = (uint16_t)number(words, 2)};

	return option(peer, SCTP_ADD_STREAMS, &ask, sizeof ask);
}

static int echo(struct peer *peer, const struct words *words)
{
	(void)words;
	peer->echo = true;
	return 0;
}

/* shutdown and abort, of the association */
static int end(struct peer *peer, const struct words *words)
{
	struct sctp_sndrcvinfo info = {.sinfo_assoc_id = peer->association,
	                               .sinfo_flags = words->word[0][0] == 's' ? SCTP_EOF : SCTP_ABORT};

	return sctp_send(peer->socket, NULL, 0, &info, 0);
}

static const struct {
	const char *name;
	int (*run)(struct peer *peer, const struct words *words);
} commands[] = {
        {"receive-buffer", receive_buffer},
        {"send-buffer", send_buffer},
        {"listen", listen_at},
        {"connect", connect_to},
        {"add-address", change_addresses},
        {"remove-address", change_addresses},
        {"ask-primary", ask_primary},
        {"send", send_messages},
        {"retransmits", give_up},
        {"lifetime", give_up},
        {"never", give_up},
        {"authenticate", authenticate},
        {"key", key},
        {"allow-reset", allow_reset},
        {"reset", reset_stream},
        {"reset-association", reset_association},
        {"add-streams", add_streams},
        {"echo", echo},
        {"shutdown", end},
        {"abort", end},
};

void run_command(struct peer *peer, char *line)
{
	struct words words = {0};
	char *rest = line, *word;

	while (words.count < MOST_WORDS && (word = strsep(&rest, " ")) != NULL)
		words.word[words.count++] = word;
	for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
		if (strcmp(words.word[0], commands[i].name) != 0)
			continue;
		if (commands[i].run(peer, &words) < 0)
			printf("failed %s: %s\n", words.word[0], strerror(errno));
		else
			printf("done %s\n", words.word[0]);
		return;
	}
	printf("failed %s: there is no such command\n", words.word[0]);
}
