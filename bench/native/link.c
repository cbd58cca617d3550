/* Our network in memory: the C side of the WebAssembly module, compiled natively. */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bridge.h"
#include "measure.h"
#include "network.h"

static const uint8_t host[4] = {10, 0, 1, 1};

void host_random(void *buffer, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		((uint8_t *)buffer)[i] = (uint8_t)random();
	}
}

uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2])
{
	(void)destination;
	mtu[0] = 1500;
	mtu[1] = 0;
	return family == 4 ? 1 : 0;
}

void host_path(const uint8_t *peer, uint32_t family, uint32_t ports, uint32_t is_added)
{
	(void)peer, (void)family, (void)ports, (void)is_added;
}

void host_panic(const char *message, size_t length)
{
	fprintf(stderr, "panic: %.*s\n", (int)length, message);
}

void network_start(void)
{
	link_state();
	link_enter(now_ms());
	bridge_init(0);
	link_add_address(host, 4, 1, 0);
}

struct sockaddr *network_address(int port, socklen_t *length)
{
	static struct sockaddr_in address;

	address = (struct sockaddr_in){.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	memcpy(&address.sin_addr, host, sizeof(host));
	*length = sizeof(address);
	return (struct sockaddr *)&address;
}

/* The bytes of the packets at the beginning that fit into the inbox; *count grows by their number. */
static uint32_t batch(const uint8_t *packets, uint32_t bytes, int *count)
{
	uint32_t end = 0;

	while (end < bytes) {
		const struct link_packet *header = (const struct link_packet *)(packets + end);
		uint32_t size = packet_size(header);

		if (end + size > link_state()->inbox_bytes) {
			break;
		}
		end += size;
		++*count;
	}
	return end;
}

int network_deliver(void)
{
	static uint8_t *taken;
	static uint32_t capacity;
	struct link_state *state = link_state();
	int packets = 0;

	while (state->outbox_bytes > 0) {
		uint32_t bytes = state->outbox_bytes;

		if (bytes > capacity) {
			taken = realloc(taken, capacity = bytes);
		}
		memcpy(taken, state->outbox, bytes);
		state->outbox_bytes = 0;
		for (uint32_t at = 0, size; at < bytes; at += size) {
			size = batch(taken + at, bytes - at, &packets);
			memcpy(state->inbox, taken + at, size);
			link_input(size);
		}
		link_leave();
	}
	return packets;
}

void network_tick(void)
{
	link_enter(now_ms());
	link_timers();
}
