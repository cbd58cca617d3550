/* What is redirected in netinet/sctp_indata.c. */
#ifndef UPSTREAM_SCTP_INDATA_H
#define UPSTREAM_SCTP_INDATA_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Messages that are given up: fixes/abandoned.c, whose function is strong. */
#pragma weak sctp_try_advance_peer_ack_point

/*
 * Nothing of what this file does with DATA, I-DATA and FORWARD TSN is used: sctp_process_data() and
 * sctp_handle_forward_tsn() are redirected in sctp_input.h.
 */

/* The send buffer of an association: tuning/buffers.c. Behind all others, since it includes headers of upstream's. */
#include "tuning/send_limit.h"

#endif
