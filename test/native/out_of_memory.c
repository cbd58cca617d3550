/*
 * Memory runs out in the C side: the n-th allocation fails, for each n, while a host that talks to itself sets up an
 * association, transfers messages, loses a path, resets a stream, changes an address, and closes.
 *
 *   out_of_memory [STEP]
 *
 * Each n, or each STEP-th one, is tried in a process of its own. The stack can't go on without memory, so that process
 * must end by link_panic() with "out of memory", before anything else is done: not by another signal, a report of a
 * sanitizer, or a hang. The last n is beyond all allocations. Then everything must work, and nothing may leak. Prints how
 * many allocations there were, and how many of them were made to fail.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bridge.h"

#define PORT 5001
#define MESSAGES 12
#define STEP_MS 20
#define LIMIT_S 60
#define ALLOCATIONS 3 /* the exit status if the host has worked, but no allocation has failed: no more are made */

static unsigned long fails_at, allocations;
static uint64_t random_state = 1;
static double now_ms = 1000;
static int second_path_only;

/* --- allocation: compile.sh replaces these calls of the C side ------------------------------------------------ */

void *__real_malloc(size_t bytes);
void *__real_realloc(void *block, size_t bytes);
void *__wrap_malloc(size_t bytes);
void *__wrap_realloc(void *block, size_t bytes);

static int has_memory(void)
{
	return ++allocations != fails_at;
}

void *__wrap_malloc(size_t bytes)
{
	return has_memory() ? __real_malloc(bytes) : NULL;
}

void *__wrap_realloc(void *block, size_t bytes)
{
	return has_memory() ? __real_realloc(block, bytes) : NULL;
}

/* --- the host's functions (wasm/host.h) ----------------------------------------------------------------------- */

void host_random(void *buffer, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
		((uint8_t *)buffer)[i] = (uint8_t)(random_state >> 56);
	}
}

/* 10.0.N.x is reached through interface N. */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2])
{
	mtu[0] = 1500;
	mtu[1] = 0;
	return family == 4 ? destination[2] : 0;
}

void host_path(const uint8_t *peer, uint32_t family, uint32_t ports, uint32_t is_added)
{
	(void)peer, (void)family, (void)ports, (void)is_added;
}

void host_panic(const char *message, size_t length)
{
	if (allocations < fails_at || length != strlen("out of memory") || memcmp(message, "out of memory", length) != 0) {
		fprintf(stderr, "allocation %lu: panic: %.*s\n", fails_at, (int)length, message);
		_exit(1);
	}
}

/* --- what the host does --------------------------------------------------------------------------------------- */

static void fail(const char *what, int result)
{
	fprintf(stderr, "allocation %lu: %s: %s\n", fails_at, what, strerror(-result));
	_exit(1);
}

static int check(const char *what, int result)
{
	if (result < 0 && result != -EINPROGRESS) {
		fail(what, result);
	}
	return result;
}

static struct sockaddr_in address(int path, int host)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(PORT + (uint16_t)host)};

	sin.sin_addr.s_addr = htonl((uint32_t)(10 << 24 | path << 8 | host));
	return sin;
}

static int open_socket(int host)
{
	struct sockaddr_in both[2] = {address(1, host), address(2, host)};
	struct sctp_assoc_value resets = {.assoc_value = SCTP_ENABLE_RESET_STREAM_REQ | SCTP_ENABLE_CHANGE_ASSOC_REQ};
	struct sctp_rtoinfo rto = {.srto_initial = 200, .srto_min = 100, .srto_max = 500};
	int handle = check("socket", bridge_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));

	check("prepare", bridge_prepare(handle, 1, 10, 10, 1, 0));
	check("setsockopt", bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_ENABLE_STREAM_RESET, &resets, sizeof(resets)));
	check("setsockopt", bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_RTOINFO, &rto, sizeof(rto)));
	check("bindx", bridge_bindx(handle, (struct sockaddr *)both, 2, SCTP_BINDX_ADD_ADDR));
	return handle;
}

/* Packets to the first path are lost once that is cut. */
static void deliver(void)
{
	struct link_state *state = link_state();

	link_leave();
	while (state->outbox_bytes > 0) {
		uint32_t bytes = state->outbox_bytes;
		uint8_t *outbox = __real_malloc(bytes);

		memcpy(outbox, state->outbox, bytes);
		state->outbox_bytes = 0;
		for (uint32_t at = 0; at < bytes; at += packet_size((const struct link_packet *)(outbox + at))) {
			const struct link_packet *packet = (const struct link_packet *)(outbox + at);

			if (!second_path_only || packet->destination[2] == 2) {
				memcpy(state->inbox, packet, packet_size(packet));
				link_input(packet_size(packet));
			}
		}
		free(outbox);
		link_leave();
	}
	bridge_ready_taken();
}

/* Reads all messages. Returns how many have ended. */
static int read_all(int handle)
{
	static uint8_t buffer[65536];
	int length, ended = 0;

	do {
		struct sctp_rcvinfo info;
		struct sockaddr_storage from;
		socklen_t from_length = sizeof(from), info_length = sizeof(info);
		unsigned int type = 0;
		int flags = 0;

		length = bridge_recvv(handle, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info, &info_length,
		                      &type, &flags);
		ended += length > 0 && (flags & MSG_NOTIFICATION) == 0 && (flags & MSG_EOR) != 0;
	} while (length > 0);
	return ended;
}

static int advance(int ms, int reader)
{
	int ended = 0;

	for (double end = now_ms + ms; now_ms < end;) {
		link_enter(now_ms += STEP_MS);
		link_timers();
		deliver();
		ended += reader > 0 ? read_all(reader) : 0;
	}
	return ended;
}

static void transfer(int from, int to)
{
	static uint8_t message[4000];
	struct sctp_sndinfo info = {.snd_flags = SCTP_EOR};
	int received = 0;

	for (int count = 0; count < MESSAGES; count++) {
		info.snd_sid = (uint16_t)(count % 3);
		check("send", bridge_sendv(from, message, sizeof(message), NULL, 0, &info, sizeof(info), SCTP_SENDV_SNDINFO, 0));
	}
	for (int tries = 0; received < MESSAGES && tries < 200; tries++) {
		received += advance(100, to);
	}
	if (received != MESSAGES) {
		fail("messages are missing", -EIO);
	}
}

static void reset_stream(int handle)
{
	struct {
		struct sctp_reset_streams request;
		uint16_t stream;
	} reset = {.request = {.srs_flags = SCTP_STREAM_RESET_OUTGOING, .srs_number_streams = 1}, .stream = 1};

	check("reset", bridge_setsockopt(handle, IPPROTO_SCTP, SCTP_RESET_STREAMS, &reset, sizeof(reset)));
	advance(500, -1);
}

static void run(void)
{
	struct sockaddr_in peer[2] = {address(1, 2), address(2, 2)}, gone = address(1, 1);
	sctp_assoc_t id;
	int client, server, accepted;

	link_state();
	link_enter(now_ms);
	bridge_init(0);
	for (uint8_t path = 1; path <= 2; path++) {
		for (uint8_t host = 1; host <= 2; host++) {
			link_add_address((uint8_t[]){10, 0, path, host}, 4, path, 0);
		}
	}
	server = open_socket(2);
	check("listen", bridge_listen(server, 4));
	client = open_socket(1);
	check("connectx", bridge_connectx(client, (struct sockaddr *)peer, 2, &id));
	advance(1000, -1);
	accepted = check("accept", bridge_accept(server, NULL, NULL));
	transfer(client, accepted);
	second_path_only = 1;
	transfer(accepted, client);
	second_path_only = 0;
	reset_stream(client);
	check("bindx", bridge_bindx(client, (struct sockaddr *)&gone, 1, SCTP_BINDX_REM_ADDR));
	advance(500, client);
	bridge_close(client);
	advance(1000, accepted);
	bridge_close(accepted);
	bridge_close(server);
	advance(100000, -1);
	if (bridge_finish() < 0 || link_state()->memory_in_use != 0) {
		fail("memory is left", -ENOMEM);
	}
}

/* Returns whether the n-th allocation exists. */
static int try_failure(unsigned long n)
{
	int status;
	pid_t child = fork();

	if (child == 0) {
		alarm(LIMIT_S);
		fails_at = n;
		run();
		_exit(allocations < n ? ALLOCATIONS : 1);
	}
	waitpid(child, &status, 0);
	if (WIFEXITED(status) && WEXITSTATUS(status) == ALLOCATIONS) {
		return 0;
	}
	if (!WIFSIGNALED(status) || (WTERMSIG(status) != SIGILL && WTERMSIG(status) != SIGTRAP)) {
		fprintf(stderr, "allocation %lu: ended with status %x, not by the panic\n", n, (unsigned int)status);
		exit(1);
	}
	return 1;
}

int main(int argc, char **argv)
{
	unsigned long step = argc > 1 ? strtoul(argv[1], NULL, 10) : 1, failures = 0, n = 1;

	signal(SIGILL, SIG_DFL); /* a sanitizer's handler would only report the trap of link_panic() */
	while (try_failure(n)) {
		failures++;
		n += step;
	}
	run();
	printf("%lu allocations, of which %lu were made to fail\n", allocations, failures);
	return 0;
}
