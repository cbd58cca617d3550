/*
 * The host of stack.c. It has the addresses 10.0.0.1 and 10.0.1.1 and those that are added, and a clock that advances
 * only by host_advance().
 */
#ifndef SIMULATED_HOST_H
#define SIMULATED_HOST_H

#include "bridge.h"

#define MAX_BYTES 262144 /* of a message or packet */

void host_start(uint64_t seed);
void host_add_address(const uint8_t *address, uint32_t index);

/* Begins an entry into the C side at the current time. */
void host_enter(void);

/* Advances the clock and runs timers. */
void host_advance(int ms);

void host_receive(const struct link_packet *packet);

/* Ends an entry: prints the packets that were sent, or receives them if the host has sent them to itself. */
void host_deliver(void);

/* Bytes as hexadecimal text. from_hex() reads at most `max` bytes, and returns how many it has read. */
uint32_t from_hex(const char *text, uint8_t *bytes, uint32_t max);
void print_hex(const uint8_t *bytes, uint32_t length);

#endif
