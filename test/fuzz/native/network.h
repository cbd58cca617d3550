/*
 * The network of a host that talks to itself: network.c.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <stdint.h>

#include "bridge.h"
#include "live.h"

#define CONN_ADDRESS ((void *)1)

/* Of the generator that host_random() uses. */
extern uint64_t random_state;
/* AF_INET, AF_INET6 or AF_CONN. */
extern int family;

/* The address of a host on a path, in network byte order: 4 or 16 bytes. */
void address_bytes(uint8_t bytes[16], int of_family, int path, int host);
union sctp_sockstore address(int path, enum end end);
/* Two addresses in a row, as bindx and connectx expect them. Returns how many there are. */
int both_addresses(enum end end, uint8_t list[2 * sizeof(union sctp_sockstore)]);

/* Ends an entry. link_leave() may send more packets. */
void leave(void);

void receive(const struct link_packet *packet);
/* Takes the first packet out of the outbox, to be freed. Returns NULL if it is empty. */
struct link_packet *take_packet(void);
/* Takes packets out of the outbox. */
void deliver(uint32_t count);
void drop(uint32_t count);

/* Fill in the addresses and the SCTP ports of a packet. */
void set_header(struct link_packet *header, enum end sender, int path);
void set_ports(uint8_t *packet, enum end sender);

#endif
