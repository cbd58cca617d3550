/* What is redirected in netinet/sctp_pcb.c. */
#ifndef UPSTREAM_SCTP_PCB_H
#define UPSTREAM_SCTP_PCB_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_is_addr_pending fixed_is_addr_pending

/*
 * A path begins with the MTU of its route, not with 1,500 bytes, or 1,280, in sctp_add_remote_addr():
 * network/interfaces.c.
 */
struct sctp_nets;
void link_new_path(const struct sctp_tcb *stcb, struct sctp_nets *net);
#undef SCTP_RTALLOC
#define SCTP_RTALLOC(ro, vrf_id, fibnum) link_new_path(stcb, net)

/* Associations and paths have notes of ours behind them: fixes/extra_fields.c. */
void *link_allocate_association(size_t bytes);
void *link_allocate_path(size_t bytes);
#undef SCTP_ZONE_GET
#define SCTP_ZONE_GET(zone, type) \
	(type *)_Generic((type *)NULL, struct sctp_tcb *: link_allocate_association, \
	                 struct sctp_nets *: link_allocate_path, default: link_malloc)(zone)

/* Hash tables of sockets: tuning/socket_hashes.c. */
#undef SCTP_HASH_INIT
#define SCTP_HASH_INIT(places, mark) link_hash_init(places, mark)
void *link_hash_init(uint32_t places, u_long *mark);
#include <netinet/sctp_pcb.h>
#undef SCTP_PCBHASH_ALLADDR
#define SCTP_PCBHASH_ALLADDR(ports, mask) (link_hash_of_ports(ports) & (uint32_t)(mask))
uint32_t link_hash_of_ports(uint32_t ports);

/*
 * Tags in time-wait: tuning/tag_timewait.c, whose function is strong. In main upstream's is static, and stays: it is
 * given no memory for its lists, and notes nothing then. Ours is told by DESTROY() (environment.h) when an association
 * ends.
 */
#ifdef UPSTREAM_MAIN
#undef SCTP_MALLOC
#define SCTP_MALLOC(variable, type, bytes, name) \
	((variable) = (type)_Generic((type)NULL, struct sctp_tagblock *: NULL, default: link_malloc(bytes)))
#else
#pragma weak sctp_add_vtag_to_timewait
#endif

/*
 * Loopback addresses that aren't ours, but another stack's on this machine, are of loopback scope too:
 * network/interfaces.c, whose function is strong.
 */
#pragma weak sctp_is_address_on_local_host

#endif
