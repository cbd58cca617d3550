/*
 * The C side alone, natively compiled, driven by lines on standard input: calls, and the packets that a peer sends. One host
 * with the addresses 10.0.0.1 and 10.0.1.1; its clock moves when it is told to.
 *
 *   socket one-to-one|one-to-many   bind H PORT   listen H   accept H   connect H ADDRESS PORT   peeloff H ID
 *   send H STREAM FLAGS BYTES   recv H   shutdown H HOW   close H   setopt H LEVEL NAME HEX
 *   prepare H OUTBOUND INBOUND RESETS   packet SOURCE DESTINATION HEX   time MS
 *
 * H is the handle of a socket. Each line is answered by the packets that left, `out SOURCE DESTINATION HEX`, and by
 * `= RESULT`, where a negative result is -errno. That of recv is `= BYTES FLAGS STREAM HEX`, with 64 bytes at most.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <usrsctp.h>

#include "host.h"
#include "link.h"

struct link_state *link_state(void);
void link_enter(double now_ms);
void link_leave(void);
void link_timers(void);
void link_input(uint32_t bytes);
int link_add_address(const uint8_t *address, uint32_t family, uint32_t index, int dynamic);
void bridge_init(int udp_port);
int bridge_finish(void);
int bridge_socket(int domain, int type, int protocol);
int bridge_close(int handle);
int bridge_shutdown(int handle, int how);
int bridge_bind(int handle, struct sockaddr *address, int length);
int bridge_listen(int handle, int backlog);
int bridge_accept(int handle, struct sockaddr *address, socklen_t *length);
int bridge_connect(int handle, struct sockaddr *address, int length);
int bridge_peeloff(int handle, uint32_t id);
int bridge_setsockopt(int handle, int level, int name, const void *value, uint32_t length);
int bridge_prepare(int handle, int no_delay, uint32_t outbound, uint32_t inbound, uint32_t resets, uint32_t port);
int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                 uint32_t info_length, uint32_t info_type, int flags);
int bridge_recvv(int handle, void *buffer, uint32_t length, struct sockaddr *from, socklen_t *from_length, void *info,
                 socklen_t *info_length, unsigned int *info_type, int *flags);
void bridge_ready_taken(void);

#define STEP_MS 5
#define SHOWN 64
#define LARGEST 262144

static double now_ms = 1000;
static uint8_t buffer[LARGEST];

/* --- the host ------------------------------------------------------------------------------------------------- */

void host_random(void *bytes, size_t length)
{
	static uint64_t state = 0x9e3779b97f4a7c15ULL;

	for (size_t i = 0; i < length; i++) {
		state = state * 6364136223846793005ULL + 1442695040888963407ULL;
		((uint8_t *)bytes)[i] = (uint8_t)(state >> 56);
	}
}

/* 10.0.N.x is reached from interface N + 1. */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2])
{
	mtu[0] = 1500;
	mtu[1] = 0;
	return family == 4 ? destination[2] + 1u : 0;
}

void host_panic(const char *message, size_t length)
{
	fprintf(stderr, "panic: %.*s\n", (int)length, message);
}

/* --- bytes as text -------------------------------------------------------------------------------------------- */

static uint32_t from_hex(const char *text, uint8_t *bytes)
{
	uint32_t length = 0;
	unsigned int value;

	while (length < LARGEST && sscanf(text + 2 * length, "%2x", &value) == 1) {
		bytes[length++] = (uint8_t)value;
	}
	return length;
}

static void print_hex(const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		printf("%02x", bytes[i]);
	}
	printf("\n");
}

static void print_packets(void)
{
	struct link_state *state = link_state();
	char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];

	for (uint32_t at = 0; at < state->outbox_bytes;) {
		const struct link_packet *packet = (const struct link_packet *)(state->outbox + at);

		inet_ntop(AF_INET, packet->source, source, sizeof(source));
		inet_ntop(AF_INET, packet->destination, destination, sizeof(destination));
		printf("out %s %s ", source, destination);
		print_hex((const uint8_t *)(packet + 1), packet->length);
		at += (uint32_t)(sizeof(*packet) + ((packet->length + 3) & ~3u));
	}
	state->outbox_bytes = 0;
}

/* --- what a line can say -------------------------------------------------------------------------------------- */

static int do_socket(char **words)
{
	return bridge_socket(AF_INET, strcmp(words[0], "one-to-many") == 0 ? SOCK_SEQPACKET : SOCK_STREAM, IPPROTO_SCTP);
}

static struct sockaddr_in endpoint(const char *address, const char *port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)atoi(port))};

	inet_pton(AF_INET, address, &sin.sin_addr);
	return sin;
}

static int do_bind(char **words)
{
	struct sockaddr_in sin = endpoint("0.0.0.0", words[1]);

	return bridge_bind(atoi(words[0]), (struct sockaddr *)&sin, sizeof(sin));
}

static int do_listen(char **words)
{
	return bridge_listen(atoi(words[0]), 16);
}

static int do_accept(char **words)
{
	return bridge_accept(atoi(words[0]), NULL, NULL);
}

static int do_connect(char **words)
{
	struct sockaddr_in sin = endpoint(words[1], words[2]);

	return bridge_connect(atoi(words[0]), (struct sockaddr *)&sin, sizeof(sin));
}

static int do_peeloff(char **words)
{
	return bridge_peeloff(atoi(words[0]), (uint32_t)strtoul(words[1], NULL, 10));
}

static int do_send(char **words)
{
	struct sctp_sndinfo info = {.snd_sid = (uint16_t)atoi(words[1]), .snd_flags = (uint16_t)atoi(words[2])};
	uint32_t bytes = (uint32_t)atoi(words[3]);

	memset(buffer, 0, sizeof(buffer));
	return bridge_sendv(atoi(words[0]), buffer, bytes < LARGEST ? bytes : LARGEST, NULL, 0, &info, sizeof(info),
	                    SCTP_SENDV_SNDINFO, 0);
}

static int do_recv(char **words)
{
	struct sctp_rcvinfo info = {0};
	struct sockaddr_storage from;
	socklen_t from_length = sizeof(from), info_length = sizeof(info);
	unsigned int type = 0;
	int flags = 0, length = bridge_recvv(atoi(words[0]), buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info,
	                                     &info_length, &type, &flags);

	print_packets();
	printf("= %d %d %u ", length, flags, info.rcv_sid);
	print_hex(buffer, length < 0 ? 0 : length < SHOWN ? (uint32_t)length : SHOWN);
	return 0;
}

static int do_shutdown(char **words)
{
	return bridge_shutdown(atoi(words[0]), atoi(words[1]));
}

static int do_close(char **words)
{
	return bridge_close(atoi(words[0]));
}

static int do_setopt(char **words)
{
	uint32_t length = from_hex(words[3], buffer);

	return bridge_setsockopt(atoi(words[0]), atoi(words[1]), atoi(words[2]), buffer, length);
}

static int do_prepare(char **words)
{
	return bridge_prepare(atoi(words[0]), 1, (uint32_t)atoi(words[1]), (uint32_t)atoi(words[2]), (uint32_t)atoi(words[3]), 0);
}

static int do_packet(char **words)
{
	struct link_packet *packet = (struct link_packet *)link_state()->inbox;

	memset(packet, 0, sizeof(*packet));
	packet->family = 4;
	inet_pton(AF_INET, words[0], packet->source);
	inet_pton(AF_INET, words[1], packet->destination);
	packet->length = from_hex(words[2], (uint8_t *)(packet + 1));
	link_input((uint32_t)(sizeof(*packet) + ((packet->length + 3) & ~3u)));
	return 0;
}

static int do_time(char **words)
{
	for (int left = atoi(words[0]); left > 0; left -= STEP_MS) {
		link_leave();
		link_enter(now_ms += STEP_MS);
		link_timers();
	}
	return 0;
}

static const struct {
	const char *name;
	int words;
	int (*run)(char **words);
} commands[] = {
    {"socket", 1, do_socket},     {"bind", 2, do_bind},       {"listen", 1, do_listen}, {"accept", 1, do_accept},
    {"connect", 3, do_connect},   {"peeloff", 2, do_peeloff}, {"send", 4, do_send},     {"recv", 1, do_recv},
    {"shutdown", 2, do_shutdown}, {"close", 1, do_close},     {"setopt", 4, do_setopt}, {"prepare", 4, do_prepare},
    {"packet", 3, do_packet},     {"time", 1, do_time},
};

/* --- lines ---------------------------------------------------------------------------------------------------- */

static void run(char *line)
{
	char *words[5] = {NULL};
	int count = 0, result;

	for (char *word = strtok(line, " \n"); word != NULL && count < 5; word = strtok(NULL, " \n")) {
		words[count++] = word;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
		if (count == commands[i].words + 1 && strcmp(words[0], commands[i].name) == 0) {
			link_enter(now_ms);
			result = commands[i].run(words + 1);
			link_leave();
			bridge_ready_taken();
			if (commands[i].run != do_recv) {
				print_packets();
				printf("= %d\n", result);
			}
			return;
		}
	}
	fprintf(stderr, "no such command: %s\n", count > 0 ? words[0] : "");
	exit(2);
}

int main(void)
{
	static char line[3 * LARGEST];

	link_state();
	link_enter(now_ms);
	bridge_init(0);
	link_add_address((uint8_t[]){10, 0, 0, 1}, 4, 1, 0);
	link_add_address((uint8_t[]){10, 0, 1, 1}, 4, 2, 0);
	link_leave();
	while (fgets(line, sizeof(line), stdin) != NULL) {
		run(line);
		fflush(stdout);
	}
	return 0;
}
