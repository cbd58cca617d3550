/* What is redirected in netinet/sctp_pcb.c. */
#ifndef UPSTREAM_SCTP_PCB_H
#define UPSTREAM_SCTP_PCB_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_is_addr_pending fixed_is_addr_pending

/*
 * A path starts with the MTU of its route, and not with 1,500 or 1,280 bytes, in sctp_add_remote_addr():
 * network/interfaces.c.
 */
struct sctp_nets;
void link_new_path(struct sctp_tcb *stcb, struct sctp_nets *net);
#undef SCTP_RTALLOC
#define SCTP_RTALLOC(ro, vrf_id, fibnum) link_new_path(stcb, net)

/* Associations and paths are allocated with our extra fields: fixes/extra_fields.c. */
void *link_allocate_association(size_t bytes);
void *link_allocate_path(size_t bytes);
#undef SCTP_ZONE_GET
#define SCTP_ZONE_GET(zone, type) \
	(type *)_Generic((type *)NULL, struct sctp_tcb *: link_allocate_association, \
	                 struct sctp_nets *: link_allocate_path, default: link_malloc)(zone)

/* Hash tables, and the functions that find an association by an address: tuning/association_tables.c. */
#undef SCTP_HASH_INIT
#define SCTP_HASH_INIT(places, mark) link_hash_init(places, mark)
void *link_hash_init(uint32_t places, u_long *mark);
#include <netinet/sctp_pcb.h>
#undef SCTP_PCBHASH_ALLADDR
#define SCTP_PCBHASH_ALLADDR(ports, mask) (link_hash_of_ports(ports) & (uint32_t)(mask))
uint32_t link_hash_of_ports(uint32_t ports);
#include "tuning/hash_table.h"
#pragma weak sctp_findassociation_ep_addr
#pragma weak sctp_findassociation_addr_sa

/* The most associations of a stack: tuning/association_limits.c. */
#undef SCTP_MAX_NUM_OF_ASOC
#define SCTP_MAX_NUM_OF_ASOC link_most_associations
extern uint32_t link_most_associations;

/*
 * Tags in time-wait: tuning/tag_timewait.c, whose function isn't weak. In main upstream's function is static and stays
 * in use, but gets no memory for its lists and so records nothing. DESTROY() (environment.h) tells ours when an
 * association is freed.
 */
#ifdef UPSTREAM_MAIN
#undef SCTP_MALLOC
#define SCTP_MALLOC(variable, type, bytes, name) \
	((variable) = (type)_Generic((type)NULL, struct sctp_tagblock *: NULL, default: link_malloc(bytes)))
#else
#pragma weak sctp_add_vtag_to_timewait
#endif

/*
 * Loopback addresses of another stack on this machine have loopback scope too: network/interfaces.c, whose function
 * isn't weak.
 */
#pragma weak sctp_is_address_on_local_host

/* A new association doesn't interleave messages without partial reliability: fixes/interleaving.c. */
#include "fixes/fixes.h"
#define sctp_init_asoc(inp, stcb, ...) link_init_association(stcb, sctp_init_asoc(inp, stcb, __VA_ARGS__))

#endif
