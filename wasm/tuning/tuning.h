/*
 * What we do otherwise by choice, for files that see usrsctp's internals.
 */
#ifndef TUNING_H
#define TUNING_H

#include "network/network.h"

/* --- path_mtu.c ----------------------------------------------------------------------------------------------- */

/*
 * A path has asked for its route, as it does again whenever it fails or an address comes. Returns the packets that it takes,
 * in bytes: what was found before where the route is the same one.
 */
uint32_t link_probe_route(struct sctp_nets *net, const void *interface, const uint32_t mtu[2]);

/* A packet has been sent that is more than half full: would the paths take larger ones? */
void link_probe(struct sctp_tcb *stcb);

/* Looks for answers to probes in a packet that usrsctp has had. */
void link_probe_answers(const struct sctphdr *header, uint32_t length, union sctp_sockstore *source,
                        union sctp_sockstore *destination);

/* --- sack_frequency.c ----------------------------------------------------------------------------------------- */

/* An association ends, which may owe a SACK. */
void link_forget(const struct sctp_tcb *stcb);

/* --- burst.c -------------------------------------------------------------------------------------------------- */

int link_cuts_window(const struct sctp_tcb *stcb, struct sctp_nets *net);
int link_after_burst(struct sctp_tcb *stcb, uint32_t packets);
void link_output_later(struct sctp_tcb *stcb);
void link_output_soon(struct sctp_tcb *stcb);

/* An association ends, which may wait for its next burst. */
void link_no_burst(const struct sctp_tcb *stcb);

/* --- bundling.c ----------------------------------------------------------------------------------------------- */

/* Do small messages wait for each other now, whatever SCTP_NODELAY says? */
int link_bundles(struct sctp_tcb *stcb);

/* --- buffers.c ------------------------------------------------------------------------------------------------ */

/*
 * usrsctp has 512 chunks on their way at most, and takes as many that nobody reads, whatever its buffers: 740 KB in
 * packets of 1,500 bytes, and 32 KB in messages of 64. A larger window is for that many more of them.
 */
uint32_t link_more_unread(const struct socket *so);
uint32_t link_more_unsent(const struct socket *so, const struct sctp_association *asoc);

/* An association ends, whose send buffer may have grown. */
void link_association_gone(struct sctp_tcb *stcb);

/* And whose tag waits from now on: tag_timewait.c. */
void link_tag_waits(const struct sctp_tcb *stcb);

#endif
