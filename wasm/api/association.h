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

/* The retransmission time-out of a path; until a round trip is measured, what its timers are started with. */
static inline uint32_t link_rto_ms(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	return net->RTO != 0 ? net->RTO : stcb->asoc.initial_rto;
}

/* Shorter round trips are what usrsctp is made for: its buffers, 262,144 bytes, are enough for 1 Gbit/s. */
#define LINK_SHORT_MS 2

/*
 * Whether the round trips of a path are short, or not known. The shortest counts: a busy machine lets packets wait longer
 * than they travel, and a sender over loopback that took its queues for a long path had 15 % more to do.
 */
static inline int link_is_near(struct sctp_nets *net)
{
	if (net == NULL || net->lan_type == SCTP_LAN_LOCAL) {
		return 1;
	}
	/* Of data, which upstream has measured then: an answer to an earlier INIT would be too soon. */
	if (net->lan_type == SCTP_LAN_INTERNET && net->rtt < LINK_SHORT_MS * 1000) {
		net->lan_type = SCTP_LAN_LOCAL;
	}
	return net->lan_type == SCTP_LAN_LOCAL || link_rtt_ms(net) < LINK_SHORT_MS;
}

#endif
