/* What is redirected in netinet/sctp_indata.c. */
#ifndef UPSTREAM_SCTP_INDATA_H
#define UPSTREAM_SCTP_INDATA_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Abandoned messages: fixes/abandoned.c, whose function isn't weak. */
#pragma weak sctp_try_advance_peer_ack_point

/*
 * The functions of this file for DATA, I-DATA and FORWARD TSN aren't used: sctp_input.h redirects sctp_process_data()
 * and sctp_handle_forward_tsn().
 */

/* The send buffer of an association: tuning/buffers.c. Comes last, because it includes upstream's headers. */
#include "tuning/send_limit.h"

#endif
