/* What is redirected in netinet6/sctp6_usrreq.c. */
#ifndef UPSTREAM_SCTP6_USRREQ_H
#define UPSTREAM_SCTP6_USRREQ_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Hash tables of sockets: tuning/association_tables.c. */
#define sctp_inpcb_alloc(so, vrf_id) link_inpcb_alloc(so, vrf_id)
int link_inpcb_alloc(struct socket *so, uint32_t vrf_id);

#endif
