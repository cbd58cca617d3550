/*
 * The host of stack.c: see simulated_host.h.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "simulated_host.h"

#define STEP_MS 5
#define MAX_ADDRESSES 16

static double now_ms = 1000;
static uint64_t random_state = 0x9e3779b97f4a7c15ULL;
static uint8_t addresses[MAX_ADDRESSES][4];
static int address_count;

void host_start(uint64_t seed)
{
	random_state += seed;
	link_state();
	link_enter(now_ms);
	bridge_init(0);
	host_add_address((uint8_t[]){10, 0, 0, 1}, 1);
	host_add_address((uint8_t[]){10, 0, 1, 1}, 2);
	link_leave();
}

void host_enter(void)
{
	link_enter(now_ms);
}

/* --- the host's functions (wasm/host.h) ----------------------------------------------------------------------- */

void host_random(void *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++) {
		random_state = random_state * 6364136223846793005ULL + 1442695040888963407ULL;
		((uint8_t *)bytes)[i] = (uint8_t)(random_state >> 56);
	}
}

/* 10.0.N.x is reached through interface N + 1. */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2])
{
	mtu[0] = 1500;
	mtu[1] = 0;
	return family == 4 ? destination[2] + 1u : 0;
}

void host_path(const uint8_t *peer, uint32_t family, uint32_t ports, uint32_t is_added)
{
	(void)peer, (void)family, (void)ports, (void)is_added;
}

void host_panic(const char *message, size_t length)
{
	fprintf(stderr, "panic: %.*s\n", (int)length, message);
}

/* --- bytes as text -------------------------------------------------------------------------------------------- */

static int digit(char text)
{
	return text >= '0' && text <= '9' ? text - '0' : text >= 'a' && text <= 'f' ? text - 'a' + 10 : -1;
}

uint32_t from_hex(const char *text, uint8_t *bytes, uint32_t max)
{
	uint32_t length = 0;

	for (; length < max && digit(text[0]) >= 0 && digit(text[1]) >= 0; text += 2) {
		bytes[length++] = (uint8_t)(digit(text[0]) << 4 | digit(text[1]));
	}
	return length;
}

void print_hex(const uint8_t *bytes, uint32_t length)
{
	for (uint32_t i = 0; i < length; i++) {
		putchar("0123456789abcdef"[bytes[i] >> 4]);
		putchar("0123456789abcdef"[bytes[i] & 15]);
	}
	putchar('\n');
}

static void print_packet(const struct link_packet *packet)
{
	char source[INET_ADDRSTRLEN], destination[INET_ADDRSTRLEN];

	inet_ntop(AF_INET, packet->source, source, sizeof(source));
	inet_ntop(AF_INET, packet->destination, destination, sizeof(destination));
	printf("out %s %s ", source, destination);
	print_hex((const uint8_t *)(packet + 1), packet->length);
}

/* --- packets -------------------------------------------------------------------------------------------------- */

void host_add_address(const uint8_t *address, uint32_t index)
{
	if (address_count < MAX_ADDRESSES) {
		memcpy(addresses[address_count++], address, 4);
		link_add_address(address, 4, index, 0);
	}
}

static int is_own(const uint8_t *address)
{
	for (int i = 0; i < address_count; i++) {
		if (memcmp(addresses[i], address, 4) == 0) {
			return 1;
		}
	}
	return 0;
}

void host_receive(const struct link_packet *packet)
{
	memcpy(link_state()->inbox, packet, packet_size(packet));
	link_input(packet_size(packet));
}

/* Receives what the host has sent to itself, and what it sends in answer, until it sends nothing more. */
void host_deliver(void)
{
	struct link_state *state = link_state();

	link_leave();
	while (state->outbox_bytes > 0) {
		uint32_t bytes = state->outbox_bytes;
		uint8_t *outbox = malloc(bytes);

		memcpy(outbox, state->outbox, bytes);
		state->outbox_bytes = 0;
		for (uint32_t at = 0; at < bytes; at += packet_size((const struct link_packet *)(outbox + at))) {
			const struct link_packet *packet = (const struct link_packet *)(outbox + at);

			if (is_own(packet->destination)) {
				host_receive(packet);
			} else {
				print_packet(packet);
			}
		}
		free(outbox);
		link_leave();
	}
}

/* --- time ----------------------------------------------------------------------------------------------------- */

/* The time of the next step: a few milliseconds later, or when a timer is due, but not after the end. */
static double next_time(double end)
{
	double deadline = link_state()->deadline_ms, next = now_ms + STEP_MS;

	if (deadline < 0 || deadline > next) {
		next = deadline < 0 ? end : deadline;
	}
	return next < end ? next : end;
}

void host_advance(int ms)
{
	double end = now_ms + ms;

	while (now_ms < end) {
		host_deliver();
		link_enter(now_ms = next_time(end));
		link_timers();
	}
}
