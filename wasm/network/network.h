/*
 * Packets, routes and local addresses, for files that see usrsctp's internals.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/*
 * The route of a path, and what sack_frequency.c and bundling.c know of it: a path that gets another route begins anew.
 */
struct link_path {
	sctp_rtentry_t route;
	uint32_t in_order_bytes; /* received: see sack_frequency.c */
	double received_ms;
	double burst_ms; /* when the first of these packets left: see bundling.c */
	uint32_t burst_packets;
};

/* Sends a packet of an association, or of none (NULL), and frees it. */
void link_output(int *result, struct mbuf *packet, struct sctp_tcb *stcb);

/* An address as usrsctp has it; 0 when the family (4 or 6) is unknown. The port is in network byte order. */
int link_sockaddr(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port);

/* The bytes of the IP header before the packets of a path. */
uint32_t link_ip_header_bytes(const struct sctp_nets *net);

#endif
