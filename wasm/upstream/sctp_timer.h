/* What is redirected in netinet/sctp_timer.c. */
#ifndef UPSTREAM_SCTP_TIMER_H
#define UPSTREAM_SCTP_TIMER_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Answers to RE-CONFIG have a reserve of the receive buffer: fixes/reconfiguration.c. */
#define sctp_ulp_notify fixed_ulp_notify

/* Which path is used: fixes/path_choice.c, whose function is strong. */
#pragma weak sctp_find_alternate_net

/* Streams are added, or another scheduler is set, while a message is begun: fixes/schedulers.c. */
struct sctp_tcb;
void fixed_lock_stream(struct sctp_tcb *stcb);
#define sctp_ss_init(...) sctp_ss_init(__VA_ARGS__), fixed_lock_stream(stcb)

#endif
