/*
 * The functions and structures with which the C side replaces the layer below usrsctp: what usrsctp is redirected to
 * (upstream/), and what api/ needs of it. Includes neither usrsctp.h nor usrsctp's internal headers, which exclude each
 * other, so that files of both kinds can include it.
 */
#ifndef LINK_H
#define LINK_H

#include <stddef.h>
#include <stdint.h>

#ifdef __EMSCRIPTEN__
#include <emscripten.h>
#define EXPORT EMSCRIPTEN_KEEPALIVE
#else
#define EXPORT
#endif

/*
 * In the family of a packet that is sent: IP may fragment it. It is larger than the path MTU, because it has a chunk
 * that was made for a larger one, and that can't be divided any more.
 */
#define LINK_MAY_BE_FRAGMENTED 0x80

/* One packet in the outbox or inbox: this header, then the SCTP packet, padded to a multiple of 4 bytes. */
struct link_packet {
	uint32_t length;         /* of the SCTP packet, in bytes */
	uint16_t port;           /* the peer's UDP port in host byte order, 0 without UDP; for AF_CONN set_df */
	uint8_t family;          /* 4, 6, or 0 for AF_CONN; LINK_MAY_BE_FRAGMENTED */
	uint8_t traffic_class;   /* of the IP header */
	uint8_t source[16];      /* network byte order; IPv4 uses the first 4 bytes, the others are 0 */
	uint8_t destination[16]; /* for AF_CONN, source and destination are the user's address, in the first 4 bytes */
};

/* The state that JavaScript reads after each entry into the module. There is one, at link_state(). */
struct link_state {
	double deadline_ms;     /* when link_timers() is due, on the clock of link_enter(); < 0: never */
	uint8_t *outbox;        /* packets to send: one struct link_packet after the other */
	uint32_t outbox_bytes;  /* JavaScript sets it to 0 after reading the outbox */
	uint32_t outbox_drops;  /* packets dropped so far because the outbox was full */
	uint8_t *inbox;         /* where JavaScript puts received packets before it calls link_input() */
	uint32_t inbox_bytes;   /* the inbox's capacity */
	int32_t *ready;         /* handles of sockets that are readable, writable or have failed */
	uint32_t ready_count;   /* JavaScript sets it to 0 after reading the list */
	uint32_t memory_in_use; /* bytes that usrsctp has allocated */
	uint32_t has_more;      /* the socket that was read last has more to read */
};

/*
 * An association, as bridge_association() describes it. A struct link_path_state for each path follows, and then the
 * local addresses.
 */
struct link_association_state {
	uint32_t path_count;
	uint32_t primary;             /* the index of the primary path; UINT32_MAX: none */
	uint32_t window_bytes;        /* the peer's receive window */
	uint32_t unacknowledged;      /* DATA chunks sent and not acknowledged */
	uint32_t pending;             /* DATA chunks that the application hasn't received */
	uint32_t inbound;             /* streams */
	uint32_t outbound;
	uint32_t fragmentation_point; /* bytes */
	uint32_t local_port;          /* SCTP ports, in host byte order */
	uint32_t remote_port;
};

struct link_path_state {
	uint8_t address[16];          /* the peer's; network byte order, IPv4 uses the first 4 bytes */
	uint32_t family;              /* 4, 6, or 0 for AF_CONN */
	uint32_t state;               /* SCTP_ACTIVE, SCTP_INACTIVE or SCTP_UNCONFIRMED */
	uint32_t cwnd_bytes;
	uint32_t srtt_ms;
	uint32_t rto_ms;
	uint32_t mtu_bytes;           /* without headers */
	uint32_t port;                /* the peer's UDP port; 0: not encapsulated */
};

/* Statistics that upstream exports in kernels only (sctp_sysctl.c): see api/statistics.c. */
struct link_association_statistics {
	uint32_t retransmissions;   /* DATA chunks that time-outs have marked for retransmission so far */
	uint32_t errors;            /* consecutive time-outs, on all paths */
	uint32_t flight_bytes;      /* in flight: sent and not acknowledged */
	uint32_t queued_bytes;      /* not sent yet */
	uint32_t peer_window_bytes; /* the peer's receive window, without what is in flight */
};

/* The same of a path. */
struct link_path_statistics {
	uint32_t retransmissions; /* DATA chunks that time-outs of this path have marked for retransmission so far */
	uint32_t errors;          /* consecutive time-outs */
	uint32_t flight_bytes;    /* in flight on this path */
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes;
	uint32_t ce_packets; /* packets sent on this path that arrived with CE, as ECNE reports */
	uint32_t rtt_us;     /* the latest round-trip time */
	uint32_t srtt_ms;
	uint32_t rttvar_ms;
	uint32_t rto_ms;
	uint32_t heartbeat_ms;
	uint32_t is_potentially_failed; /* RFC 7829 */
};

/* An option to set; its value follows, padded to a multiple of 4 bytes. */
struct link_option {
	int32_t level;
	int32_t name;
	uint32_t length; /* of the value, in bytes */
};

extern struct link_state link_shared;

/*
 * Returns room for one packet of that length in the outbox, or NULL if the outbox can't grow any further. The caller
 * adds the packet to outbox_bytes.
 */
struct link_packet *link_outbox_room(size_t length);

/* Are changes of a path's MTU reported? Only a façade asks for that: see tuning/path_mtu.c. */
extern int link_reports_mtu;

/* The time of this entry, in ms. */
extern double link_now_ms;

/* The smallest step of the clock between two entries so far. */
extern double link_clock_step_ms;

/* Converts a time that usrsctp has stored to ms. */
struct timeval;
double link_ms_of_timeval(const struct timeval *time);

/* Does the transport vouch for integrity? Then a checksum of 0 means that it was omitted. */
extern int link_has_integrity;

/* Runs a timer that has expired: see fixes/asockill_timer.c. */
void link_run_timer(void (*function)(void *), void *argument);

/* Does the work of usrsctp's iterator thread. */
void link_iterate(void);

/*
 * Validation of received packets: see fixes/packet_validation.c. link_has_valid_addresses() checks addresses and ports.
 * For a packet with a valid checksum, link_validate_chunks() then checks its chunks, and removes invalid ones. Both
 * return 0 if the packet must be discarded. If the packet has an ECNE that upstream can't read, *short_ecne is set to
 * its offset. The caller then reads a copy made by link_lengthen_ecne(), and frees it.
 */
int link_has_valid_addresses(const struct link_packet *packet);
int link_validate_chunks(struct link_packet *packet, uint32_t *short_ecne);
struct link_packet *link_lengthen_ecne(const struct link_packet *packet, uint32_t at);

/* The type of a chunk in that packet that is shorter than its fixed fields; 0: there is none, or it is DATA. */
extern uint8_t link_short_chunk;

/* Is there such a chunk, or is the first DATA chunk shorter than its header? */
extern uint8_t link_has_short_chunk;

/* See tuning/sack_frequency.c. Before a packet is read: does another one of its association follow? And after it. */
void link_set_more_packets_follow(int more);
void link_send_deferred_sack(void);

/* Called after each packet: if it has opened an association, a pending shutdown is carried out. */
void link_send_pending_shutdown(void);

/*
 * Returns how many bytes of an unfinished message may be sent on this stream if only the rest of that message can free
 * the send buffer; otherwise 0. See fixes/send_buffer.c.
 */
uint32_t link_stalled_room(void *so, uint32_t id, uint16_t stream);

/* A message with a lifetime of that many milliseconds has been sent: see fixes/lifetimes.c. */
void link_start_lifetime(void *so, uint32_t id, uint32_t ms);

/*
 * A flag in the ABORT chunk of a notification: this end has sent the chunk. RFC 9260 3.3.7 defines another bit only.
 * See fixes/sent_abort.c.
 */
#define LINK_ABORT_SENT 0x80

/* Questions about a socket: see fixes/send_buffer.c. Can it have one association only? Does it have this one? */
int link_has_one_association(void *so);
int link_has_association(void *so, uint32_t id);

/* Is one of its associations resetting that stream? Does SCTP_EOR end its messages (explicit EOR)? */
int link_resets_stream(void *so, uint16_t stream);
int link_has_explicit_eor(void *so);

/* Shuts an association down in cases where usrsctp refuses. Returns 0 or -errno. See fixes/shutdown.c. */
int link_shut_down(void *so, uint32_t id);

/* Has either end started to shut the association down? */
int link_is_shut_down(void *so, uint32_t id);

/*
 * What to do with a piece of a message whose first pieces may have been dropped: send it, refuse it with EINTR, or
 * discard it. See fixes/unfinished_messages.c.
 */
enum link_rest { LINK_REST_SEND, LINK_REST_REFUSE, LINK_REST_DISCARD };
enum link_rest link_rest_of(void *so, uint32_t id, uint16_t stream, int is_last);

/*
 * Called before and after sending the rest of a message that the peer's SHUTDOWN has interrupted. The first returns 0
 * if there is no such message.
 */
int link_before_rest_after_shutdown(void *so, uint32_t id, uint16_t stream);
void link_after_rest_after_shutdown(void *so, uint32_t id);

/* What usrsctp calls to send a packet of an AF_CONN association. */
int link_conn_output(void *address, void *buffer, size_t length, uint8_t tos, uint8_t set_df);

/* Ends an association in any state with an ABORT that carries a reason. Returns 0 or -ENOENT. */
int link_abort(void *so, uint32_t id, const void *reason, uint32_t length);

/* The buffers of this socket follow its paths from now on: see tuning/buffers.c. */
void link_autosize_buffers(void *so);
void link_autosize_peeled_off(void *so);

/* Called before and after SO_SNDBUF or SO_RCVBUF sets the size of a buffer, which then stays fixed. */
void link_before_buffer_size(void *so, int option);
void link_after_buffer_size(void *so, int option);

/* The send buffer had no room for a message of this association, or for a part of it. */
void link_send_buffer_full(void *so, uint32_t id);

/* The application has read that many bytes of an association. */
void link_data_read(void *so, uint32_t id, uint32_t bytes);

/* May this socket listen? A one-to-one socket that has had an association may not. */
int link_may_listen(const void *so);

/* After a read: sets has_more. */
void link_update_has_more(void *so);

/* Ends a batch of reads that has set some associations aside: see api/set_aside.c. */
void link_put_back(void);

/*
 * Must be called before usrsctp_peeloff(). sctp_move_pcb_and_assoc() assumes that every timer that points to the old
 * endpoint is running, and moves the timer's reference to the new endpoint. An expired timer holds no reference: the
 * old endpoint would be freed too early, and the new one never.
 */
void link_before_peeloff(void *so, uint32_t id);

/* Reports the message to the host and traps. */
_Noreturn void link_panic(const char *message);

/* Replaces upstream's snprintf; os/snprintf.c lists the supported formats. */
__attribute__((format(printf, 3, 4))) void link_snprintf(char *buffer, size_t size, const char *format, ...);

/*
 * A socket is readable, writable or has failed. Upstream's sorwakeup and sowwakeup call it; `handle` is so_upcallarg.
 */
void link_ready(void *handle);

/* Allocation for usrsctp. Never returns NULL but panics, because upstream doesn't check everywhere. */
void *link_malloc(size_t bytes);
void *link_calloc(size_t count, size_t bytes);
void *link_realloc(void *memory, size_t bytes);
void link_free(void *memory);

/* realloc for our own buffers: panics instead of returning NULL, and isn't counted in memory_in_use. */
void *link_grow(void *buffer, size_t bytes);

#endif
