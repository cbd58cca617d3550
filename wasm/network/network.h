/*
 * Packets, routes and local addresses, for files that include usrsctp's internal headers.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/*
 * The route of a path, with what sack_frequency.c and bundling.c know about the path. A path that gets another route
 * starts again with zeros.
 */
struct link_path {
	sctp_rtentry_t route;
	uint32_t in_order_bytes; /* received in order: see sack_frequency.c */
	double received_ms;
	double burst_ms; /* when the first of burst_packets was sent: see bundling.c */
	uint32_t burst_packets;
};

/* Sends a packet of an association, or of none (NULL), and frees it. */
void link_output(int *result, struct mbuf *packet, struct sctp_tcb *stcb);

/* Stores an address as a sockaddr. Returns 0 if the family isn't 4 or 6. The port is in network byte order. */
int link_sockaddr(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port);

/* Sets local_scope if the association has a link-local path. */
void link_set_local_scope(struct sctp_tcb *stcb);

/* The source of the packet that is being read; NULL if none is. */
extern const union sctp_sockstore *link_packet_source;

/* The size of the IP header of a path's packets. */
uint32_t link_ip_header_bytes(const struct sctp_nets *net);

#endif
