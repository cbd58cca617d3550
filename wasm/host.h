/*
 * The host: all functions that the C side calls in JavaScript. They are the module's only imports.
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
 * Returns the interface number of the local address that leads to a destination, or 0 if there is no route. The
 * destination is 4 or 16 bytes in network byte order. mtu[0] receives the size in bytes of the largest IP packet that
 * fits, and mtu[1] a larger size that is worth probing, or 0.
 */
uint32_t host_route(const uint8_t *destination, uint32_t family, uint32_t mtu[2]) HOST_IMPORT(route);

/*
 * An association has got a path to this address of the peer, or lost it. `ports` are the SCTP ports, in host byte order:
 * the local one in the high half. Called only in a stack that has a share of the tags: tuning/tag_share.c.
 */
void host_path(const uint8_t *peer, uint32_t family, uint32_t ports, uint32_t is_added) HOST_IMPORT(path);

/* Reports why the stack can't continue. The module traps when this returns. */
void host_panic(const char *message, size_t length) HOST_IMPORT(panic);

#endif
