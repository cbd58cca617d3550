/*
 * The host: everything that the C side asks of JavaScript. These are the module's only imports.
 *
 * A host function may read and write the module's memory. It must not throw, and must not call back into the module.
 */
#ifndef HOST_H
#define HOST_H

#include <stddef.h>
#include <stdint.h>

#ifdef __EMSCRIPTEN__
#define HOST_IMPORT(name) __attribute__((import_module("host"), import_name(#name)))
#else
#define HOST_IMPORT(name)
#endif

/* Fills a buffer with random bytes. */
void host_random(void *buffer, size_t length) HOST_IMPORT(random);

/*
 * Which local address talks to a destination, given as 4 or 16 network-order bytes: its interface number, 0 when there
 * is no route. Stores the largest IP packet in bytes that fits, and after it a larger one that is worth a try, or 0.
 */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2]) HOST_IMPORT(route);

/* The stack can't go on; the message says why. The module traps when this returns. */
void host_panic(const char *message, size_t length) HOST_IMPORT(panic);

#endif
