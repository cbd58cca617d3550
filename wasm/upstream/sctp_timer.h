/* What is redirected in netinet/sctp_timer.c. */
#ifndef UPSTREAM_SCTP_TIMER_H
#define UPSTREAM_SCTP_TIMER_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Path selection: fixes/path_selection.c, whose function isn't weak. */
#pragma weak sctp_find_alternate_net

#endif
