/*
 * What we do differently by choice, for files that include usrsctp's internal headers.
 */
#ifndef TUNING_H
#define TUNING_H

#include <netinet/sctp_sysctl.h>

#include "network/network.h"

/* --- association_tables.c ------------------------------------------------------------------------------------- */

/* The hash of a path, which depends on eight random words. */
void link_seed_hash_of_path(const uint32_t *words);
uint32_t link_hash_of_path(uint16_t local_port, uint16_t remote_port, const struct sockaddr *address);

/* An association gets a path, which isn't in its list yet. */
void tables_path_added(struct sctp_tcb *stcb, struct sctp_nets *net);

/* An association is freed. Unread messages may keep its paths. */
void tables_association_freed(const struct sctp_tcb *stcb);

/* --- association_limits.c ------------------------------------------------------------------------------------- */

/* May a peer with this address set up one more association? */
int link_may_accept(const struct sockaddr *peer);

/* A peer with this address has set up an association; NULL if that failed. Returns the association. */
struct sctp_tcb *link_accepted(struct sctp_tcb *stcb, const struct sockaddr *peer);

/* An association is freed. */
void limits_association_freed(const struct sctp_tcb *stcb);

/* An IPv4 address, or the first 64 bits of an IPv6 address: what one host or site may use. */
uint64_t link_source_address(const struct sockaddr *peer);

/* A hash of that address with a random key. */
uint32_t link_hash_of_source(uint64_t address);

/* --- tag_share.c ---------------------------------------------------------------------------------------------- */

/* An association has got a path to this address, or lost it. `ports`: as in host_path(). */
void share_path(const struct sockaddr *peer, uint32_t ports, int is_added);

/* --- tag_timewait.c ------------------------------------------------------------------------------------------- */

/* Is this the tag of an association between these ports that has ended within the last minute? */
int timewait_has(uint32_t value, uint16_t local_port, uint16_t remote_port);

/* May a new association get this tag? */
upstream_answer timewait_is_vtag_good(uint32_t value, uint16_t local_port, uint16_t remote_port, struct timeval *now);

/* An association is freed: its tag is in time-wait from now on. */
void timewait_association_freed(const struct sctp_tcb *stcb);

/* --- path_mtu.c ----------------------------------------------------------------------------------------------- */

/*
 * Called when a path has looked up its route, as it does whenever it fails or an address is added. Returns the path's
 * MTU: what probing has found if the route is the same one, or else mtu[0].
 */
uint32_t link_mtu_of_route(struct sctp_nets *net, const void *interface, const uint32_t mtu[2]);

/* A packet that is more than half full was sent: probes the paths that are due. */
void link_probe_mtu(struct sctp_tcb *stcb);

/* T3-rtx of a path has expired, and what was in flight counts as lost: does it carry packets of the present size? */
void link_suspect_black_hole(struct sctp_tcb *stcb, struct sctp_nets *net);

/* A path works again: sizes that weren't answered meanwhile are probed again. */
void link_resume_probing(struct sctp_nets *net);

/* Is a packet larger than its path carries? It is, if it has a chunk that was made for a larger path MTU. */
int link_exceeds_path(const struct sctp_tcb *stcb, const struct link_packet *packet);

/* Paths may have become active or inactive: an inactive path doesn't limit the size of packets. */
void link_update_mtu(struct sctp_tcb *stcb);

/* Looks for answers to probes in a packet that usrsctp has processed. */
void link_handle_probe_answers(const struct sctphdr *header, uint32_t length, union sctp_sockstore *source,
                               union sctp_sockstore *destination);

/* --- init_ack_rate.c ------------------------------------------------------------------------------------------ */

/* An INIT is about to be answered; NULL: it has been. */
struct sctp_init_chunk;
void link_before_init_ack(const struct sctp_init_chunk *init);

/* May an answer of that length be sent now? 1 for anything but an INIT ACK. */
int link_may_send_init_ack(const union sctp_sockstore *to, uint32_t length);

/* --- cookie_mac.c --------------------------------------------------------------------------------------------- */

/*
 * Replaces sctp_hmac_m() for cookies: the MAC of the bytes from `offset` on, without the last `trailer` bytes. The
 * signature has the size of one by SHA-1; the rest of it is 0.
 */
uint32_t link_cookie_mac(uint16_t algorithm, uint8_t *key, uint32_t key_bytes, struct mbuf *part, uint32_t offset,
                         uint8_t *signature, uint32_t trailer);

/* --- sack_frequency.c ----------------------------------------------------------------------------------------- */

/* An association is freed: forgets its deferred SACK. */
void sack_association_freed(const struct sctp_tcb *stcb);

/* --- burst.c -------------------------------------------------------------------------------------------------- */

/*
 * Waiting data is sent with the next burst, a millisecond after this one, or at the end of this turn of the event loop.
 */
void link_output_with_next_burst(struct sctp_tcb *stcb);
void link_output_at_end_of_turn(struct sctp_tcb *stcb);

/* An association is freed: forgets that it waits for one of these. */
void burst_association_freed(const struct sctp_tcb *stcb);

/* --- bundling.c ----------------------------------------------------------------------------------------------- */

/* Must small messages wait for each other now, even with SCTP_NODELAY? If so, their output has been scheduled. */
int link_defers_output(struct sctp_tcb *stcb);

/* --- small_window.c ------------------------------------------------------------------------------------------- */

/* Bytes of messages that wait to be sent or retransmitted. */
uint32_t link_unsent_bytes(const struct sctp_association *asoc);

/* Upstream puts no more chunks into a packet than this: SCTP_MAX_DATA_BUNDLING, or what a small window has room for. */
extern uint32_t link_max_chunks_in_packet;
uint32_t link_chunks_for_window(const struct sctp_tcb *stcb);

/* The chunk that may be sent although the window has no room for it, and that upstream wouldn't send; or NULL. */
struct sctp_tmit_chunk *link_large_window_probe(const struct sctp_association *asoc);

/* Are there control chunks that must leave on more than one path? */
int link_has_control_for_several_paths(const struct sctp_tcb *stcb);

/* --- buffers.c ------------------------------------------------------------------------------------------------ */

/*
 * usrsctp allows 512 chunks in flight, and 512 unread ones, whatever the size of its buffers: 740 KB in packets of
 * 1,500 bytes, and 32 KB in messages of 64. These functions return how many more a grown window allows.
 */
uint32_t link_extra_unread_chunks(const struct socket *so);
uint32_t link_extra_chunks_for_window(const struct socket *so, const struct sctp_association *asoc);

/* With fewer chunks than upstream's limit there is no need to ask. */
static inline uint32_t link_extra_unsent_chunks(const struct socket *so, const struct sctp_association *asoc)
{
	return asoc->chunks_on_out_queue < SCTPCTL_MAXCHUNKS_DEFAULT ? 0 : link_extra_chunks_for_window(so, asoc);
}

/* An association is freed: releases the quota of its send buffer. */
void buffers_association_freed(struct sctp_tcb *stcb);

#endif
