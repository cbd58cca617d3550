/*
 * What the fixes know of each association and each path. It lies behind usrsctp's own structure, in the same
 * allocation: it comes and goes with it, is zero at first, and one association can't push out what is known of another.
 */
#ifndef EXTRA_FIELDS_H
#define EXTRA_FIELDS_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "tuning/buffer_quota.h"

struct association_extra {
	double sack_ms;        /* when the last SACK came; 0: none yet */
	uint32_t window_bytes; /* the receive window that it told */
	struct buffer_quota send;  /* one-to-many: by how much its send buffer has grown, see tuning/buffers.c */
	sctp_os_timer_t lifetimes; /* when the next lifetime of a message ends, see lifetimes.c */
	double lifetime_ends_ms;   /* and when that is */

	union sctp_sockstore *former; /* addresses that the peer has deleted, the last ones: late_packets.c */
	uint32_t former_count;        /* how many there were */

	double opened_ms;          /* when the association came to be open */
	uint8_t outputs;           /* that it waits for, a bit for each: tuning/burst.c */
	uint32_t set_up_time_outs; /* of INIT, until INIT ACK; then of COOKIE ECHO: see round_trips.c */

	struct unfinished_message *unfinished; /* that ended before their last piece came: unfinished_messages.c */

	uint32_t loaded_tag;   /* the peer's tag in the INIT whose addresses it has: see restart.c */

	uint32_t set_aside_batch; /* the last batch of reads that its messages were kept out of: api/set_aside.c */
};

/*
 * What has been found out of the packets that a path takes: tuning/path_mtu.c. It holds as long as its routes are the
 * same.
 */
struct path_probes {
	const void *interface;   /* of the route, its rt_ifa */
	uint32_t route_mtu;      /* as the route has it */
	uint32_t wanted_mtu;     /* an IP packet of that size is worth a try; 0: none */
	uint32_t found_mtu;      /* what the peer has answered; until then route_mtu */
	uint32_t sent;
	double due_ms;           /* when the next one may be sent */
	uint32_t nonce[2];
};

struct path_extra {
	struct path_probes probes;
	double answered_ms;    /* when something that was sent there was acknowledged last */
	double decayed_ms;     /* until when the congestion window has decayed: tuning/burst.c */
	double min_rtt_since_ms; /* when the time began whose shortest round trips these are: tuning/min_rtt.c */
	uint32_t min_rtt_us;
	uint32_t previous_min_rtt_us; /* in the time before */
	uint16_t pf_threshold;        /* what it is while an association is being set up: see error_counters.c */
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
