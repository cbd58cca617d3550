/* What is redirected in netinet/sctp_indata.c. */
#ifndef UPSTREAM_SCTP_INDATA_H
#define UPSTREAM_SCTP_INDATA_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Answers to RE-CONFIG have a reserve of the receive buffer: fixes/reconfiguration.c. */
#define sctp_ulp_notify fixed_ulp_notify

/* Unordered messages beside an ordered one that is delivered in parts: fixes/unordered_delivery.c. */
#define sctp_add_to_readq fixed_add_to_readq

/* As many chunks more as the window has grown, in sctp_process_a_data_chunk(): tuning/buffers.c. */
#include <netinet/sctp_sysctl.h>
#include "tuning/tuning.h"
#define sctp_max_chunks_on_queue sctp_max_chunks_on_queue + link_more_unread(stcb->sctp_socket)

#endif
