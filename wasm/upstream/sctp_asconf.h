/* What is redirected in netinet/sctp_asconf.c. */
#ifndef UPSTREAM_SCTP_ASCONF_H
#define UPSTREAM_SCTP_ASCONF_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* T3-rtx: fixes/retransmission.c. */
#define sctp_t3rxt_timer fixed_t3rxt_timer

/* Path selection: fixes/path_selection.c. */
#define sctp_set_primary_addr fixed_set_primary_addr

/* Addresses that the peer adds: fixes/added_addresses.c. */
#define sctp_add_remote_addr fixed_add_remote_addr

/* Addresses that the peer deletes: fixes/deleted_addresses.c. */
#define sctp_del_remote_addr fixed_del_remote_addr
#define sctp_remove_net fixed_remove_net

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_add_local_addr_restricted fixed_add_local_addr_restricted
#define sctp_del_local_addr_restricted fixed_del_local_addr_restricted

/*
 * A request's reference to its address is released once, and the pointer is cleared: fixes/deleted_addresses.c. A
 * reference that a request still has is released with the request (DESTROY() in environment.h).
 */
#include <netinet/sctp_pcb.h>
void link_free_ifa_and_clear(struct sctp_ifa **address);
#define sctp_free_ifa(address) link_free_ifa_and_clear(&(address))

#endif
