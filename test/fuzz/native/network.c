/*
 * The network of a host that talks to itself: what the C side asks of JavaScript (wasm/host.h), the addresses of the two
 * ends, and the packets in the outbox.
 */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "live.h"
#include "network.h"

#define CLIENT_PORT 5002
#define SERVER_PORT 5001

uint64_t random_state;
int family;

void host_random(void *buffer, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
		((uint8_t *)buffer)[i] = (uint8_t)(random_state >> 56);
	}
}

/* 10.0.N.x and fd00:N::x are reached through interface N. */
uint32_t host_route(const uint8_t *destination, uint32_t of_family, uint32_t mtu[2])
{
	uint32_t index = of_family == 4 ? destination[2] : destination[3];

	mtu[0] = 1500;
	mtu[1] = 9000;
	return index >= 1 && index <= 2 ? index : 0;
}

void host_path(const uint8_t *peer, uint32_t of_family, uint32_t ports, uint32_t is_added)
{
	(void)peer, (void)of_family, (void)ports, (void)is_added;
}

void host_panic(const char *message, size_t length)
{
	fprintf(stderr, "panic: %.*s\n", (int)length, message);
	abort();
}

void address_bytes(uint8_t bytes[16], int of_family, int path, int host)
{
	memset(bytes, 0, 16);
	if (of_family == AF_INET) {
		memcpy(bytes, (uint8_t[]){10, 0, (uint8_t)path, (uint8_t)host}, 4);
	} else {
		bytes[0] = 0xfd;
		bytes[3] = (uint8_t)path;
		bytes[15] = (uint8_t)host;
	}
}

union sctp_sockstore address(int path, enum end end)
{
	union sctp_sockstore store = {0};
	uint8_t bytes[16];
	in_port_t port = htons(end == CLIENT ? CLIENT_PORT : SERVER_PORT);

	address_bytes(bytes, family, path, end + 1);
	store.sa.sa_family = (sa_family_t)family;
	if (family == AF_INET) {
		store.sin.sin_port = port;
		memcpy(&store.sin.sin_addr, bytes, 4);
	} else if (family == AF_INET6) {
		store.sin6.sin6_port = port;
		memcpy(&store.sin6.sin6_addr, bytes, 16);
	} else {
		store.sconn.sconn_port = port;
		store.sconn.sconn_addr = CONN_ADDRESS;
	}
	return store;
}

int both_addresses(enum end end, uint8_t list[2 * sizeof(union sctp_sockstore)])
{
	size_t length = family == AF_INET    ? sizeof(struct sockaddr_in)
	                : family == AF_INET6 ? sizeof(struct sockaddr_in6)
	                                     : sizeof(struct sockaddr_conn);
	int count = family == AF_CONN ? 1 : 2;

	for (int i = 0; i < count; i++) {
		union sctp_sockstore store = address(i + 1, end);

		memcpy(list + (size_t)i * length, &store, length);
	}
	return count;
}

static enum end sender_of(const uint8_t *packet)
{
	return (packet[0] << 8 | packet[1]) == SERVER_PORT ? SERVER : CLIENT;
}

void leave(void)
{
	link_leave();
	bridge_ready_taken();
}

void receive(const struct link_packet *packet)
{
	memcpy(link_state()->inbox, packet, packet_size(packet));
	link_input(packet_size(packet));
	leave();
}

struct link_packet *take_packet(void)
{
	struct link_state *state = link_state();
	const struct link_packet *first = (const struct link_packet *)state->outbox;
	struct link_packet *copy;
	uint32_t size;

	if (state->outbox_bytes == 0) {
		return NULL;
	}
	size = packet_size(first);
	copy = malloc(size);
	memcpy(copy, first, size);
	state->outbox_bytes -= size;
	memmove(state->outbox, state->outbox + size, state->outbox_bytes);
	live_observe(sender_of((const uint8_t *)(copy + 1)), (const uint8_t *)(copy + 1), copy->length);
	copy->family &= (uint8_t)~0x80;
	return copy;
}

void deliver(uint32_t count)
{
	for (struct link_packet *packet; count > 0 && (packet = take_packet()) != NULL; count--) {
		receive(packet);
		free(packet);
	}
}

void drop(uint32_t count)
{
	for (struct link_packet *packet; count > 0 && (packet = take_packet()) != NULL; count--) {
		free(packet);
	}
}

void set_header(struct link_packet *header, enum end sender, int path)
{
	void *conn = CONN_ADDRESS;

	memset(header, 0, sizeof(*header));
	if (family == AF_CONN) {
		memcpy(header->source, &conn, sizeof(conn));
		memcpy(header->destination, &conn, sizeof(conn));
		return;
	}
	header->family = family == AF_INET ? 4 : 6;
	address_bytes(header->source, family, path, sender + 1);
	address_bytes(header->destination, family, path, !sender + 1);
}

void set_ports(uint8_t *packet, enum end sender)
{
	uint16_t from = htons(sender == CLIENT ? CLIENT_PORT : SERVER_PORT);
	uint16_t to = htons(sender == CLIENT ? SERVER_PORT : CLIENT_PORT);

	memcpy(packet, &from, sizeof(from));
	memcpy(packet + 2, &to, sizeof(to));
}
