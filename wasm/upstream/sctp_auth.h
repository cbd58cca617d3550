/* What is redirected in netinet/sctp_auth.c. */
#ifndef UPSTREAM_SCTP_AUTH_H
#define UPSTREAM_SCTP_AUTH_H

#include "environment.h"

/* Answers to RE-CONFIG have a reserve of the receive buffer: fixes/reconfiguration.c. */
#define sctp_ulp_notify fixed_ulp_notify

#endif
