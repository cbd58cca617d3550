/*
 * What the corrections offer to our other files. A correction fixed_x() replaces upstream's sctp_x() in the files whose
 * headers in upstream/ say so. It has the same prototype, and may call upstream's function.
 */
#ifndef FIXES_H
#define FIXES_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctputil.h>

void fixed_express_handle_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t rwnd, int *is_aborted,
                               int has_ecn_echo);
void fixed_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked);

/* Run upstream's T3-rtx and ASCONF timers with our rules of what counts as an error: error_counters.c. */
int link_run_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
int link_run_asconf_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);

/* The RTO of a path without back-off; 0: RTO.Initial. round_trips.c */
uint32_t link_rto_before_back_off(const struct sctp_tcb *stcb, const struct sctp_nets *net);

/* May the association send from this local address? readded_addresses.c */
int link_is_usable_address(struct sctp_tcb *stcb, struct sctp_ifa *ifa);

/* Starts the heartbeat timer of a path unless it is running: error_counters.c. */
#ifdef UPSTREAM_MAIN
#define link_start_heartbeat(inp, stcb, net) sctp_timer_start(SCTP_TIMER_TYPE_HEARTBEAT, inp, stcb, net)
#else
void link_start_heartbeat(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
#endif

void fixed_send_heartbeat_ack(struct sctp_tcb *stcb, struct mbuf *packet, int offset, int length,
                              struct sctp_nets *net);

/* The path that new DATA is sent on. */
static inline struct sctp_nets *link_path_in_use(const struct sctp_tcb *stcb)
{
	return stcb->asoc.alternate != NULL ? stcb->asoc.alternate : stcb->asoc.primary_destination;
}

/* Is a path neither inactive, nor potentially failed (RFC 7829), nor unconfirmed? */
static inline int link_is_active(const struct sctp_nets *net)
{
	return (net->dest_state & (SCTP_ADDR_REACHABLE | SCTP_ADDR_PF | SCTP_ADDR_UNCONFIRMED)) == SCTP_ADDR_REACHABLE;
}

/* --- address_translation.c ------------------------------------------------------------------------------------ */

/* A packet of the association has arrived at this address of ours, so the peer knows it. */
void link_arrived_at(const struct sctp_tcb *stcb, const struct sockaddr *own);

/* The peer has acknowledged that it knows this address of ours. */
void link_peer_knows(const struct sctp_tcb *stcb, const struct sockaddr *own);

/* Around sctp_compose_asconf(): which requests it must leave out, and what the chunk must not name. */
void link_hold_back_additions(struct sctp_tcb *stcb);
void link_release_additions(struct sctp_tcb *stcb);
void link_translate_asconf(struct sctp_tcb *stcb, struct mbuf *chunk);

/* A HEARTBEAT is due on this path: makes sure that the peer knows the address that the path leaves from. */
void link_introduce_source(struct sctp_tcb *stcb, const struct sctp_nets *net);

/* Routes or addresses have changed: sends additions that were held back, if they needn't be any more. */
void link_send_held_back(struct sctp_tcb *stcb);

/* An ASCONF ACK has arrived: an address that was the only one may be deleted now. */
void link_delete_former_address(struct sctp_tcb *stcb);

/* The UDP port that an ASCONF came from, if it came from this address; otherwise `port`. In network byte order. */
uint16_t link_port_of_asconf(struct sockaddr *source, uint16_t port);

/* If the current path is no longer active, selects the best of all paths: path_selection.c. */
void link_select_path(struct sctp_tcb *stcb);

/* An error was counted on this path: path_selection.c. */
void link_path_timed_out(struct sctp_nets *net);

/* DATA or a chunk sent on this path was acknowledged, so the path is active: path_selection.c. */
void link_path_answered(struct sctp_tcb *stcb, struct sctp_nets *net);

/* Called before and after reading a SACK, which carries the peer's receive window: path_selection.c. */
void link_before_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t window_bytes);
void link_after_sack(struct sctp_tcb *stcb);

/* The bytes of the SCTP and IP headers of a packet. The IPv6 header counts if the socket may use IPv6. */
static inline uint32_t link_header_bytes(const struct sctp_tcb *stcb)
{
	uint32_t flags = stcb->sctp_ep->sctp_flags;

	return flags & SCTP_PCB_FLAGS_BOUND_V6     ? SCTP_MIN_OVERHEAD
	       : flags & SCTP_PCB_FLAGS_BOUND_CONN ? (uint32_t)sizeof(struct sctphdr)
	                                           : SCTP_MIN_V4_OVERHEAD;
}

/*
 * Does an INIT or INIT ACK, whose parameters begin at `offset`, list more addresses than we accept?
 * added_addresses.c
 */
int link_lists_too_many_addresses(struct mbuf *packet, uint32_t offset, uint32_t end);

/* More data has been acknowledged, so T5-shutdown-guard starts again: shutdown.c. */
void link_restart_shutdown_guard(struct sctp_tcb *stcb);

/*
 * Find the association of a packet. They are also given the peer's UDP port and whether the checksum is wrong, and
 * discard invalid packets: association_validation.c, and late_packets.c for ASCONF.
 */
struct sctp_tcb *fixed_findassociation_addr(struct mbuf *packet, int offset, struct sockaddr *source,
                                            struct sockaddr *destination, struct sctphdr *header,
                                            struct sctp_chunkhdr *first, struct sctp_inpcb **inp,
                                            struct sctp_nets **path, uint32_t vrf_id, uint16_t port, int is_corrupt);
struct sctp_tcb *fixed_findassociation_ep_asconf(struct mbuf *packet, int offset, struct sockaddr *source,
                                                 struct sockaddr *destination, struct sctphdr *header,
                                                 struct sctp_inpcb **inp, struct sctp_nets **path, uint32_t vrf_id,
                                                 uint16_t port);

/* Finds the association that a COOKIE ECHO is for by an address in its cookie: association_validation.c. */
struct sctp_tcb *fixed_findassociation_ep_addr(struct sctp_inpcb **inp, struct sockaddr *remote, struct sctp_nets **net,
                                               struct sockaddr *local, struct sctp_tcb *locked);

/*
 * Sorts and merges the Gap Ack Blocks of a SACK. Returns 0 if they acknowledge TSNs that were never sent; the
 * association has been aborted then. See gap_blocks.c.
 */
int link_normalize_gap_blocks(struct mbuf *packet, int at, struct sctp_tcb *stcb, uint16_t *gaps, uint16_t *nr_gaps,
                              uint32_t cumulative_tsn);

/* For how many seconds a cookie is valid, for an association or for none: association_validation.c. */
uint32_t link_cookie_seconds(const struct sctp_tcb *stcb, const struct sctp_state_cookie *cookie);

/* How many bytes of notifications of this association fit into the receive buffer: send_buffer.c. */
long link_room_for_notifications(const struct sctp_tcb *stcb);

/*
 * A path was removed from its association's list. Takes over the caller's reference to the path: deleted_addresses.c.
 */
void link_path_removed(struct sctp_tcb *stcb, struct sctp_nets *net);

/* sctp_timer_start(), but T2-shutdown isn't prevented by T3-rtx, which uses the same timer: shutdown.c. */
void fixed_timer_start(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);

/* Where the parameters of a chunk, which are in this range, have one of this type; 0: nowhere. restart.c */
int link_find_parameter(struct mbuf *packet, int from, int end, uint16_t type);

/*
 * Is Forward-TSN-Supported an unrecognized parameter of the INIT or INIT ACK that is read next?
 * unrecognized_parameters.c
 */
void link_report_forward_tsn(int is_unrecognized);

/* Sends SHUTDOWN ACK at once: shutdown.c. */
void fixed_send_shutdown_ack(struct sctp_tcb *stcb, struct sctp_nets *net);

/* Called with the result of sctp_init_asoc(), which it returns: interleaving.c. */
int link_init_association(struct sctp_tcb *stcb, int error);

/*
 * May the INIT ACK for an INIT, whose parameters are in this range, list I-DATA? `stcb` is NULL or its association.
 * interleaving.c
 */
int link_may_list_interleaving(const struct sctp_inpcb *inp, const struct sctp_tcb *stcb, struct mbuf *packet, int from,
                               int end);

/*
 * Decides whether I-DATA and I-FORWARD-TSN are used, given the parameters of the peer's INIT ACK, or of its INIT in a
 * cookie, which our INIT ACK follows: interleaving.c.
 */
void link_negotiate_interleaving(struct sctp_tcb *stcb, struct mbuf *packet, int from, int end, int is_cookie);

/* The outcomes of requests to reset streams: reconfiguration.c. Answers to those of the peer: stream_reset.c. */
uint32_t link_outcome_of_reset_out(struct sctp_tcb *stcb, uint32_t result, uint32_t count, const uint16_t *streams);
uint32_t link_outcome_of_reset_in(uint32_t result);
void fixed_add_stream_reset_result(struct sctp_tmit_chunk *answer, uint32_t sequence, uint32_t result);

/* Acknowledges duplicate DATA in SHUTDOWN-SENT; cleans up when an association is freed: shutdown.c. */
void link_acknowledge_duplicates(struct sctp_tcb *stcb);
void shutdown_association_freed(const struct sctp_tcb *stcb);

/* Aborts the association that the last packet has left unusable; cleans up when one is freed: restart.c. */
#ifdef UPSTREAM_MAIN
static inline void link_abort_if_unusable(void)
{
}
static inline void restart_association_freed(const struct sctp_tcb *stcb)
{
	(void)stcb;
}
#else
void link_abort_if_unusable(void);
void restart_association_freed(const struct sctp_tcb *stcb);
#endif

/* Sends SHUTDOWN or SHUTDOWN ACK if the last message that it waited for is gone: shutdown.c. */
void link_send_shutdown_if_due(struct sctp_tcb *stcb);

/* The TSNs of an association begin again with this one, so ECN starts there: restart.c. */
void link_reset_ecn_tsns(struct sctp_association *asoc, uint32_t tsn);

/* Frees an association: ended_association.c. */
int fixed_free_assoc(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_inpcb_free, int from);

/* Removes a message that has no data in the send buffer any more from its stream, and frees it: abandoned.c. */
void link_remove_message(struct sctp_tcb *stcb, struct sctp_stream_out *stream, struct sctp_stream_queue_pending *sp);

/*
 * Further pieces of an abandoned message will be discarded; the peer has restarted; an association is freed:
 * unfinished_messages.c.
 */
void link_discard_rest(struct sctp_tcb *stcb, struct sctp_stream_out *stream);
void link_drop_unfinished_messages(struct sctp_tcb *stcb);
void unfinished_association_freed(struct sctp_tcb *stcb);

/* An association is freed: lifetimes.c. */
void lifetimes_association_freed(struct sctp_tcb *stcb);

/* Called when a packet has been read. Frees the paths that it has deleted: deleted_addresses.c. */
void link_free_deleted_paths(void);

/* A local address was added, possibly again: readded_addresses.c. */
void link_local_address_added(struct sctp_ifa *ifa);

/* A local address was removed: readded_addresses.c. */
void link_forget_restricted(const struct sockaddr *gone);

/*
 * A local address that the association may use, of this family or of any (AF_UNSPEC), but not `but`. NULL if there is
 * none: readded_addresses.c.
 */
struct sctp_ifa *link_usable_address(struct sctp_tcb *stcb, sa_family_t family, const struct sctp_ifa *but);

/*
 * May this packet leave from the source address in its header? If not, another address is put there. Returns 0 if there
 * is none: pending_addresses.c.
 */
struct link_packet;
int link_check_source(struct sctp_tcb *stcb, struct mbuf *packet, int headers, struct link_packet *header);

/*
 * Does a packet have a chunk of this type after `headers` bytes? And an address as in an IP header; NULL if it is of
 * another family.
 */
int link_has_chunk(struct mbuf *packet, int headers, uint8_t type);
const void *link_ip_address(const union sctp_sockstore *address, uint8_t family);

/* The peer has deleted this address, but packets from there may still arrive: late_packets.c. */
void link_remember_deleted_address(const struct sctp_tcb *stcb, const struct sctp_nets *net);

/*
 * Is this packet the ABORT of a peer that has got a late packet from us, and still knows the association?
 * late_packets.c
 */
int link_answers_late_packet(struct sctp_tcb *stcb, const struct sctp_nets *path, const struct sctp_chunkhdr *first,
                             struct sockaddr *destination);

/* The source and destination of a packet. The port is the peer's UDP port, in network byte order. */
struct link_addresses {
	union sctp_sockstore source;
	union sctp_sockstore destination;
	uint16_t port;
};

/*
 * Was the last packet a late one of an existing association? Then it must be read again, with these addresses:
 * late_packets.c.
 */
int link_readdress_late_packet(const struct sctphdr *header, struct link_addresses *addresses);

/*
 * A packet is done with. Until then link_address_asconf_ack() sends an ASCONF ACK to the source of its ASCONF:
 * late_packets.c.
 */
void link_forget_packet_origin(void);
void link_address_asconf_ack(struct mbuf *packet, int headers, struct link_packet *header);

/* The initial slow start threshold of a path: tuning/congestion.c. */
#define FIRST_SSTHRESH (64 * 1024 * 1024)

#endif
