/*
 * The host of play.c. It has the addresses 10.0.0.1 and 10.0.1.1 and those that are added, and a clock that advances
 * only by player_advance().
 */
#ifndef PLAYER_H
#define PLAYER_H

#include "bridge.h"

#define MAX_BYTES 262144 /* of a message or packet */

void player_start(uint64_t seed);
void player_add_address(const uint8_t *address, uint32_t index);

/* Begins an entry into the C side at the current time. */
void player_enter(void);

/* Advances the clock and runs timers. */
void player_advance(int ms);

void player_receive(const struct link_packet *packet);

/* Ends an entry: prints the packets that were sent, or receives them if the host has sent them to itself. */
void player_deliver(void);

/* Bytes as hexadecimal text. from_hex() reads at most `max` bytes, and returns how many it has read. */
uint32_t from_hex(const char *text, uint8_t *bytes, uint32_t max);
void print_hex(const uint8_t *bytes, uint32_t length);

#endif
