/* What is redirected in netinet/sctp_cc_functions.c. */
#ifndef UPSTREAM_SCTP_CC_FUNCTIONS_H
#define UPSTREAM_SCTP_CC_FUNCTIONS_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* The first slow start threshold. */
#include "fixes/fixes.h"
#define peers_rwnd peers_rwnd > 0 ? FIRST_SSTHRESH : 0

#endif
