/* Associations and paths, for files that include usrsctp's internal headers. */
#ifndef ASSOCIATION_H
#define ASSOCIATION_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_timer.h>

/*
 * Returns the association, locked, or NULL. A one-to-one socket has a single association, and the id is ignored, as by
 * SCTP_FIND_STCB in sctp_usrreq.c.
 */
struct sctp_tcb *association_of(int handle, sctp_assoc_t id);
struct sctp_tcb *association_in(struct socket *so, sctp_assoc_t id);

/* The smoothed round-trip time of a path; 0 if none was measured. */
static inline uint32_t link_rtt_ms(const struct sctp_nets *net)
{
	return net != NULL ? (uint32_t)net->lastsa >> SCTP_RTT_SHIFT : 0;
}

/* The RTO of a path. Until a round trip is measured, it is the association's initial RTO, as for upstream's timers. */
static inline uint32_t link_rto_ms(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	return net->RTO != 0 ? net->RTO : stcb->asoc.initial_rto;
}

/* Up to this round-trip time usrsctp's own buffer size, 262,144 bytes, is enough for 1 Gbit/s. */
#define LINK_SHORT_RTT_MS 2

/* Is the round-trip time of a path short, or unknown? See tuning/min_rtt.c. */
int link_has_short_rtt(const struct sctp_nets *net);

/* Its minimum round-trip time of the last seconds. Longer ones include waiting in queues. */
uint32_t link_min_rtt_ms(const struct sctp_nets *net);

#endif
