/*
 * What the corrections offer to our other files. A correction fixed_x() stands in for upstream's function sctp_x() in
 * the files whose headers in upstream/ say so; it has that function's prototype, and may call it.
 */
#ifndef FIXES_H
#define FIXES_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctputil.h>

void fixed_express_handle_sack(struct sctp_tcb *stcb, uint32_t cumulative_tsn, uint32_t rwnd, int *is_aborted,
                               int has_ecn_echo);
void fixed_ulp_notify(uint32_t notification, struct sctp_tcb *stcb, uint32_t error, void *data, int so_locked);

/* Upstream's function for T3-rtx, or for ASCONF that wasn't answered, with what it is to count: error_counters.c. */
int link_run_t3rxt_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
int link_run_asconf_timer(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);

/* Starts the timer of heartbeats of a path, unless it runs: the same file. */
#ifdef UPSTREAM_MAIN
#define link_start_heartbeat(inp, stcb, net) sctp_timer_start(SCTP_TIMER_TYPE_HEARTBEAT, inp, stcb, net)
#else
void link_start_heartbeat(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);
#endif

/* The path that new DATA take. */
static inline struct sctp_nets *link_path_in_use(const struct sctp_tcb *stcb)
{
	return stcb->asoc.alternate != NULL ? stcb->asoc.alternate : stcb->asoc.primary_destination;
}

/* If the path in use isn't active any more, the least bad one is used: path_selection.c. */
void link_select_path(struct sctp_tcb *stcb);

/* What was sent on this path has been acknowledged: it is active. The same file. */
void link_path_answered(struct sctp_tcb *stcb, struct sctp_nets *net);

/* Around what reads a SACK, which tells the peer's receive window. The same file. */
void link_before_sack(struct sctp_tcb *stcb, uint32_t window_bytes);
void link_after_sack(struct sctp_tcb *stcb);

/* The headers in front of the chunks of a packet: SCTP's and IP's, that of IPv6 if the socket may use it. */
static inline uint32_t link_header_bytes(const struct sctp_tcb *stcb)
{
	uint32_t flags = stcb->sctp_ep->sctp_flags;

	return flags & SCTP_PCB_FLAGS_BOUND_V6     ? SCTP_MIN_OVERHEAD
	       : flags & SCTP_PCB_FLAGS_BOUND_CONN ? (uint32_t)sizeof(struct sctphdr)
	                                           : SCTP_MIN_V4_OVERHEAD;
}

/*
 * Does an INIT or INIT ACK, whose parameters begin at `offset`, list more addresses than a peer may have?
 * added_addresses.c
 */
int link_lists_too_many_addresses(struct mbuf *packet, uint32_t offset, uint32_t end);

/* More of what was sent has been acknowledged: shutdown.c. */
void link_restart_shutdown_guard(struct sctp_tcb *stcb);

/*
 * The association of a packet, whose UDP port is known by then, and whether its checksum is wrong:
 * association_validation.c.
 */
struct sctp_tcb *fixed_findassociation_addr(struct mbuf *packet, int offset, struct sockaddr *source,
                                            struct sockaddr *destination, struct sctphdr *header,
                                            struct sctp_chunkhdr *first, struct sctp_inpcb **inp,
                                            struct sctp_nets **path, uint32_t vrf_id, uint16_t port, int is_corrupt);
struct sctp_tcb *fixed_findassociation_ep_asconf(struct mbuf *packet, int offset, struct sockaddr *source,
                                                 struct sockaddr *destination, struct sctphdr *header,
                                                 struct sctp_inpcb **inp, struct sctp_nets **path, uint32_t vrf_id,
                                                 uint16_t port);

/*
 * Puts the Gap Ack Blocks of a SACK in order. False: they acknowledge what was never sent, and the association has been
 * aborted. See gap_blocks.c.
 */
int link_normalize_gap_blocks(struct mbuf *packet, int at, struct sctp_tcb *stcb, uint16_t *gaps, uint16_t *nr_gaps,
                              uint32_t cumulative_tsn);

/* How many bytes of notifications an association has room for: send_buffer.c. */
long link_room_for_notifications(const struct sctp_tcb *stcb);

/* A path is no longer in the list of its association; a reference to it is handed over: deleted_addresses.c. */
void link_path_removed(struct sctp_tcb *stcb, struct sctp_nets *net);

/* T2-shutdown has the place of T3-rtx: shutdown.c. */
void fixed_timer_start(int type, struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *net);

/* In SHUTDOWN-SENT, DATA that came twice is acknowledged at once; an association is freed: shutdown.c. */
void link_acknowledge_duplicates(struct sctp_tcb *stcb);
void shutdown_association_freed(const struct sctp_tcb *stcb);

/* The packet that was read has left an association unusable: it is aborted; and one is freed: restart.c. */
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

/* Something that was to be delivered before SHUTDOWN, or SHUTDOWN ACK, isn't any more: shutdown.c. */
void link_send_shutdown_if_due(struct sctp_tcb *stcb);

/* DATA of an association begin anew, with this TSN: restart.c. */
void link_reset_ecn_tsns(struct sctp_association *asoc, uint32_t tsn);

/* An association ends: ended_association.c. */
int fixed_free_assoc(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_inpcb_free, int from);

/* Takes a message that has no data in the send buffer any more from its stream, and frees it: abandoned.c. */
void link_remove_message(struct sctp_tcb *stcb, struct sctp_stream_out *stream, struct sctp_stream_queue_pending *sp);

/*
 * More of a message is to come, which is given up; the peer restarts; an association is freed: unfinished_messages.c.
 */
void link_discard_rest(struct sctp_tcb *stcb, struct sctp_stream_out *stream);
void link_drop_unfinished_messages(struct sctp_tcb *stcb);
void unfinished_association_freed(struct sctp_tcb *stcb);

/* An association is freed: lifetimes.c. */
void lifetimes_association_freed(struct sctp_tcb *stcb);

/* A packet has been read; paths that went with it are freed: deleted_addresses.c. */
void link_free_deleted_paths(void);

/* A local address has come, or come back: readded_addresses.c. */
void link_local_address_added(struct sctp_ifa *ifa);

/* One has gone. The same file. */
void link_forget_restricted(const struct sockaddr *gone);

/*
 * A local address that the association may use, but for one: of a family, or of any (AF_UNSPEC); or NULL. The same
 * file.
 */
struct sctp_ifa *link_usable_address(struct sctp_tcb *stcb, sa_family_t family, const struct sctp_ifa *but);

/*
 * May this packet leave from the address that its header has? If not, another one is put there, if there is one:
 * pending_addresses.c.
 */
struct link_packet;
int link_check_source(struct sctp_tcb *stcb, struct mbuf *packet, int headers, struct link_packet *header);

/*
 * Is there a chunk of this type in a packet, behind so many bytes of headers? An IP address as packets have it, or
 * NULL.
 */
int link_has_chunk(struct mbuf *packet, int headers, uint8_t type);
const void *link_ip_address(const union sctp_sockstore *address, uint8_t family);

/* The peer has deleted this address: packets from there may still come. See late_packets.c. */
void link_remember_deleted_address(const struct sctp_tcb *stcb, const struct sctp_nets *net);

/* Where a packet comes from and goes to; the port is the peer's UDP port, in network byte order. */
struct link_addresses {
	union sctp_sockstore source;
	union sctp_sockstore destination;
	uint16_t port;
};

/*
 * Was the packet that has been read a late one of an association that lives? Then it is to be read again, with these
 * ends.
 */
int link_readdress_late_packet(const struct sctphdr *header, struct link_addresses *addresses);

/*
 * The packet is done with. What leaves until then with an ASCONF ACK goes to where the packet came from:
 * link_address_asconf_ack().
 */
void link_forget_packet_origin(void);
void link_address_asconf_ack(struct mbuf *packet, int headers, struct link_packet *header);

/* The first slow start threshold of a path: tuning/congestion.c. */
#define FIRST_SSTHRESH (64 * 1024 * 1024)

#endif
