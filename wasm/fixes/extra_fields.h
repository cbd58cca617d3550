/*
 * Extra fields for each association and each path. They follow usrsctp's own structure in the same allocation, so they
 * have the same lifetime. They are zero at first.
 */
#ifndef EXTRA_FIELDS_H
#define EXTRA_FIELDS_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "tuning/buffer_quota.h"

#define KNOWN_SOURCES 4

LIST_HEAD(path_list, path_extra);

struct association_extra {
	struct path_list paths;    /* the paths in the table of all paths: tuning/association_tables.c */
	struct peer_address *source; /* its peer's address, if it set the association up: tuning/association_limits.c */
	double sack_ms;            /* when the last SACK arrived; 0: none yet */
	uint32_t window_bytes;     /* the receive window in that SACK */
	struct buffer_quota send;  /* one-to-many: by how much its send buffer has grown, see tuning/buffers.c */
	sctp_os_timer_t lifetimes; /* expires when the next lifetime of a message ends: lifetimes.c */
	double lifetime_ends_ms;   /* when that is */

	union sctp_sockstore *former; /* the last addresses that the peer has deleted: late_packets.c */
	uint32_t former_count;        /* how many addresses it has deleted */

	uint32_t reachable_paths; /* active paths when the MTU was last updated: tuning/path_mtu.c */
	uint32_t known[KNOWN_SOURCES]; /* private addresses of ours that the peer knows: address_translation.c */
	uint32_t known_count;

	double offline_ms;         /* when a timer first found no route to the peer; 0: there is one: error_counters.c */
	double opened_ms;          /* when the association entered the state OPEN */
	uint8_t outputs;           /* the outputs that it waits for, as bits: tuning/burst.c */
	uint32_t set_up_time_outs; /* of INIT until the INIT ACK, then of COOKIE ECHO: round_trips.c */

	struct unfinished_message *unfinished; /* messages that ended before their last piece: unfinished_messages.c */

	uint32_t loaded_tag; /* the peer's tag in the INIT whose addresses were loaded: restart.c */

	uint32_t set_aside_batch; /* the last batch of reads that left its messages out: api/set_aside.c */
};

/*
 * The state of path MTU probing: tuning/path_mtu.c. It is valid as long as the path has the same route.
 */
struct path_probes {
	const void *interface;    /* rt_ifa of the route */
	uint32_t route_mtu;       /* the MTU of the route: the base */
	uint32_t route_probe_mtu; /* the size of an IP packet that is worth probing; 0: none */
	uint32_t found_mtu;       /* the largest size that the peer has answered; route_mtu at first */
	uint32_t failed_mtu;      /* the smallest size that wasn't answered in this search; 0: none */
	uint32_t probe_mtu;       /* the size that is probed; 0: none */
	uint32_t told_mtu;        /* what a router says is the largest; 0: nothing */
	uint32_t sent;            /* probes of that size */
	uint32_t time_outs;       /* of T3-rtx since the last answer: is the path a black hole? */
	double due_ms;            /* when the next probe may be sent */
	uint32_t nonce[2];
};

struct path_extra {
	LIST_ENTRY(path_extra) in_table; /* of all paths: tuning/association_tables.c */
	LIST_ENTRY(path_extra) of_owner; /* the other paths of the association in that table */
	struct sctp_tcb *owner;          /* NULL: not in that table */
	struct path_probes probes;
	double verified_ms;           /* when a HEARTBEAT was last sent to verify the address: error_counters.c */
	double answered_ms;           /* when data or a chunk sent on it was last acknowledged */
	double timed_out_ms;          /* when an error was first counted on it after an answer: error_counters.c */
	double recovered_ms;          /* when the first answer after that came: path_selection.c */
	double decayed_ms;            /* until when the congestion window has been decayed: tuning/burst.c */
	double min_rtt_since_ms;      /* when the current measurement period of min_rtt_us began: tuning/min_rtt.c */
	double resumed_ms;            /* when its link came back, or its route changed: network/returned_links.c */
	double heartbeat_ms;          /* when the last answered HEARTBEAT was sent; 0: network/returned_links.c */
	double heartbeat_trip_ms;     /* how long its answer took */
	double looked_ms;             /* when the path was last looked at for a HEARTBEAT: network/returned_links.c */
	uint32_t min_rtt_us;
	uint32_t previous_min_rtt_us; /* of the period before */
	uint32_t ports;               /* SCTP ports: local in the high half, remote */
	uint8_t looks_after_sack;     /* is also looked at after a SACK, soon after that HEARTBEAT */
	uint8_t is_to_be_resumed;     /* when the peer knows our address: network/returned_links.c */
	uint16_t pf_threshold;        /* saved while an association is being set up: error_counters.c */
};

static inline struct association_extra *extra_of(const struct sctp_tcb *stcb)
{
	return (struct association_extra *)(uintptr_t)(stcb + 1);
}

static inline struct path_extra *path_extra_of(const struct sctp_nets *net)
{
	return (struct path_extra *)(uintptr_t)(net + 1);
}

#endif
