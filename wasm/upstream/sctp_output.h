/* What is redirected in netinet/sctp_output.c. */
#ifndef UPSTREAM_SCTP_OUTPUT_H
#define UPSTREAM_SCTP_OUTPUT_H

#include "environment.h"

/* T2-shutdown and T3-rtx use the same timer: fixes/shutdown.c. */
#define sctp_timer_start fixed_timer_start

/* Path selection: fixes/path_selection.c. */
#define sctp_set_primary_addr fixed_set_primary_addr

/* Local addresses that come back: fixes/readded_addresses.c. */
#define sctp_is_addr_pending fixed_is_addr_pending
#define sctp_compose_asconf fixed_compose_asconf

/*
 * sctp_prune_prsctp() leaves a chunk without data in the send queue, and m_copydata() then loops for ever. So nothing
 * is pruned. The façade abandons messages of low priority itself.
 */
#include <netinet/sctp_pcb.h>
#undef PR_SCTP_BUF_ENABLED
#define PR_SCTP_BUF_ENABLED(flags) link_zero

/* The MAC of cookies: tuning/cookie_mac.c. AUTH chunks still use the HMACs of sctp_auth.c. */
#define sctp_hmac_m link_cookie_mac

/*
 * The size of fragments: fixes/fragment_size.h. sctp_move_to_outqueue() begins with this assertion, and has the space
 * left in the packet in a variable. Other functions with this assertion send nothing of that size, or have no such
 * variables and use these two.
 */
#include "fixes/fragment_size.h"
static uint32_t space_left, frag_point;
#undef SCTP_TCB_LOCK_ASSERT
#define SCTP_TCB_LOCK_ASSERT(stcb) link_limit_fragment(&space_left, frag_point)

/* The size of chunks: fixes/fragment_size.c. sctp_lowlevel_chunk_output() has the association in a variable. */
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>
#ifndef UPSTREAM_MAIN
#pragma weak sctp_get_frag_point
#define sctp_mtu_size_reset(inp, asoc, mtu) sctp_pathmtu_adjustment(stcb, mtu)
#endif

/*
 * Packets of an association, or of none: network/packets.c. In main the owner is the endpoint. But
 * sctp_lowlevel_chunk_output() has the association in the variable stcb; sctp_send_resp_msg() has none and uses this
 * one.
 */
#include "network/network.h"
#ifdef UPSTREAM_MAIN
static struct sctp_tcb *const stcb;
#define ASSOCIATION_OF(owner) stcb
#else
#define ASSOCIATION_OF(owner) owner
#endif
#undef SCTP_IP_OUTPUT
#define SCTP_IP_OUTPUT(result, packet, ro, owner, vrf_id) link_output(&(result), packet, ASSOCIATION_OF(owner))
#undef SCTP_IP6_OUTPUT
#define SCTP_IP6_OUTPUT(result, packet, ro, ifp, owner, vrf_id) link_output(&(result), packet, ASSOCIATION_OF(owner))

/* Checksums are omitted if the transport vouches for integrity: tuning/crc32c.c. */
uint32_t link_checksum(struct mbuf *packet, upstream_offset offset);
#define sctp_calculate_cksum(packet, offset) link_checksum(packet, offset)

/* sctp_lower_sosend() allows more chunks if the window has grown: tuning/buffers.c. */
#include <netinet/sctp_sysctl.h>
#include "tuning/tuning.h"
#define sctp_max_chunks_on_queue sctp_max_chunks_on_queue + link_extra_unsent_chunks(so, &stcb->asoc)

/*
 * Bursts and bundling: tuning/burst.c, whose sctp_chunk_output() isn't weak and calls upstream's by another name.
 * Upstream's cuts the congestion window to a burst if this sysctl is set; here it does so on paths with a short RTT
 * only.
 */
#include "api/association.h"
#pragma weak sctp_chunk_output
void upstream_chunk_output(struct sctp_inpcb *inp, struct sctp_tcb *stcb, int from_where, int so_locked)
	__attribute__((alias("sctp_chunk_output")));
#define sctp_use_cwnd_based_maxburst sctp_use_cwnd_based_maxburst * link_has_short_rtt(stcb->asoc.primary_destination)

/* A packet for a small window: tuning/small_window.c. Upstream's functions also have an array of that length. */
#undef SCTP_MAX_DATA_BUNDLING
#define SCTP_MAX_DATA_BUNDLING link_max_chunks_in_packet

/* Link-local addresses: network/interfaces.c, whose functions aren't weak. */
#pragma weak sctp_is_address_in_scope
#pragma weak sctp_add_addresses_to_i_ia
int upstream_is_address_in_scope(struct sctp_ifa *ifa, struct sctp_scoping *scope, int do_update)
	__attribute__((alias("sctp_is_address_in_scope")));
struct mbuf *upstream_add_addresses(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_scoping *scope,
                                    struct mbuf *end, int count, uint16_t *padding, uint16_t *length)
	__attribute__((alias("sctp_add_addresses_to_i_ia")));

/* Forward-TSN-Supported if it is off: fixes/unrecognized_parameters.c, whose function isn't weak. */
#pragma weak sctp_arethere_unrecognized_parameters
struct mbuf *upstream_unrecognized_parameters(struct mbuf *packet, int offset, int *is_invalid,
                                              struct sctp_chunkhdr *chunk, int *nat,
                                              int *cookie UPSTREAM_EDMID(uint32_t *edmid))
	__attribute__((alias("sctp_arethere_unrecognized_parameters")));

/* Stream resets that waited for the end of their messages: fixes/shutdown.c, whose function isn't weak. */
#pragma weak sctp_send_stream_reset_out_if_possible
int upstream_send_stream_reset_out_if_possible(struct sctp_tcb *stcb, int so_locked)
	__attribute__((alias("sctp_send_stream_reset_out_if_possible")));

/* An association ends while a message is partly delivered: fixes/ended_association.c. */
#include "fixes/fixes.h"
#define sctp_free_assoc fixed_free_assoc

/* If I-DATA is in use, it is the chunk that must be authenticated: fixes/required_auth.h. */
#include "fixes/required_auth.h"
#undef sctp_auth_is_required_chunk
#define sctp_auth_is_required_chunk(chunk, list) link_is_auth_required(stcb, chunk, list)

/* The send buffer of an association: tuning/buffers.c. Comes last, because it includes upstream's headers. */
#include "tuning/send_limit.h"

#endif
