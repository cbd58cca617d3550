/*
 * The host that play.c drives: the addresses 10.0.0.1 and 10.0.1.1, and those that it is given, and a clock that moves
 * when it is told to.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include "bridge.h"

#define MAX_BYTES 262144 /* of messages and packets, in bytes */

void player_start(uint64_t seed);
void player_add_address(const uint8_t *address, uint32_t index);

/* Begins an entry at the time that it is. */
void player_enter(void);

/* Lets time pass. */
void player_advance(int ms);

void player_receive(const struct link_packet *packet);

/* Ends an entry: prints what has been sent, but what the host has sent to itself it receives. */
void player_deliver(void);

/* Bytes as text. from_hex() reads `most` bytes at most, and tells how many there were. */
uint32_t from_hex(const char *text, uint8_t *bytes, uint32_t max);
void print_hex(const uint8_t *bytes, uint32_t length);

#endif
