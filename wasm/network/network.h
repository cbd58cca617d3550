/*
 * Packets, routes and local addresses, for files that include usrsctp's internal headers.
 */
#ifndef NETWORK_H
#define NETWORK_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

struct link_packet;
/* Changes the source of a packet of an association behind a NAT: fixes/address_translation.c. */
void link_translate_source(struct sctp_tcb *stcb, struct mbuf *packet, int headers, struct link_packet *header);

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

/* Each association of each endpoint. The body is that of two loops: `break` ends the inner one only. */
#define FOREACH_ASSOCIATION(inp, stcb)                          \
	LIST_FOREACH(inp, &SCTP_BASE_INFO(listhead), sctp_list) \
	LIST_FOREACH(stcb, &(inp)->sctp_asoc_list, sctp_tcblist)

/* Stores an address as a sockaddr. Returns 0 if the family isn't 4 or 6. The port is in network byte order. */
int link_sockaddr(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port);

/*
 * The link of a path is back, or its route has changed: see returned_links.c. Its timers are cut short, and run at the
 * end of this entry. The second function tells whether a path is one of these.
 */
void link_resume_path(struct sctp_tcb *stcb, struct sctp_nets *net);
int link_is_cut_short(const struct sctp_nets *net);

/* The number of the interface whose address leads to a path's destination; 0: this host has no route. AF_CONN has 1. */
uint32_t link_interface_to(const struct sctp_nets *net);

/* A chunk that has arrived shows that this path works. */
void link_path_works(struct sctp_tcb *stcb, struct sctp_nets *net);

/*
 * A SACK has been read. For each path: if a HEARTBEAT has been answered, sends again what was sent before it and is
 * missing in the SACK. If the peer has sent a HEARTBEAT just before, and the SACK leaves out what should have arrived,
 * sends one in return.
 */
void link_paths_after_sack(struct sctp_tcb *stcb);

/*
 * A local address is being added. Until usrsctp's iterator has taken it over and the peer has answered the ASCONF, no
 * path is resumed. The second function is called when the peer has answered.
 */
void link_adding_address(void);
void link_resume_paths(struct sctp_tcb *stcb);

/* Ends an entry: runs the timers that were cut short. */
void link_run_resumed(void);

/* Called for each timer that has expired, and for those that link_timer_soon() has made due: os/timers.c. */
void link_timers(void);
/* Have JavaScript's timers been late, as those of a hidden page are? */
int link_are_timers_late(void);
void link_timer_soon(sctp_os_timer_t *timer, void (*function)(void *), void *argument);

/* Sets local_scope if the association has a link-local path. */
void link_set_local_scope(struct sctp_tcb *stcb);

/* The source of the packet that is being read; NULL if none is. */
extern const union sctp_sockstore *link_packet_source;

/* The size of the IP header of a path's packets. */
uint32_t link_ip_header_bytes(const struct sctp_nets *net);

#endif
