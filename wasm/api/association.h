/* For files that see usrsctp's internals. */
#ifndef ASSOCIATION_H
#define ASSOCIATION_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>

/*
 * The association, locked, or NULL: as SCTP_FIND_STCB of sctp_usrreq.c, a one-to-one socket has one, whatever the id.
 */
struct sctp_tcb *association_of(int handle, sctp_assoc_t id);
struct sctp_tcb *association_in(struct socket *so, sctp_assoc_t id);

/* The smoothed round-trip time of a path; 0 when it isn't known. */
static inline uint32_t link_rtt_ms(const struct sctp_nets *net)
{
	return net != NULL ? (uint32_t)net->lastsa >> SCTP_RTT_SHIFT : 0;
}

/* The retransmission time-out of a path; until a round trip is measured, what its timers are started with. */
static inline uint32_t link_rto_ms(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	return net->RTO != 0 ? net->RTO : stcb->asoc.initial_rto;
}

/* Shorter round trips are what usrsctp is made for: its buffers, 262,144 bytes, are enough for 1 Gbit/s. */
#define LINK_SHORT_RTT_MS 2

/* Are the round trips of a path short, or not known? See tuning/min_rtt.c. */
int link_has_short_rtt(const struct sctp_nets *net);

/* Its shortest round trip of late: of the others, a part was waiting in queues. */
uint32_t link_min_rtt_ms(const struct sctp_nets *net);

#endif
