/* What is redirected in netinet/sctp_output.c. */
#ifndef UPSTREAM_SCTP_OUTPUT_H
#define UPSTREAM_SCTP_OUTPUT_H

#include "environment.h"

/* T2-shutdown has the place of T3-rtx: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Answers to RE-CONFIG have a reserve of the receive buffer: fixes/reconfiguration.c. */
#define sctp_ulp_notify fixed_ulp_notify

/* Which path is used: fixes/path_choice.c. */
#define sctp_set_primary_addr fixed_set_primary_addr

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_is_addr_pending fixed_is_addr_pending
#define sctp_compose_asconf fixed_compose_asconf

/*
 * sctp_prune_prsctp() leaves a chunk without data in the send queue, over which m_copydata() then loops for ever: so
 * nothing is pruned. The façade gives messages of low priority up by itself.
 */
#include <netinet/sctp_pcb.h>
#undef PR_SCTP_BUF_ENABLED
#define PR_SCTP_BUF_ENABLED(flags) 0

/* The MAC of cookies: tuning/cookie_mac.c. AUTH chunks have the HMACs of sctp_auth.c. */
#define sctp_hmac_m link_cookie_mac

/*
 * A fragment of a message that isn't complete yet is no larger than those of complete ones, in sctp_move_to_outqueue().
 * Upstream lets it fill the packet: without room for the AUTH chunk that DATA may need, the packet never leaves, and
 * SCTP_MAXSEG doesn't count. Functions that have no such variables see these two.
 */
static uint32_t space_left, frag_point;
#undef SCTP_TCB_LOCK_ASSERT
#define SCTP_TCB_LOCK_ASSERT(stcb) ((void)(space_left = min(space_left, (uint32_t)frag_point)))

/* The size of chunks: fixes/packet_size.c. sctp_lowlevel_chunk_output() has the association in a variable. */
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>
#ifndef UPSTREAM_MAIN
#pragma weak sctp_get_frag_point
#define sctp_mtu_size_reset(inp, asoc, mtu) sctp_pathmtu_adjustment(stcb, mtu)
#endif

/*
 * Packets: network/packets.c. sctp_lowlevel_chunk_output() has the association in a variable; sctp_send_resp_msg(), which
 * answers without one, sees this constant.
 */
struct sctp_tcb;
static struct sctp_tcb *const stcb;
void link_output(int *result, struct mbuf *packet, struct sctp_tcb *stcb);
#undef SCTP_IP_OUTPUT
#define SCTP_IP_OUTPUT(result, packet, ro, owner, vrf_id) link_output(&(result), packet, stcb)
#undef SCTP_IP6_OUTPUT
#define SCTP_IP6_OUTPUT(result, packet, ro, ifp, owner, vrf_id) link_output(&(result), packet, stcb)

/* Checksums of what is sent are left out where the transport vouches for integrity: tuning/crc32c.c. */
uint32_t link_checksum(struct mbuf *packet, upstream_offset offset);
#define sctp_calculate_cksum(packet, offset) link_checksum(packet, offset)

/* Behind a few, small messages wait for each other whatever SCTP_NODELAY says: tuning/bundling.c. */
#include <netinet/sctp_var.h>
#include "tuning/tuning.h"
#undef sctp_is_feature_off
#define sctp_is_feature_off(inp, feature) \
	(((inp)->sctp_features & (feature)) == 0 || ((feature) == SCTP_PCB_FLAGS_NODELAY && link_bundles(stcb)))

/* As many chunks more as the window has grown, in sctp_lower_sosend(): tuning/buffers.c. */
#include <netinet/sctp_sysctl.h>
#define sctp_max_chunks_on_queue \
	sctp_max_chunks_on_queue + (stcb->asoc.chunks_on_out_queue < 512 ? 0 : link_more_unsent(so, &stcb->asoc))

/* Bursts are limited, and the congestion window stays as it is, in sctp_chunk_output(): tuning/burst.c. */
static uint8_t link_unused;
#define sctp_use_cwnd_based_maxburst sctp_use_cwnd_based_maxburst * link_cuts_window(stcb, net)
#define burst_limit_applied burst_limit_applied = link_after_burst(stcb, burst_cnt), link_unused

/* An association ends while a message is delivered in parts: fixes/ended_association.c. */
#define sctp_free_assoc fixed_free_assoc

/* I-DATA where it is in use, and not DATA, is what has to be authenticated or not (RFC 4895 6, RFC 8260). */
#include <netinet/sctp_auth.h>
#undef sctp_auth_is_required_chunk
#define sctp_auth_is_required_chunk(chunk, list) \
	((list) != NULL && (list)->chunks[(chunk) == SCTP_DATA && stcb->asoc.idata_supported ? SCTP_IDATA : (chunk)] != 0)

/* The send buffer of an association: tuning/buffers.c. Behind all others, since it includes headers of upstream's. */
#include "tuning/send_limit.h"

#endif
