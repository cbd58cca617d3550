/* What is redirected in netinet/sctp_timer.c. */
#ifndef UPSTREAM_SCTP_TIMER_H
#define UPSTREAM_SCTP_TIMER_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Which path is used: fixes/path_selection.c, whose function is strong. */
#pragma weak sctp_find_alternate_net

#endif
