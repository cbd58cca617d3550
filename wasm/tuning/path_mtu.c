/*
 * Path MTU discovery by probes (RFC 8899), which upstream doesn't have. A path begins with a size that nearly all links
 * carry, the base. Larger sizes are probed, the largest one first, because a DATA chunk can't be split any more once it
 * was sent:
 *
 *     a packet that is more than half full ──► HEARTBEAT, PAD (RFC 4820) ──► peer
 *     the MTU of the path is raised        ◄── HEARTBEAT ACK, our nonce ◄────┘
 *
 * After MAX_PROBES without an answer a size counts as too large, and one between it and the largest answered one is
 * tried, until they are close. PMTU_RAISE_TIMER later the search begins again.
 *
 * A router that drops a packet may tell by ICMP which size fits (4.6.2). If that is less than the present size, it is
 * used, or the base if that is more; otherwise it is probed next. Only a report that quotes our verification tag counts.
 *
 * Black holes (4.3): a path may stop carrying packets of a size that was answered before, and no ICMP may tell. When
 * T3-rtx expires, the present size is probed again. If T3-rtx expires once more before the answer comes, the size falls
 * to the base. It doesn't fall further: most paths on which T3-rtx expires are dead, and small packets help nothing.
 *
 * The congestion window stays as it is (RFC 8899 3). Upstream takes the answer for that to a HEARTBEAT of its own,
 * which does no harm. It doesn't know of lost probes, and counts no error for them.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_auth.h>
#include <netinet/sctp_crc32.h>
#include <netinet/sctp_indata.h>
#include <netinet/sctp_output.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>
#include <netinet/udp.h>

#include "host.h"
#include "link.h"
#include "fixes/extra_fields.h"
#include "tuning/tuning.h"

#define MAX_PROBES 3               /* RFC 8899 §5.1.2 */
#define PMTU_RAISE_TIMER_MS 600000 /* RFC 8899 §5.1.1 */
#define FIRST_RTO_MS 1000
#define ETHERNET_MTU 1500
#define PRECISION 32               /* the search ends when the sizes differ by less than that part */
#define BLACK_HOLE_TIME_OUTS 2
#define ANSWER_MS 60000 /* answers are looked for until that long after the last probe of any path */

/* The packet that probes. */
struct probe {
	struct sctphdr header;
	struct sctp_heartbeat_chunk heartbeat;
	struct sctp_chunkhdr pad;
};

int link_reports_mtu;

static double answers_until_ms = -1;

static struct path_probes *probes_of(const struct sctp_nets *net)
{
	return &path_extra_of(net)->probes;
}

/*
 * The state of probing survives a lookup of the same route. Otherwise each lookup would start another search, and
 * PMTU_RAISE_TIMER would never be waited for (RFC 8899 5.2).
 */
uint32_t link_mtu_of_route(struct sctp_nets *net, const void *interface, const uint32_t mtu[2])
{
	struct path_probes *probes = probes_of(net);

	if (probes->interface != interface || probes->route_mtu != mtu[0] || probes->route_probe_mtu != mtu[1]) {
		memset(probes, 0, sizeof(*probes));
		probes->interface = interface;
		probes->route_mtu = probes->found_mtu = mtu[0];
		probes->route_probe_mtu = mtu[1];
	}
	return probes->found_mtu;
}

static uint32_t udp_bytes(const struct sctp_nets *net)
{
	return net->port != 0 ? (uint32_t)sizeof(struct udphdr) : 0;
}

int link_exceeds_path(const struct sctp_tcb *stcb, const struct link_packet *packet)
{
	union sctp_sockstore to;
	struct sctp_nets *net;
	uint32_t ip_bytes = packet->family == 6 ? sizeof(struct ip6_hdr) : sizeof(struct ip);

	if (packet->length + ip_bytes <= stcb->asoc.smallest_mtu ||
	    !link_sockaddr(&to, packet->family, packet->destination, stcb->rport)) {
		return 0;
	}
	net = sctp_findnet((struct sctp_tcb *)(uintptr_t)stcb, &to.sa);
	return net != NULL && probes_of(net)->found_mtu > 0 &&
	       packet->length + link_ip_header_bytes(net) + udp_bytes(net) > probes_of(net)->found_mtu;
}

static int may_probe(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	return net->ro.ro_rt != NULL && net->ro._s_addr != NULL && stcb->asoc.default_mtu == 0 &&
	       (net->dest_state & (SCTP_ADDR_UNCONFIRMED | SCTP_ADDR_NO_PMTUD)) == 0 &&
	       SCTP_GET_STATE(stcb) == SCTP_STATE_OPEN &&
	       !sctp_auth_is_required_chunk(SCTP_HEARTBEAT_REQUEST, stcb->asoc.peer_auth_chunks);
}

/* The size that a search tries next; 0 if it has ended. */
static uint32_t next_size(const struct path_probes *probes)
{
	uint32_t most = max(probes->route_mtu, probes->route_probe_mtu), found = probes->found_mtu;
	uint32_t failed = probes->failed_mtu;

	if (probes->time_outs > 0) {
		return found;
	}
	if (probes->told_mtu > found) {
		return probes->told_mtu;
	}
	if (failed == 0) {
		return most > found ? most : 0;
	}
	if (failed > ETHERNET_MTU && found < ETHERNET_MTU) {
		return ETHERNET_MTU;
	}
	return failed - found > found / PRECISION ? (found + (failed - found) / 2) & ~3u : 0;
}

/* Chooses the size of the next probe. Returns 0 if none is to be sent. */
static int choose_probe(struct path_probes *probes)
{
	if (probes->sent == MAX_PROBES && probes->time_outs > 0) {
		return 0; /* T3-rtx decides */
	}
	if (probes->sent == MAX_PROBES) {
		probes->failed_mtu = probes->probe_mtu;
		probes->told_mtu = 0;
		probes->sent = 0;
	}
	if (probes->sent == 0) {
		probes->probe_mtu = next_size(probes);
		host_random(probes->nonce, sizeof(probes->nonce));
	}
	if (probes->probe_mtu == 0) {
		probes->failed_mtu = 0;
		probes->due_ms = link_now_ms + PMTU_RAISE_TIMER_MS;
		return 0;
	}
	return 1;
}

static void fill_heartbeat(struct sctp_heartbeat_chunk *chunk, const struct sctp_nets *net)
{
	struct sctp_heartbeat_info_param *info = &chunk->heartbeat.hb_info;
	const union sctp_sockstore *to = (const union sctp_sockstore *)&net->ro._l_addr;
	struct timeval now;

	SCTP_GETTIME_TIMEVAL(&now);
	chunk->ch.chunk_type = SCTP_HEARTBEAT_REQUEST;
	chunk->ch.chunk_length = htons(sizeof(*chunk));
	info->ph.param_type = htons(SCTP_HEARTBEAT_INFO);
	info->ph.param_length = htons(sizeof(*info));
	info->time_value_1 = now.tv_sec;
	info->time_value_2 = (uint32_t)now.tv_usec;
	info->random_value1 = probes_of(net)->nonce[0];
	info->random_value2 = probes_of(net)->nonce[1];
	info->addr_family = (uint8_t)to->sa.sa_family;
	if (to->sa.sa_family == AF_INET) {
		info->addr_len = sizeof(struct sockaddr_in);
		memcpy(info->address, &to->sin.sin_addr, sizeof(to->sin.sin_addr));
	} else {
		info->addr_len = sizeof(struct sockaddr_in6);
		memcpy(info->address, &to->sin6.sin6_addr, sizeof(to->sin6.sin6_addr));
	}
}

static void address_packet(struct link_packet *packet, const struct sctp_nets *net)
{
	const union sctp_sockstore *to = (const union sctp_sockstore *)&net->ro._l_addr;
	const union sctp_sockstore *from = &net->ro._s_addr->address;

	packet->port = ntohs(net->port);
	if (to->sa.sa_family == AF_INET) {
		packet->family = 4;
		memcpy(packet->source, &from->sin.sin_addr, sizeof(from->sin.sin_addr));
		memcpy(packet->destination, &to->sin.sin_addr, sizeof(to->sin.sin_addr));
	} else {
		packet->family = 6;
		memcpy(packet->source, &from->sin6.sin6_addr, sizeof(from->sin6.sin6_addr));
		memcpy(packet->destination, &to->sin6.sin6_addr, sizeof(to->sin6.sin6_addr));
	}
}

static void send_probe(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	uint32_t length = (probes_of(net)->probe_mtu - link_ip_header_bytes(net) - udp_bytes(net)) & ~3u;
	struct link_packet *packet = link_outbox_room(length);
	struct probe *probe = (struct probe *)(packet + 1);

	if (packet == NULL) {
		return;
	}
	memset(packet, 0, sizeof(*packet) + length);
	packet->length = length;
	address_packet(packet, net);
	probe->header.src_port = stcb->sctp_ep->sctp_lport;
	probe->header.dest_port = stcb->rport;
	probe->header.v_tag = htonl(stcb->asoc.peer_vtag);
	fill_heartbeat(&probe->heartbeat, net);
	probe->pad.chunk_type = SCTP_PAD_CHUNK;
	probe->pad.chunk_length = htons((uint16_t)(length - offsetof(struct probe, pad)));
	if (!link_has_integrity) {
		probe->header.checksum = sctp_finalize_crc32c(calculate_crc32c(0xffffffff, (const uint8_t *)probe, length));
	}
	link_shared.outbox_bytes += (uint32_t)sizeof(*packet) + length;
	SCTP_STAT_INCR(sctps_sendpackets);
	SCTP_STAT_INCR_COUNTER64(sctps_outpackets);
	answers_until_ms = link_now_ms + ANSWER_MS;
}

static void probe(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct path_probes *probes = probes_of(net);

	if (may_probe(stcb, net) && choose_probe(probes)) {
		probes->sent++;
		probes->due_ms = link_now_ms + (net->RTO > 0 ? net->RTO : FIRST_RTO_MS);
		send_probe(stcb, net);
	}
}

void link_probe_mtu(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		if (link_now_ms >= probes_of(net)->due_ms) { /* nearly never, and this runs for each large packet */
			probe(stcb, net);
		}
	}
}

/* The MTU that is known to work, without the UDP header. */
static uint32_t known_mtu(const struct sctp_nets *net)
{
	int is_known = net->ro.ro_rt != NULL && (net->dest_state & SCTP_ADDR_NO_PMTUD) == 0;

	return is_known ? net->ro.ro_rt->rt_rmx.rmx_mtu - udp_bytes(net) : net->mtu;
}

static int is_reachable(const struct sctp_nets *net)
{
	return (net->dest_state & SCTP_ADDR_REACHABLE) ? 1 : 0;
}

/* Reports that the MTU of a path has changed: SCTP_PEER_ADDR_CHANGE with spc_state 0, which upstream doesn't use. */
static void report_mtu(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct sctp_queued_to_read *entry;
	struct sctp_paddr_change *change;
	struct mbuf *event;

	if (!link_reports_mtu || sctp_stcb_is_feature_off(stcb->sctp_ep, stcb, SCTP_PCB_FLAGS_RECVPADDREVNT)) {
		return;
	}
	event = sctp_get_mbuf_for_msg(sizeof(*change), 0, M_NOWAIT, 1, MT_DATA);
	change = mtod(event, struct sctp_paddr_change *);
	memset(change, 0, sizeof(*change));
	change->spc_type = SCTP_PEER_ADDR_CHANGE;
	change->spc_length = sizeof(*change);
	memcpy(&change->spc_aaddr, &net->ro._l_addr, sizeof(union sctp_sockstore));
	change->spc_assoc_id = sctp_get_associd(stcb);
	SCTP_BUF_LEN(event) = sizeof(*change);
	entry = sctp_build_readq_entry(stcb, net, 0, 0, stcb->asoc.context, 0, 0, 0, event);
	if (entry == NULL) {
		sctp_m_freem(event);
		return;
	}
	entry->length = sizeof(*change);
	entry->spec_flags = M_NOTIFICATION;
	entry->tail_mbuf = event;
	sctp_add_to_readq(stcb->sctp_ep, stcb, entry, &stcb->sctp_socket->so_rcv, 1, SCTP_READ_LOCK_NOT_HELD,
	                  SCTP_SO_NOT_LOCKED);
}

/*
 * The MTU of a path has changed. All paths of an association are limited to the room of the smallest one: see
 * link_new_path(). One that doesn't answer limits none.
 */
static void apply_mtu(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;
	uint32_t smallest_room = UINT32_MAX, smallest_mtu = UINT32_MAX;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		uint32_t room = known_mtu(net) - link_ip_header_bytes(net);

		smallest_room = is_reachable(net) && room < smallest_room ? room : smallest_room;
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		uint32_t mtu = smallest_room + link_ip_header_bytes(net);

		if (is_reachable(net)) {
			smallest_mtu = min(smallest_mtu, mtu);
			if (net->mtu != mtu) {
				net->mtu = mtu;
				report_mtu(stcb, net);
			}
		}
	}
	if (smallest_mtu < stcb->asoc.smallest_mtu) {
		UPSTREAM_ADJUST_TO_MTU(stcb, smallest_mtu);
	} else if (smallest_mtu != UINT32_MAX) {
		stcb->asoc.smallest_mtu = smallest_mtu;
	}
}

void link_update_mtu(struct sctp_tcb *stcb)
{
	struct association_extra *extra = extra_of(stcb);
	const struct sctp_nets *net;
	uint32_t reachable = 0, before = extra->reachable_paths;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		reachable += is_reachable(net);
	}
	extra->reachable_paths = reachable;
	if (before != 0 && reachable != before && stcb->asoc.default_mtu == 0) {
		apply_mtu(stcb);
	}
}

static void set_mtu(struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t mtu)
{
	struct path_probes *probes = probes_of(net);

	probes->sent = probes->time_outs = 0;
	probes->due_ms = link_now_ms;
	if (mtu != probes->found_mtu) {
		net->ro.ro_rt->rt_rmx.rmx_mtu = probes->found_mtu = mtu;
		apply_mtu(stcb);
	}
}

void link_suspect_black_hole(struct sctp_tcb *stcb, struct sctp_nets *net)
{
	struct path_probes *probes = probes_of(net);
	uint32_t lost_bytes = net->flight_size + link_ip_header_bytes(net) + udp_bytes(net);

	if (!may_probe(stcb, net)) {
		return;
	}
	probes->sent = probes->failed_mtu = 0; /* probes that are lost while nothing arrives say nothing about sizes */
	if (probes->found_mtu <= probes->route_mtu || lost_bytes <= probes->route_mtu) {
		return; /* what was lost would fit into a smaller packet, too */
	}
	if (++probes->time_outs < BLACK_HOLE_TIME_OUTS) {
		probes->due_ms = link_now_ms;
		probe(stcb, net);
	} else {
		set_mtu(stcb, net, probes->route_mtu);
		probes->due_ms = link_now_ms + net->RTO;
	}
}

void link_resume_probing(struct sctp_nets *net)
{
	struct path_probes *probes = probes_of(net);

	if (probes->probe_mtu > 0) { /* a search hasn't ended */
		probes->sent = probes->failed_mtu = 0;
		probes->due_ms = link_now_ms;
	}
}

/* The association between two addresses, locked, and its path to the peer's. NULL if there is none. */
static struct sctp_tcb *association_between(union sctp_sockstore *peer, union sctp_sockstore *local,
                                            struct sctp_nets **net)
{
	struct sctp_inpcb *inp = NULL;
	struct sctp_tcb *stcb = sctp_findassociation_addr_sa(&peer->sa, &local->sa, &inp, net, 1, SCTP_DEFAULT_VRFID);

	if (stcb == NULL && inp != NULL) { /* without an association the function returns a reference to the endpoint */
		SCTP_INP_WLOCK(inp);
		SCTP_INP_DECR_REF(inp);
		SCTP_INP_WUNLOCK(inp);
	}
	return stcb;
}

static void use_told_mtu(struct sctp_tcb *stcb, struct sctp_nets *net, uint32_t mtu)
{
	struct path_probes *probes = probes_of(net);
	int is_smaller = mtu < probes->found_mtu;

	if (is_smaller) {
		set_mtu(stcb, net, max(mtu, probes->route_mtu));
	} else if (probes->sent == 0 || probes->time_outs > 0 || mtu >= probes->probe_mtu) {
		return; /* not about the probe that is under way */
	}
	probes->told_mtu = mtu;
	probes->failed_mtu = max(mtu, probes->found_mtu) + 4; /* nothing larger is probed in this search */
	probes->sent = 0;
	probes->due_ms = link_now_ms;
	probe(stcb, net);
	if (is_smaller) { /* what was lost is sent again */
		sctp_chunk_output(stcb->sctp_ep, stcb, SCTP_OUTPUT_FROM_CONTROL_PROC, SCTP_SO_NOT_LOCKED);
	}
}

/*
 * A router says that packets of more than `mtu` bytes don't fit. `addresses`: our address and the peer's, 16 bytes each.
 * `header`: the common header of the packet that was dropped. Anyone can forge ICMP, but an attacker who hasn't seen a
 * packet to the peer doesn't know its verification tag (RFC 9260 10, RFC 8899 4.6.1).
 */
EXPORT void link_packet_too_big(const uint8_t *addresses, uint32_t family, const struct sctphdr *header, uint32_t mtu)
{
	union sctp_sockstore local, peer;
	struct sctp_nets *net = NULL;
	struct sctp_tcb *stcb;

	if (!link_sockaddr(&local, (uint8_t)family, addresses, header->src_port) ||
	    !link_sockaddr(&peer, (uint8_t)family, addresses + 16, header->dest_port)) {
		return;
	}
	stcb = association_between(&peer, &local, &net);
	if (stcb == NULL) {
		return;
	}
	if (net != NULL && header->v_tag == htonl(stcb->asoc.peer_vtag) && may_probe(stcb, net)) {
		use_told_mtu(stcb, net, mtu & ~3u);
	}
	SCTP_TCB_UNLOCK(stcb);
}

static void handle_answer(const struct sctp_heartbeat_info_param *info, const struct sctphdr *header,
                          union sctp_sockstore *source, union sctp_sockstore *destination)
{
	struct sctp_nets *net = NULL;
	struct sctp_tcb *stcb = association_between(source, destination, &net);

	if (stcb == NULL) {
		return;
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		struct path_probes *probes = probes_of(net);

		if (net->ro.ro_rt != NULL && probes->sent > 0 && header->v_tag == htonl(stcb->asoc.my_vtag) &&
		    probes->nonce[0] == info->random_value1 && probes->nonce[1] == info->random_value2) {
			set_mtu(stcb, net, max(probes->probe_mtu, probes->found_mtu));
			break;
		}
	}
	SCTP_TCB_UNLOCK(stcb);
}

void link_handle_probe_answers(const struct sctphdr *header, uint32_t length, union sctp_sockstore *source,
                               union sctp_sockstore *destination)
{
	const uint8_t *bytes = (const uint8_t *)header;
	const struct sctp_heartbeat_chunk *chunk;

	if (link_now_ms > answers_until_ms) {
		return;
	}
	for (uint32_t at = sizeof(*header); at + sizeof(*chunk) <= length;
	     at += (ntohs(chunk->ch.chunk_length) + 3) & ~3u) {
		chunk = (const struct sctp_heartbeat_chunk *)(bytes + at);
		if (ntohs(chunk->ch.chunk_length) < sizeof(chunk->ch)) {
			return;
		}
		if (chunk->ch.chunk_type == SCTP_HEARTBEAT_ACK && ntohs(chunk->ch.chunk_length) == sizeof(*chunk)) {
			handle_answer(&chunk->heartbeat.hb_info, header, source, destination);
		}
	}
}
