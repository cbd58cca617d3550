/*
 * The link layer's own border: what usrsctp is redirected to (upstream/), and what the bridge needs of it.
 * Knows neither usrsctp.h nor its internals, so that both sides of the bridge can include it.
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

/* One packet in the outbox or inbox: this header, then the SCTP packet, padded to a multiple of 4 bytes. */
struct link_packet {
	uint32_t length;         /* of the SCTP packet, in bytes */
	uint16_t port;           /* the peer's UDP port, 0: not encapsulated; host byte order. Of AF_CONN: set_df */
	uint8_t family;          /* 4, 6, or 0 for AF_CONN */
	uint8_t traffic_class;   /* of the IP header */
	uint8_t source[16];      /* network byte order; IPv4 uses the first 4 bytes, the others are 0 */
	uint8_t destination[16]; /* of AF_CONN each is the user's address, in the first 4 bytes */
};

/* What JavaScript reads after each entry. One of it per module, at link_state(). */
struct link_state {
	double deadline_ms;     /* when link_timers() is due next, on the clock that link_enter() is told; < 0: never */
	uint8_t *outbox;        /* packets to send, struct link_packet after struct link_packet */
	uint32_t outbox_bytes;  /* JavaScript sets it to 0 when it has taken them */
	uint32_t outbox_drops;  /* packets that found the outbox full, ever */
	uint8_t *inbox;         /* where JavaScript puts received packets before link_input() */
	uint32_t inbox_bytes;   /* its capacity */
	int32_t *ready;         /* handles of sockets with something to tell */
	uint32_t ready_count;   /* JavaScript sets it to 0 when it has taken them */
	uint32_t memory_in_use; /* bytes that upstream holds by malloc */
	uint32_t has_more;      /* the socket that was read last has more to read */
};

/*
 * An association, as bridge_association() tells it; for each path a struct link_path_state follows, then local
 * addresses.
 */
struct link_association_state {
	uint32_t path_count;
	uint32_t primary;             /* which path, from 0; UINT32_MAX: none */
	uint32_t window_bytes;        /* the peer's receive window */
	uint32_t unacknowledged;      /* DATA chunks */
	uint32_t pending;             /* DATA chunks that wait to be received */
	uint32_t inbound;             /* streams */
	uint32_t outbound;
	uint32_t fragmentation_point; /* bytes */
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

/* What upstream tells of an association in kernels only (sctp_sysctl.c), see api/statistics.c. */
struct link_association_statistics {
	uint32_t retransmissions;   /* DATA chunks that a time-out has marked, ever */
	uint32_t errors;            /* time-outs in a row, over all paths */
	uint32_t flight_bytes;      /* sent and not acknowledged */
	uint32_t queued_bytes;      /* not sent yet */
	uint32_t peer_window_bytes; /* what the peer has room for beyond that */
};

/* And of a path. */
struct link_path_statistics {
	uint32_t retransmissions; /* DATA chunks that a time-out of this path has marked, ever */
	uint32_t errors;          /* time-outs in a row */
	uint32_t flight_bytes;    /* sent there and not acknowledged */
	uint32_t cwnd_bytes;
	uint32_t ssthresh_bytes;
	uint32_t ce_packets; /* those sent there that came with CE, as ECNE tells */
	uint32_t rtt_us;     /* the last round trip */
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
 * Room in the outbox for one packet of that length, or NULL when it may not grow further. The caller counts the bytes.
 */
struct link_packet *link_outbox_room(size_t length);

/* The time of this entry, in ms. */
extern double link_now_ms;

/* The shortest time by which the clock has gone on between two entries. */
extern double link_clock_step_ms;

/* A time that upstream has kept, in ms. */
struct timeval;
double link_ms_of_timeval(const struct timeval *time);

/* Does the transport vouch that what arrives is what was sent? A checksum of 0 then means that it was left out. */
extern int link_has_integrity;

/* Runs a timer that has gone off; see fixes/asockill_timer.c. */
void link_run_timer(void (*function)(void *), void *argument);

/* Runs what usrsctp leaves to its iterator thread. */
void link_iterate(void);

/*
 * May this packet reach usrsctp? First by its addresses and ports; then, if it isn't corrupt, by its chunks, some of
 * which may be taken out of it. Where it has an ECNE that upstream doesn't read, *short_ecne is set to the place of
 * that, and a copy with a longer one is to be read, and freed. See fixes/packet_validation.c.
 */
int link_has_valid_addresses(const struct link_packet *packet);
int link_validate_chunks(struct link_packet *packet, uint32_t *short_ecne);
struct link_packet *link_lengthen_ecne(const struct link_packet *packet, uint32_t at);

/* Will a packet of the same association follow the next one? And when that has been read: tuning/sack_frequency.c. */
void link_set_more_packets_follow(int more);
void link_send_deferred_sack(void);

/* A packet has been read: if it has brought an association to OPEN, a shutdown that is pending is carried out. */
void link_send_pending_shutdown(void);

/*
 * Room in the send buffer for the rest of a message on this stream, where only that rest can make more of it; else 0.
 * See fixes/send_buffer.c.
 */
uint32_t link_stalled_room(void *so, uint32_t id, uint16_t stream);

/* A message with a lifetime of so many milliseconds has been sent: see fixes/lifetimes.c. */
void link_start_lifetime(void *so, uint32_t id, uint32_t ms);

/*
 * In the flags of an ABORT chunk that a notification tells: this end has sent it (RFC 9260 3.3.7 defines another bit
 * only). See fixes/sent_abort.c.
 */
#define LINK_ABORT_SENT 0x80

/* Questions about a socket, see fixes/send_buffer.c: has it one association at most; has it that association; */
int link_has_one_association(void *so);
int link_has_association(void *so, uint32_t id);

/* does one of its associations reset that stream; are messages ended by SCTP_EOR there? */
int link_resets_stream(void *so, uint16_t stream);
int link_has_explicit_eor(void *so);

/* Shuts an association down where usrsctp refuses to: 0, or a negative errno. See fixes/shutdown.c. */
int link_shut_down(void *so, uint32_t id);

/* Has either end begun to shut the association down? */
int link_is_shut_down(void *so, uint32_t id);

/* What becomes of a piece of a message, whose beginning may be gone: fixes/unfinished_messages.c. */
enum link_rest { LINK_REST_SEND, LINK_REST_REFUSE, LINK_REST_DISCARD };
enum link_rest link_rest_of(void *so, uint32_t id, uint16_t stream, int is_last);

/* Stand around a call that sends the rest of a message, which the peer's shutdown has interrupted; 0: there is none. */
int link_before_rest_after_shutdown(void *so, uint32_t id, uint16_t stream);
void link_after_rest_after_shutdown(void *so, uint32_t id);

/* What usrsctp calls to send a packet of an AF_CONN association. */
int link_conn_output(void *address, void *buffer, size_t length, uint8_t tos, uint8_t set_df);

/* Ends an association with an ABORT that tells a reason, whatever state it is in. Returns 0 or -ENOENT. */
int link_abort(void *so, uint32_t id, const void *reason, uint32_t length);

/* The buffers of a socket follow its paths from now on, see tuning/buffers.c. */
void link_autosize_buffers(void *so);
void link_autosize_peeled_off(void *so);

/* Stand around what gives a buffer a size, SO_SNDBUF or SO_RCVBUF: it keeps that. */
void link_before_buffer_size(void *so, int option);
void link_after_buffer_size(void *so, int option);

/* A message of an association didn't fit into the send buffer, or not as a whole. */
void link_send_buffer_full(void *so, uint32_t id);

/* So many bytes of an association have left the receive buffer. */
void link_data_read(void *so, uint32_t id, uint32_t bytes);

/* May this socket listen? Not one-to-one, once it has had an association. */
int link_may_listen(const void *so);

/* A socket has been read: tells whether it has more. */
void link_update_has_more(void *so);

/* What is set aside of a socket is where it was: see api/set_aside.c. */
void link_put_back(void);

/*
 * Must come before usrsctp_peeloff(): sctp_move_pcb_and_assoc() takes each timer that points to the old endpoint for a
 * running one, and moves its reference. Of one that has gone off there is none: the old endpoint would be freed too
 * early, and the new one never.
 */
void link_before_peeloff(void *so, uint32_t id);

/* Says why, and traps. */
_Noreturn void link_panic(const char *message);

/* Upstream's snprintf; see os/snprintf.c for what it can. */
__attribute__((format(printf, 3, 4))) void link_snprintf(char *buffer, size_t size, const char *format, ...);

/* A socket has something to tell; called by upstream's sorwakeup and sowwakeup. `handle` is its upcall argument. */
void link_ready(void *handle);

/* Memory: never NULL, panics instead, because not all of upstream checks. */
void *link_malloc(size_t bytes);
void *link_calloc(size_t count, size_t bytes);
void *link_realloc(void *memory, size_t bytes);
void link_free(void *memory);

/* As realloc, for buffers of the link layer and the bridge: never NULL, and not in memory_in_use. */
void *link_grow(void *buffer, size_t bytes);

#endif
