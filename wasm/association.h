/* For files that see usrsctp's internals. */
#ifndef ASSOCIATION_H
#define ASSOCIATION_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>

/* The association, locked, or NULL: as SCTP_FIND_STCB of sctp_usrreq.c, a one-to-one socket has one, whatever the id. */
struct sctp_tcb *association_of(int handle, sctp_assoc_t id);
struct sctp_tcb *association_in(struct socket *so, sctp_assoc_t id);

/* The smoothed round-trip time of a path; 0 when it isn't known. */
static inline uint32_t link_rtt_ms(const struct sctp_nets *net)
{
	return net != NULL ? (uint32_t)net->lastsa >> SCTP_RTT_SHIFT : 0;
}

/* Shorter round trips are what usrsctp is made for: its buffers, 262,144 bytes, are enough for 1 Gbit/s. */
#define LINK_SHORT_MS 2

#endif
