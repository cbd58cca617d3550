/*
 * The values of live associations that a packet must have to get past the first checks: verification tags, TSNs, request
 * numbers, cookies. A fuzzer can't guess them, so they are read from the packets that are exchanged, and written into
 * those that are injected.
 */
#ifndef LIVE_H
#define LIVE_H

#include <stdint.h>

#include "bridge.h"

enum end { CLIENT, SERVER };

/* Which verification tag an injected packet has. */
enum tag { TAG_RIGHT, TAG_ZERO, TAG_REFLECTED, TAG_WRONG };

void live_reset(void);

/* Reads the values of a packet that this end has sent. */
void live_observe(enum end sender, const uint8_t *packet, uint32_t length);

/*
 * Completes a packet whose sender is supposed to be this end: the tag, and numbers in chunks. These then count from the
 * live ones; short cookies are replaced. The checksum is right. Returns the length, at most `capacity`.
 */
uint32_t live_complete(enum end sender, enum tag tag, uint8_t *packet, uint32_t length, uint32_t capacity);

#endif
