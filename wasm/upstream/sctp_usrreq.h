/* What is redirected in netinet/sctp_usrreq.c, which api/setopt.c includes. */
#ifndef UPSTREAM_SCTP_USRREQ_H
#define UPSTREAM_SCTP_USRREQ_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Counters of streams when others are added: fixes/reconfiguration.c. */
#ifndef UPSTREAM_MAIN
#define sctp_send_str_reset_req fixed_send_str_reset_req
#endif

/* Path selection: fixes/path_selection.c. */
#define sctp_set_primary_addr fixed_set_primary_addr

/* Another scheduler of an association: fixes/schedulers.c. */
#define sctp_ss_init(stcb, ...) sctp_ss_init(link_init_scheduled_streams(stcb), __VA_ARGS__)
struct sctp_tcb *link_init_scheduled_streams(struct sctp_tcb *stcb);

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_is_addr_pending fixed_is_addr_pending

/* Hash tables of sockets: tuning/association_tables.c. */
#define sctp_inpcb_alloc(so, vrf_id) link_inpcb_alloc(so, vrf_id)
int link_inpcb_alloc(struct socket *so, uint32_t vrf_id);

/* A shared key that can't be inserted: fixes/shared_keys.c. */
#define sctp_insert_sharedkey fixed_insert_sharedkey
struct sctp_keyhead;
struct sctp_shared_key;
int fixed_insert_sharedkey(struct sctp_keyhead *keys, struct sctp_shared_key *key);

/* An association ends while a message is partly delivered: fixes/ended_association.c. */
#define sctp_free_assoc fixed_free_assoc

/* If I-DATA is in use, it is the chunk that must be authenticated: fixes/required_auth.h. */
#include "fixes/required_auth.h"
#undef sctp_auth_is_required_chunk
#define sctp_auth_is_required_chunk(chunk, list) link_is_auth_required(stcb, chunk, list)

/*
 * The size of chunks: fixes/fragment_size.c, whose function isn't weak. The value of SCTP_MAXSEG is stored as it is,
 * without these headers.
 */
#pragma weak sctp_pathmtu_adjustment
#ifndef UPSTREAM_MAIN
#include <netinet/sctp_header.h>
#undef SCTP_MED_OVERHEAD
#define SCTP_MED_OVERHEAD link_zero
#undef SCTP_MED_V4_OVERHEAD
#define SCTP_MED_V4_OVERHEAD link_zero
/* sctp_getopt() has the option in a variable. */
#include <netinet/sctp_output.h>
#include "fixes/fragment_size.h"
#define sctp_get_frag_point(stcb, association) link_reported_frag_point(stcb, optname)
#endif

#endif
