/*
 * The C side alone, compiled natively, under a sanitizer or with upstream's INVARIANTS. One host talks to itself.
 * Packets are also fed back in mutated form, and the client's addresses come and go.
 *
 *   mutate SEED PACKETS
 *
 * Prints how many mutated packets were received, how many associations were established and how many messages arrived.
 * A sanitizer's report, a failed invariant, or a host that no longer works ends it with an error.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"

#define ROUND_MS 50
#define PORT 5001

static uint64_t random_state;
static double now_ms;
static uint32_t fed; /* bytes in the inbox */
static unsigned long mutated, established, received, talks;

static uint32_t next_random(void) /* xorshift64* */
{
	random_state ^= random_state >> 12;
	random_state ^= random_state << 25;
	random_state ^= random_state >> 27;
	return (uint32_t)((random_state * 0x2545f4914f6cdd1dULL) >> 32);
}

void host_random(void *buffer, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		((uint8_t *)buffer)[i] = (uint8_t)next_random();
	}
}

/* 10.0.N.x is reached through interface N. */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2])
{
	mtu[0] = 1500;
	mtu[1] = 32000;
	return family == 4 && destination[2] >= 1 && destination[2] <= 2 ? destination[2] : 0;
}

void host_path(const uint8_t *peer, uint32_t family, uint32_t ports, uint32_t is_added)
{
	(void)peer, (void)family, (void)ports, (void)is_added;
}

void host_panic(const char *message, size_t length)
{
	fprintf(stderr, "panic: %.*s\n", (int)length, message);
}

static void hand_over(void)
{
	uint32_t bytes = fed;

	fed = 0;
	link_input(bytes);
}

/* Adds a packet to the inbox. The inbox is handed over with one packet in it, or with several. */
static void feed(const struct link_packet *header, const uint8_t *bytes, uint32_t length)
{
	struct link_packet *packet = (struct link_packet *)(link_state()->inbox + fed);

	*packet = *header;
	packet->length = length;
	memcpy(packet + 1, bytes, length);
	fed += packet_size(packet);
	if (fed > link_state()->inbox_bytes / 2 || next_random() % 4 == 0) {
		hand_over();
	}
}

/* Changes a packet as a hostile network may. Recomputes the checksum, or the stack would discard the packet. */
static uint32_t mutate(uint8_t *bytes, uint32_t length, uint32_t capacity)
{
	uint32_t crc;

	for (uint32_t changes = 1 + next_random() % 4; changes > 0; changes--) {
		uint32_t at = 12 + next_random() % (length - 12);

		switch (next_random() % 5) {
		case 0: bytes[at] ^= (uint8_t)(1u << next_random() % 8); break;
		case 1: bytes[at] = (uint8_t)next_random(); break;
		case 2: bytes[at & ~3u] = (uint8_t)next_random(); break; /* the type of a chunk or parameter */
		case 3: length = 16 + next_random() % (length - 15); break;
		default:
			if (length + 4 <= capacity) {
				memmove(bytes + at + 4, bytes + at, length - at);
				length += 4;
			}
		}
	}
	memset(bytes + 8, 0, 4);
	crc = usrsctp_crc32c(bytes, length);
	memcpy(bytes + 8, &crc, sizeof(crc));
	return length;
}

/* Delivers each packet of the outbox once unchanged. Delivers every eighth also mutated, before or after that. */
static void deliver(void)
{
	struct link_state *state = link_state();
	uint32_t bytes = state->outbox_bytes;
	static uint8_t copy[4096]; /* static, so that bytes beyond an insertion near the end depend on the seed only */
	uint8_t *outbox = malloc(bytes + 1);

	memcpy(outbox, state->outbox, bytes);
	state->outbox_bytes = 0;
	for (uint32_t at = 0; at < bytes;) {
		const struct link_packet *header = (const struct link_packet *)(outbox + at);
		const uint8_t *packet = (const uint8_t *)(header + 1);
		int first = next_random() % 2;

		for (int pass = 0; pass < 2; pass++) {
			if (pass == first) {
				feed(header, packet, header->length);
			} else if (next_random() % 8 == 0 && header->length > 16 && header->length < sizeof(copy) - 16) {
				memcpy(copy, packet, header->length);
				feed(header, copy, mutate(copy, header->length, sizeof(copy)));
				mutated++;
			}
		}
		at += packet_size(header);
	}
	hand_over();
	free(outbox);
	link_leave();
}

static struct sockaddr_in address(int path, int host, int port)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};

	sin.sin_addr.s_addr = htonl((uint32_t)(10 << 24 | path << 8 | host));
	return sin;
}

static int endpoint(int type, int host, int port)
{
	struct sockaddr_in addresses[2] = {address(1, host, port), address(2, host, port)};
	int handle = bridge_socket(AF_INET, type, IPPROTO_SCTP);

	if (handle < 0 || bridge_bindx(handle, (struct sockaddr *)addresses, 2, SCTP_BINDX_ADD_ADDR) < 0) {
		fprintf(stderr, "no endpoint %d\n", host);
		exit(1);
	}
	return handle;
}

static void read_all(int handle)
{
	static uint8_t buffer[65536];
	struct sctp_rcvinfo info;
	struct sockaddr_in6 from;
	int length;

	do {
		socklen_t from_length = sizeof(from), info_length = sizeof(info);
		unsigned int info_type;
		int flags = 0;

		length = bridge_recvv(handle, buffer, sizeof(buffer), (struct sockaddr *)&from, &from_length, &info,
		                      &info_length, &info_type, &flags);
		received += length > 0;
	} while (length > 0);
}

/* A socket bound to all addresses, including later ones: its peers learn of changes by ASCONF. */
static int client_endpoint(int port)
{
	struct sockaddr_in any = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	int handle = bridge_socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);

	if (handle < 0 || bridge_bind(handle, (struct sockaddr *)&any, sizeof(any)) < 0) {
		fprintf(stderr, "no client\n");
		exit(1);
	}
	return handle;
}

/* Removes the client's address on a path, or adds it again. */
static void toggle(int path, int *is_gone)
{
	uint8_t bytes[] = {10, 0, (uint8_t)path, 1};

	if (*is_gone) {
		link_add_address(bytes, 4, (uint32_t)path, 1);
	} else {
		link_remove_address(bytes, 4, (uint32_t)path);
	}
	*is_gone = !*is_gone;
}

/* One association from its set-up to its end, however it ends. */
static void talk(int server, int port)
{
	struct sockaddr_in peers[2] = {address(1, 2, PORT), address(2, 2, PORT)};
	int client = client_endpoint(port), accepted = -1, sent = 0, path = 1 + (int)(next_random() % 2), is_gone = 0;
	sctp_assoc_t id;
	uint8_t message[3000] = {0};

	bridge_connectx(client, (struct sockaddr *)peers, 2, &id);
	for (int round = 0; round < 40; round++) {
		link_enter(now_ms += ROUND_MS);
		link_timers();
		deliver();
		if (accepted < 0 && (accepted = bridge_accept(server, NULL, NULL)) > 0) {
			established++;
		}
		if (accepted > 0) {
			read_all(accepted);
			bridge_sendv(accepted, message, 1 + next_random() % sizeof(message), NULL, 0, NULL, 0, SCTP_SENDV_NOINFO,
			             0);
		}
		read_all(client);
		sent += bridge_sendv(client, message, 1 + next_random() % sizeof(message), NULL, 0, NULL, 0, SCTP_SENDV_NOINFO,
		                     0) > 0;
		bridge_ready_taken();
		if (next_random() % 16 == 0) {
			toggle(path, &is_gone);
		}
	}
	if (is_gone) {
		toggle(path, &is_gone);
	}
	bridge_close(client);
	if (accepted > 0) {
		bridge_close(accepted);
	}
}

int main(int argc, char **argv)
{
	unsigned long packets = argc > 2 ? strtoul(argv[2], NULL, 10) : 10000;
	int server, port = 0;

	random_state = argc > 1 ? strtoull(argv[1], NULL, 10) * 2654435761u + 1 : 1;
	link_state();
	link_enter(now_ms);
	bridge_init(0);
	for (uint32_t index = 1, at = 0; index <= 2; index++) {
		for (uint8_t host = 1; host <= 2; host++, at++) {
			link_add_address((uint8_t[]){10, 0, (uint8_t)index, host}, 4, index, 0);
		}
	}
	server = endpoint(SOCK_STREAM, 2, PORT);
	bridge_listen(server, 16);
	while (mutated < packets) {
		talk(server, port++ % 50000 + 10000);
		talks++;
	}
	bridge_close(server);
	for (int round = 0; round < 2000; round++) { /* lets associations that are closing end */
		link_enter(now_ms += 1000);
		link_timers();
		deliver();
	}
	printf("%lu mutated packets, %lu of %lu associations, %lu messages\n", mutated, established, talks, received);
	if (established == 0 || received == 0 || bridge_finish() < 0) {
		fprintf(stderr, "the host no longer works\n");
		return 1;
	}
	return 0;
}
