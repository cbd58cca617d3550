/*
 * Included before every upstream file (-include): redirects what usrsctp takes from an operating system to the link
 * layer. Upstream itself stays as it is.
 */
#ifndef UPSTREAM_H
#define UPSTREAM_H

#include <pthread.h> /* upstream's Emscripten branch forgets it */
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "link.h"

/*
 * Memory; before upstream's headers, because inline functions in them free what upstream's files allocate. Two structures
 * hold more than upstream gives back with them: see departures.c. That of a message is freed when it has been read.
 */
struct sctp_asconf_addr;
struct sctp_tcb;
struct socket;
struct sctp_rtentry;
struct sctp_queued_to_read;
void repaired_free_read(struct sctp_queued_to_read *message); /* interleave.c */
void repaired_free_request(struct sctp_asconf_addr *request);
void repaired_free_association(struct sctp_tcb *stcb);
void link_free_socket(struct socket *so);
void link_free_route(struct sctp_rtentry *route); /* interfaces.c */
#define malloc(bytes) link_malloc(bytes)
#define calloc(count, bytes) link_calloc(count, bytes)
#define realloc(memory, bytes) link_realloc(memory, bytes)
#define free(memory) \
	_Generic((memory), struct sctp_asconf_addr *: repaired_free_request, struct sctp_tcb *: repaired_free_association, \
	         struct socket *: link_free_socket, struct sctp_rtentry *: link_free_route, \
	         struct sctp_queued_to_read *: repaired_free_read, default: link_free)(memory)

#include <netinet/sctp_os.h>

#include "silent.h"

/* The texts of error causes. */
#undef SCTP_SNPRINTF
#define SCTP_SNPRINTF(buffer, ...) link_print(buffer, __VA_ARGS__)

/* There is one thread. Whatever would block says so. */
#ifndef INVARIANTS /* that build checks that locks are taken and released in pairs */
#undef pthread_mutex_lock
#undef pthread_mutex_unlock
#undef pthread_mutex_trylock
#define pthread_mutex_lock(mutex) ((void)(mutex), 0)
#define pthread_mutex_unlock(mutex) ((void)(mutex), 0)
#define pthread_mutex_trylock(mutex) ((void)(mutex), 0)
#endif
#define pthread_cond_wait(condition, mutex) ((void)(condition), (void)(mutex), EWOULDBLOCK)
#define pthread_cond_broadcast(condition) ((void)(condition), 0)

/* Time. */
int link_gettimeofday(struct timeval *time);
#define gettimeofday(time, zone) link_gettimeofday(time)

/* Interfaces are added by link_add_address(); there are none to find. */
#define getifaddrs(list) (*(list) = NULL, 0)
#define freeifaddrs(list) ((void)(list))
#define if_nametoindex(name) ((void)(name), 0)

/* Routes: each local address is an interface of its own, and the host tells which one leads to a destination. */
void link_route(sctp_route_t *route);
#undef SCTP_RTALLOC
#define SCTP_RTALLOC(ro, vrf_id, fibnum) link_route((sctp_route_t *)(ro))
#undef SCTP_GET_IF_INDEX_FROM_ROUTE
#define SCTP_GET_IF_INDEX_FROM_ROUTE(ro) ((uint32_t)(uintptr_t)(ro)->ro_rt->rt_ifa)
#ifdef FILE_sctp_pcb /* sctp_add_remote_addr(): a path begins with the MTU of its route, not with 1,500 bytes, or 1,280 */
struct sctp_nets;
struct sctp_tcb;
void link_new_path(const struct sctp_tcb *stcb, struct sctp_nets *net);
#undef SCTP_RTALLOC
#define SCTP_RTALLOC(ro, vrf_id, fibnum) link_new_path(stcb, net)
#endif

/* Private IPv4 addresses are as good as others: the transport alone decides what INIT lists. */
#undef IN4_ISPRIVATE_ADDRESS
#define IN4_ISPRIVATE_ADDRESS(address) 0

/*
 * Loopback addresses that aren't ours, but another stack's on this machine, are of loopback scope too. Weak, because it
 * is called where it is defined as well; interfaces.c has the strong one.
 */
#ifndef LINK_LAYER
#pragma weak sctp_is_address_on_local_host
#pragma weak sctp_fill_random_store /* environment.c: the host's chance as it is */
#endif

/* Tags in time-wait: timewait.c. */
#ifndef LINK_LAYER
#pragma weak sctp_add_vtag_to_timewait
#endif
#ifdef FILE_sctputil
#define sctp_is_vtag_good timewait_is_vtag_good
#endif

/* The MAC of cookies: cookies.c. AUTH chunks have HMACs of sctp_auth.c. */
#if defined(FILE_sctp_input) || defined(FILE_sctp_output)
#define sctp_hmac_m link_cookie_mac
#endif

/* Hash tables of sockets: hashes.c. */
#ifdef FILE_sctp_pcb
#undef SCTP_HASH_INIT
#define SCTP_HASH_INIT(places, mark) link_hash_init(places, mark)
void *link_hash_init(uint32_t places, u_long *mark);
#elif !defined(LINK_LAYER)
#define sctp_inpcb_alloc(so, vrf_id) link_inpcb_alloc(so, vrf_id)
int link_inpcb_alloc(struct socket *so, uint32_t vrf_id);
#endif

#include "repairs.h"

#ifdef FILE_sctp_output /* behind a few, small messages wait for each other whatever SCTP_NODELAY says: bundle.c */
#include <netinet/sctp_var.h>
int link_bundles(struct sctp_tcb *stcb);
#undef sctp_is_feature_off
#define sctp_is_feature_off(inp, feature) \
	(((inp)->sctp_features & (feature)) == 0 || ((feature) == SCTP_PCB_FLAGS_NODELAY && link_bundles(stcb)))
#endif

/*
 * usrsctp has 512 chunks on their way at most, and takes as many that nobody reads, whatever its buffers: 740 KB in
 * packets of 1,500 bytes, and 32 KB in messages of 64. A larger window is for more of them, at both ends: buffers.c.
 */
#include <netinet/sctp_sysctl.h>
struct sctp_association;
uint32_t link_more_unread(const struct socket *so);
uint32_t link_more_unsent(const struct socket *so, const struct sctp_association *asoc);
#ifdef FILE_sctp_indata /* sctp_process_a_data_chunk() */
#define sctp_max_chunks_on_queue sctp_max_chunks_on_queue + link_more_unread(stcb->sctp_socket)
#endif
#ifdef FILE_sctp_output /* sctp_lower_sosend() */
#define sctp_max_chunks_on_queue \
	sctp_max_chunks_on_queue + (stcb->asoc.chunks_on_out_queue < 512 ? 0 : link_more_unsent(so, &stcb->asoc))
#endif

/* Bursts are limited, and the congestion window stays as it is: burst.c. In sctp_chunk_output(). */
struct sctp_nets;
struct sctp_tcb;
int link_cuts_window(const struct sctp_tcb *stcb, struct sctp_nets *net);
int link_after_burst(struct sctp_tcb *stcb);
void link_output_later(struct sctp_tcb *stcb);
void link_output_soon(struct sctp_tcb *stcb);
void link_no_burst(const struct sctp_tcb *stcb);
#ifdef FILE_sctp_output
static uint8_t link_unused;
#define sctp_use_cwnd_based_maxburst sctp_use_cwnd_based_maxburst * link_cuts_window(stcb, net)
#define burst_limit_applied burst_limit_applied = link_after_burst(stcb), link_unused
#endif

#ifdef FILE_sctp_input /* packets that have come together are acknowledged together: sacks.c */
#define sctp_process_data link_process_data
#endif

/* The route of a path, and what probe.c, sacks.c and bundle.c know of it: a path that gets another route begins anew. */
struct link_path {
	sctp_rtentry_t route;
	const void *owner;  /* the sctp_route_t of the path */
	uint32_t route_mtu; /* as the route has it: rmx_mtu is what has been found out since */
	uint32_t probe_mtu; /* an IP packet of that size is worth a try; 0: none */
	uint32_t probes;    /* that were sent */
	double probe_due_ms;
	uint32_t probe_nonce[2];
	uint32_t in_order_bytes; /* received: see sacks.c */
	double received_ms;
	double burst_ms; /* when the first of these packets left: see bundle.c */
	uint32_t burst_packets;
};

/* A path gives its route back, and may ask for it again: what was found out about it is kept, or else found again. */
void link_probe_keep(const struct link_path *path);
void link_probe_recall(struct link_path *path);
void link_probe_forget(const void *owner);

/* A packet has been sent that is more than half full: would the paths take larger ones? */
void link_probe(struct sctp_tcb *stcb);

/* Looks for answers to probes in a packet that usrsctp has had. */
void link_probe_answers(const struct sctphdr *header, uint32_t length, union sctp_sockstore *source,
                        union sctp_sockstore *destination);

/* An address as usrsctp has it; 0 when the family (4 or 6) is unknown. The port is in network byte order. */
int link_sockaddr(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port);

/* An association ends, which may owe a SACK: sacks.c. */
void link_forget(const struct sctp_tcb *stcb);

/* The header of IP before the packets of a path. */
struct sctp_nets;
uint32_t link_ip_bytes(const struct sctp_nets *net);

/* Packets. */
struct sctp_tcb;
void link_output(int *result, struct mbuf *packet, struct sctp_tcb *stcb);
#undef SCTP_IP_OUTPUT
#define SCTP_IP_OUTPUT(result, packet, ro, stcb, vrf_id) link_output(&(result), packet, stcb)
#undef SCTP_IP6_OUTPUT
#define SCTP_IP6_OUTPUT(result, packet, ro, ifp, stcb, vrf_id) link_output(&(result), packet, stcb)

/* Checksums of what is sent: left out where the transport vouches for integrity. */
#ifdef FILE_sctp_output
uint32_t link_checksum(struct mbuf *packet, uint32_t offset);
#define sctp_calculate_cksum(packet, offset) link_checksum(packet, offset)
#endif

/* Wake-ups. Upstream's upcall misses what timers cause; these miss nothing. */
#undef sorwakeup_locked
#define sorwakeup_locked(so) do { link_ready((so)->so_upcallarg); SOCKBUF_UNLOCK(&(so)->so_rcv); } while (0)
#undef sowwakeup_locked
#define sowwakeup_locked(so) do { link_ready((so)->so_upcallarg); SOCKBUF_UNLOCK(&(so)->so_snd); } while (0)

#endif
