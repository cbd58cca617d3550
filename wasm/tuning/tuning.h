/*
 * What we do otherwise by choice, for files that see usrsctp's internals.
 */
#ifndef TUNING_H
#define TUNING_H

#include <netinet/sctp_sysctl.h>

#include "network/network.h"

/* --- path_mtu.c ----------------------------------------------------------------------------------------------- */

/*
 * A path has asked for its route, as it does again whenever it fails or an address comes. Returns the packets that it
 * takes, in bytes: what was found before where the route is the same one.
 */
uint32_t link_mtu_of_route(struct sctp_nets *net, const void *interface, const uint32_t mtu[2]);

/* A packet has been sent that is more than half full: would the paths take larger ones? */
void link_probe_mtu(struct sctp_tcb *stcb);

/* Looks for answers to probes in a packet that usrsctp has had. */
void link_handle_probe_answers(const struct sctphdr *header, uint32_t length, union sctp_sockstore *source,
                               union sctp_sockstore *destination);

/* --- cookie_mac.c --------------------------------------------------------------------------------------------- */

/*
 * Stands in for sctp_hmac_m() where that is called for cookies: of what lies in an mbuf from `offset` on, but for the
 * last `trailer` bytes. The rest of the signature, which is one of SHA-1, is 0.
 */
uint32_t link_cookie_mac(uint16_t algorithm, uint8_t *key, uint32_t key_bytes, struct mbuf *part, uint32_t offset,
                         uint8_t *signature, uint32_t trailer);

/* --- sack_frequency.c ----------------------------------------------------------------------------------------- */

/* An association ends, which may owe a SACK. */
void sack_association_freed(const struct sctp_tcb *stcb);

/* --- burst.c -------------------------------------------------------------------------------------------------- */

/*
 * What waits is sent with the next burst, a millisecond after this one, or at the end of this turn of the event loop.
 */
void link_output_with_next_burst(struct sctp_tcb *stcb);
void link_output_at_end_of_turn(struct sctp_tcb *stcb);

/* An association ends, which may wait for one of these. */
void burst_association_freed(const struct sctp_tcb *stcb);

/* --- bundling.c ----------------------------------------------------------------------------------------------- */

/* Do small messages wait for each other now, whatever SCTP_NODELAY says? */
int link_defers_output(struct sctp_tcb *stcb);

/* --- buffers.c ------------------------------------------------------------------------------------------------ */

/*
 * usrsctp has 512 chunks on their way at most, and takes as many that nobody reads, whatever its buffers: 740 KB in
 * packets of 1,500 bytes, and 32 KB in messages of 64. A larger window is for that many more of them.
 */
uint32_t link_extra_unread_chunks(const struct socket *so);
uint32_t link_extra_chunks_for_window(const struct socket *so, const struct sctp_association *asoc);

/* Few chunks need no more. */
static inline uint32_t link_extra_unsent_chunks(const struct socket *so, const struct sctp_association *asoc)
{
	return asoc->chunks_on_out_queue < SCTPCTL_MAXCHUNKS_DEFAULT ? 0 : link_extra_chunks_for_window(so, asoc);
}

/* An association ends, whose send buffer may have grown. */
void buffers_association_freed(struct sctp_tcb *stcb);

/* And whose tag waits from now on: tag_timewait.c. */
void timewait_association_freed(const struct sctp_tcb *stcb);

#endif
