/*
 * Included before every file that includes usrsctp's internal headers, upstream's and ours. Redirects what usrsctp
 * expects from an operating system. Redirections in a single file of upstream's are listed in the header of the same
 * name beside this one.
 */
#ifndef ENVIRONMENT_H
#define ENVIRONMENT_H

#include <pthread.h> /* upstream doesn't include it for Emscripten */
#include <stdlib.h>
#include <string.h>
#include <errno.h>

#include "link.h"

/*
 * Memory: os/memory.c. Precedes upstream's headers, because inline functions in them free what upstream's files
 * allocate.
 */
#define malloc(bytes) link_malloc(bytes)
#define calloc(count, bytes) link_calloc(count, bytes)
#define realloc(memory, bytes) link_realloc(memory, bytes)
#define free(memory) link_free(memory)

#include <netinet/sctp_os.h>

#include "os/no_logging.h"
#include "upstream/release.h"

/* The texts of error causes: os/snprintf.c. */
#undef SCTP_SNPRINTF
#define SCTP_SNPRINTF(buffer, ...) link_snprintf(buffer, __VA_ARGS__)

/* SHA-256, which upstream takes from the kernel that it is built into: os/sha256.c. */
#include "os/sha256.h"
#define SCTP_SUPPORT_HMAC_SHA256
#define SCTP_SHA256_CTX struct sha256
#define SCTP_SHA256_INIT(hash) sha256_init(hash)
#define SCTP_SHA256_UPDATE(hash, bytes, length) sha256_update(hash, bytes, length)
#define SCTP_SHA256_FINAL(digest, hash) sha256_final(digest, hash)

/* There is one thread. Calls that would block return an error. */
#ifndef INVARIANTS /* a build with INVARIANTS checks that locks are taken and released in pairs */
#undef pthread_mutex_lock
#undef pthread_mutex_unlock
#undef pthread_mutex_trylock
#define pthread_mutex_lock(mutex) ((void)(mutex), 0)
#define pthread_mutex_unlock(mutex) ((void)(mutex), 0)
#define pthread_mutex_trylock(mutex) ((void)(mutex), 0)
#define pthread_rwlock_rdlock(lock) ((void)(lock), 0)
#define pthread_rwlock_wrlock(lock) ((void)(lock), 0)
#define pthread_rwlock_unlock(lock) ((void)(lock), 0)
#define pthread_rwlock_tryrdlock(lock) ((void)(lock), 0)
#endif
#define pthread_cond_wait(condition, mutex) ((void)(condition), (void)(mutex), EWOULDBLOCK)
#define pthread_cond_broadcast(condition) ((void)(condition), 0)

/* Time: os/environment.c. */
int link_gettimeofday(struct timeval *time);
#define gettimeofday(time, zone) link_gettimeofday(time)

/*
 * Routes: network/interfaces.c. Each local address is an interface of its own, and the host says which one leads to a
 * destination. Wherever upstream looks up a route, `net` is the path, or NULL without one.
 */
struct sctp_nets;
void link_route(sctp_route_t *route, struct sctp_nets *net);
void link_release_route(sctp_rtentry_t *route);
#undef SCTP_RTALLOC
#define SCTP_RTALLOC(ro, vrf_id, fibnum) link_route((sctp_route_t *)(ro), net)
#undef SCTP_GET_IF_INDEX_FROM_ROUTE
#define SCTP_GET_IF_INDEX_FROM_ROUTE(ro) link_interface_of((ro)->ro_rt)
static inline uint32_t link_interface_of(const sctp_rtentry_t *route)
{
	return (uint32_t)(uintptr_t)route->rt_ifa;
}
#undef rtfree
#define rtfree(route) link_release_route(route)

/* What replaces a condition or a number of upstream's by 0. It has a name so that redirections.mjs counts it. */
enum { link_zero = 0 };

/* Private IPv4 addresses are treated like public ones. The transport alone decides which addresses an INIT lists. */
#undef IN4_ISPRIVATE_ADDRESS
#define IN4_ISPRIVATE_ADDRESS(address) link_zero

/* Wake-ups. Upstream's upcall isn't called for what timers cause; these always are. */
#undef sorwakeup_locked
#define sorwakeup_locked(so) do { link_ready((so)->so_upcallarg); SOCKBUF_UNLOCK(&(so)->so_rcv); } while (0)
#undef sowwakeup_locked
#define sowwakeup_locked(so) do { link_ready((so)->so_upcallarg); SOCKBUF_UNLOCK(&(so)->so_snd); } while (0)

/*
 * Structures that hold references are cleaned before they are freed: an association, a request to add or delete an
 * address (fixes/deleted_addresses.c), a received message (fixes/delivery.c), and a path (tuning/association_tables.c).
 */
struct sctp_tcb;
struct sctp_nets;
struct sctp_asconf_addr;
struct sctp_queued_to_read;
void fixed_free_association(struct sctp_tcb *stcb);
void fixed_free_request(struct sctp_asconf_addr *request);
void fixed_free_message(struct sctp_queued_to_read *message);
void link_free_path(struct sctp_nets *net);
#define DESTROY(structure) \
	_Generic((structure), struct sctp_tcb *: fixed_free_association, struct sctp_asconf_addr *: fixed_free_request, \
	         struct sctp_queued_to_read *: fixed_free_message, struct sctp_nets *: link_free_path, \
	         default: link_free)(structure)
#undef SCTP_ZONE_FREE
#define SCTP_ZONE_FREE(zone, structure) { DESTROY(structure); }
#undef SCTP_FREE
#define SCTP_FREE(structure, type) DESTROY(structure)

#endif
