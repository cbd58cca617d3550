/*
 * peer UDP_PORT PEER_UDP_PORT SCTP_PORT: a one-to-many socket of Debian's libusrsctp, over UDP, that a test controls with
 * lines on standard input. Each command is answered with `done` or `failed`; each message and notification is printed as a
 * line. The program ends at the end of its input.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usrsctp.h>

#define MOST_WORDS 16
#define LARGEST_MESSAGE 1000000

struct words {
	int count;
	char *word[MOST_WORDS];
};

static struct socket *so;
static uint16_t port;
static sctp_assoc_t association; /* the last one that came up: commands apply to it */
static struct sctp_prinfo policy;
static size_t received_bytes; /* of the message that is being received */

/* --- messages and notifications ------------------------------------------------------------------------------- */

static void association_changed(const struct sctp_assoc_change *change)
{
	static const char *const names[] = {"?", "up", "lost", "restart", "shut down", "not started"};

	if (change->sac_state == SCTP_COMM_UP) {
		association = change->sac_assoc_id;
	}
	printf("%s\n", names[change->sac_state % 6]);
}

static void path_changed(const struct sctp_paddr_change *change)
{
	static const char *const names[] = {"?", "available", "unreachable", "removed", "added", "made primary", "confirmed"};
	const struct sockaddr_in *sin = (const struct sockaddr_in *)&change->spc_aaddr;
	const struct sockaddr_in6 *sin6 = (const struct sockaddr_in6 *)&change->spc_aaddr;
	char text[INET6_ADDRSTRLEN] = "?";

	inet_ntop(sin->sin_family, sin->sin_family == AF_INET ? (const void *)&sin->sin_addr : &sin6->sin6_addr, text,
	          sizeof(text));
	printf("path %s %s\n", text, names[change->spc_state % 7]);
}

static void streams_reset(const struct sctp_stream_reset_event *event)
{
	size_t count = (event->strreset_length - sizeof(*event)) / sizeof(event->strreset_stream_list[0]);
	int is_refused = (event->strreset_flags & (SCTP_STREAM_RESET_DENIED | SCTP_STREAM_RESET_FAILED)) != 0;

	printf("streams reset %s %s", event->strreset_flags & SCTP_STREAM_RESET_OUTGOING_SSN ? "outgoing" : "incoming",
	       is_refused ? "refused" : "performed");
	for (size_t i = 0; i < count; i++) {
		printf(" %u", event->strreset_stream_list[i]);
	}
	printf("\n");
}

static void notified(const union sctp_notification *event)
{
	switch (event->sn_header.sn_type) {
	case SCTP_ASSOC_CHANGE: association_changed(&event->sn_assoc_change); break;
	case SCTP_PEER_ADDR_CHANGE: path_changed(&event->sn_paddr_change); break;
	case SCTP_STREAM_RESET_EVENT: streams_reset(&event->sn_strreset_event); break;
	case SCTP_STREAM_CHANGE_EVENT:
		printf("streams added in=%u out=%u\n", event->sn_strchange_event.strchange_instrms,
		       event->sn_strchange_event.strchange_outstrms);
		break;
	default: printf("notification %#x\n", event->sn_header.sn_type);
	}
}

static int receive(struct socket *from, union sctp_sockstore address, void *data, size_t bytes, struct sctp_rcvinfo info,
                   int flags, void *context)
{
	(void)from, (void)address, (void)context;
	if (data != NULL && (flags & MSG_NOTIFICATION) != 0) {
		notified(data);
	} else if (data != NULL) {
		received_bytes += bytes;
		if (flags & MSG_EOR) {
			printf("message stream=%u ssn=%u ppid=%u bytes=%zu\n", info.rcv_sid, info.rcv_ssn, ntohl(info.rcv_ppid),
			       received_bytes);
			received_bytes = 0;
		}
	}
	free(data);
	return 1;
}

/* --- commands --------------------------------------------------------------------------------------------------- */

static uint32_t number(const struct words *words, int index)
{
	return index < words->count ? (uint32_t)atoi(words->word[index]) : 0;
}

static int option(int name, const void *value, size_t bytes)
{
	return usrsctp_setsockopt(so, IPPROTO_SCTP, name, value, (socklen_t)bytes);
}

/* Writes the words from `first` on as addresses, one after the other, as bindx() and connectx() read them. */
static int addresses(const struct words *words, int first, uint16_t to, uint8_t *list)
{
	int count = 0;

	for (int i = first; i < words->count; i++, count++) {
		struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(to)};
		struct sockaddr_in6 sin6 = {.sin6_family = AF_INET6, .sin6_port = htons(to)};

		if (inet_pton(AF_INET, words->word[i], &sin.sin_addr) == 1) {
			memcpy(list, &sin, sizeof(sin));
			list += sizeof(sin);
		} else {
			inet_pton(AF_INET6, words->word[i], &sin6.sin6_addr);
			memcpy(list, &sin6, sizeof(sin6));
			list += sizeof(sin6);
		}
	}
	return count;
}

/* add-address ADDRESS… (also before the set-up) and remove-address ADDRESS… */
static int change_addresses(const struct words *words)
{
	uint8_t list[MOST_WORDS * sizeof(struct sockaddr_in6)];
	int count = addresses(words, 1, port, list);

	return usrsctp_bindx(so, (struct sockaddr *)list, count,
	                     words->word[0][0] == 'a' ? SCTP_BINDX_ADD_ADDR : SCTP_BINDX_REM_ADDR);
}

static int listen_now(const struct words *words)
{
	(void)words;
	return usrsctp_listen(so, 1);
}

/* connect PORT ADDRESS… */
static int connect_to(const struct words *words)
{
	uint8_t list[MOST_WORDS * sizeof(struct sockaddr_in6)];
	int count = addresses(words, 2, (uint16_t)number(words, 1), list);

	return usrsctp_connectx(so, (struct sockaddr *)list, count, NULL) < 0 && errno != EINPROGRESS ? -1 : 0;
}

/* send STREAM PPID BYTES COUNT: byte i of message n is i + n */
static int send_messages(const struct words *words)
{
	static uint8_t message[LARGEST_MESSAGE];
	struct sctp_sendv_spa spa = {.sendv_flags = SCTP_SEND_SNDINFO_VALID | SCTP_SEND_PRINFO_VALID,
	                             .sendv_prinfo = policy};
	uint32_t bytes = number(words, 3);

	spa.sendv_sndinfo.snd_sid = (uint16_t)number(words, 1);
	spa.sendv_sndinfo.snd_ppid = htonl(number(words, 2));
	spa.sendv_sndinfo.snd_assoc_id = association;
	for (uint32_t n = 0; n < number(words, 4); n++) {
		for (uint32_t i = 0; i < bytes; i++) {
			message[i] = (uint8_t)(i + n);
		}
		if (usrsctp_sendv(so, message, bytes, NULL, 0, &spa, sizeof(spa), SCTP_SENDV_SPA, 0) < 0) {
			return -1;
		}
	}
	return 0;
}

/* retransmits N, lifetime MS and never: when messages that are sent from now on are abandoned */
static int give_up(const struct words *words)
{
	char first = words->word[0][0];

	policy.pr_policy = first == 'r' ? SCTP_PR_SCTP_RTX : first == 'l' ? SCTP_PR_SCTP_TTL : SCTP_PR_SCTP_NONE;
	policy.pr_value = number(words, 1);
	return 0;
}

/* rto INITIAL MIN MAX, in ms */
static int set_rto(const struct words *words)
{
	struct sctp_rtoinfo rto = {.srto_initial = number(words, 1),
	                           .srto_min = number(words, 2),
	                           .srto_max = number(words, 3)};

	return option(SCTP_RTOINFO, &rto, sizeof(rto));
}

/* authenticate TYPE: requires authentication of chunks of this type; before the set-up */
static int authenticate(const struct words *words)
{
	struct sctp_authchunk chunk = {.sauth_chunk = (uint8_t)number(words, 1)};

	return option(SCTP_AUTH_CHUNK, &chunk, sizeof(chunk));
}

/* key NUMBER TEXT: sets a shared key and sends with it */
static int set_key(const struct words *words)
{
	size_t bytes = strlen(words->word[2]), size = sizeof(struct sctp_authkey) + bytes;
	struct sctp_authkey *key = calloc(1, size);
	struct sctp_authkeyid active = {.scact_keynumber = (uint16_t)number(words, 1)};
	int result;

	key->sca_keynumber = active.scact_keynumber;
	key->sca_keylength = (uint16_t)bytes;
	memcpy(key->sca_key, words->word[2], bytes);
	result = option(SCTP_AUTH_KEY, key, size);
	free(key);
	return result < 0 ? result : option(SCTP_AUTH_ACTIVE_KEY, &active, sizeof(active));
}

/* reset outgoing|incoming STREAM */
static int reset_stream(const struct words *words)
{
	struct {
		struct sctp_reset_streams ask;
		uint16_t stream;
	} reset = {.ask = {.srs_assoc_id = association, .srs_number_streams = 1}, .stream = (uint16_t)number(words, 2)};

	reset.ask.srs_flags = words->word[1][0] == 'o' ? SCTP_STREAM_RESET_OUTGOING : SCTP_STREAM_RESET_INCOMING;
	return option(SCTP_RESET_STREAMS, &reset, sizeof(reset.ask) + sizeof(reset.stream));
}

/* add-streams OUTBOUND INBOUND */
static int add_streams(const struct words *words)
{
	struct sctp_add_streams ask = {.sas_assoc_id = association,
	                               .sas_outstrms = (uint16_t)number(words, 1),
	                               .sas_instrms = (uint16_t)number(words, 2)};

	return option(SCTP_ADD_STREAMS, &ask, sizeof(ask));
}

static const struct {
	const char *name;
	int (*run)(const struct words *words);
} commands[] = {
	{"add-address", change_addresses}, {"remove-address", change_addresses},
	{"listen", listen_now},            {"connect", connect_to},
	{"send", send_messages},           {"retransmits", give_up},
	{"lifetime", give_up},             {"never", give_up},
	{"rto", set_rto},                  {"authenticate", authenticate},
	{"key", set_key},                  {"reset", reset_stream},
	{"add-streams", add_streams},
};

static void run_command(char *line)
{
	struct words words = {0};
	char *word;

	while (words.count < MOST_WORDS && (word = strsep(&line, " \n")) != NULL) {
		if (*word != '\0') {
			words.word[words.count++] = word;
		}
	}
	for (size_t i = 0; words.count > 0 && i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (strcmp(words.word[0], commands[i].name) == 0) {
			if (commands[i].run(&words) < 0) {
				printf("failed %s: %s\n", words.word[0], strerror(errno));
			} else {
				printf("done %s\n", words.word[0]);
			}
			return;
		}
	}
	printf("failed: there is no such command\n");
}

/* --- the socket --------------------------------------------------------------------------------------------------- */

static void open_socket(uint16_t peer_udp_port)
{
	static const uint16_t types[] = {SCTP_ASSOC_CHANGE, SCTP_PEER_ADDR_CHANGE, SCTP_STREAM_RESET_EVENT,
	                                 SCTP_STREAM_CHANGE_EVENT};
	struct sctp_udpencaps encaps = {.sue_address.ss_family = AF_INET6, .sue_port = htons(peer_udp_port)};
	struct sctp_assoc_value all = {.assoc_id = SCTP_FUTURE_ASSOC, .assoc_value = SCTP_ENABLE_VALUE_MASK};
	struct sctp_initmsg streams = {.sinit_num_ostreams = 10, .sinit_max_instreams = 100};
	int off = 0, on = 1;

	so = usrsctp_socket(AF_INET6, SOCK_SEQPACKET, IPPROTO_SCTP, receive, NULL, 0, NULL);
	if (so == NULL || option(SCTP_I_WANT_MAPPED_V4_ADDR, &off, sizeof(off)) < 0 ||
	    option(SCTP_NODELAY, &on, sizeof(on)) < 0 ||
	    option(SCTP_REMOTE_UDP_ENCAPS_PORT, &encaps, sizeof(encaps)) < 0 ||
	    option(SCTP_ENABLE_STREAM_RESET, &all, sizeof(all)) < 0 || option(SCTP_INITMSG, &streams, sizeof(streams)) < 0) {
		perror("socket");
		exit(1);
	}
	for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
		struct sctp_event event = {.se_assoc_id = SCTP_FUTURE_ASSOC, .se_type = types[i], .se_on = 1};

		if (option(SCTP_EVENT, &event, sizeof(event)) < 0) {
			perror("SCTP_EVENT");
			exit(1);
		}
	}
}

int main(int argc, char **argv)
{
	char line[512];

	if (argc != 4) {
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	usrsctp_init((uint16_t)atoi(argv[1]), NULL, NULL);
	// For root, usrsctp also opens raw sockets on all addresses: don't ABORT associations over IP of other tests.
	usrsctp_sysctl_set_sctp_blackhole(2);
	port = (uint16_t)atoi(argv[3]);
	open_socket((uint16_t)atoi(argv[2]));
	printf("ready\n");
	while (fgets(line, sizeof(line), stdin) != NULL) {
		run_command(line);
	}
	return 0;
}
