/*
 * Path MTU probing (RFC 8899), which upstream doesn't have: does a path take larger packets than its route's MTU? The
 * route may name a size that is worth probing. A DATA chunk can't be split any more once it was sent, so the MTU is
 * raised only when the peer has answered a packet of that size:
 *
 *     a packet that is more than half full ──► HEARTBEAT, PAD (RFC 4820) ──► peer
 *     the MTU of the path is raised        ◄── HEARTBEAT ACK, our nonce ◄────┘
 *
 * The congestion window stays as it is (RFC 8899 3). Upstream takes the answer for that to a HEARTBEAT of its own,
 * which does no harm. It doesn't know of lost probes, and counts no error for them.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_auth.h>
#include <netinet/sctp_crc32.h>
#include <netinet/sctputil.h>
#include <netinet/udp.h>

#include "host.h"
#include "link.h"
#include "fixes/extra_fields.h"
#include "tuning/tuning.h"

#define MAX_PROBES 3               /* RFC 8899 §5.1.2 */
#define PMTU_RAISE_TIMER_MS 600000 /* RFC 8899 §5.1.1 */
#define FIRST_RTO_MS 1000
#define ANSWER_MS 60000 /* answers are looked for until that long after the last probe of any path */

/* The packet that probes. */
struct probe {
	struct sctphdr header;
	struct sctp_heartbeat_chunk heartbeat;
	struct sctp_chunkhdr pad;
};

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

	if (probes->interface != interface || probes->route_mtu != mtu[0] || probes->wanted_mtu != mtu[1]) {
		memset(probes, 0, sizeof(*probes));
		probes->interface = interface;
		probes->route_mtu = probes->found_mtu = mtu[0];
		probes->wanted_mtu = mtu[1];
	}
	return probes->found_mtu;
}

static uint32_t udp_bytes(const struct sctp_nets *net)
{
	return net->port != 0 ? (uint32_t)sizeof(struct udphdr) : 0;
}

static int is_due(const struct sctp_tcb *stcb, const struct sctp_nets *net)
{
	const struct path_probes *probes = probes_of(net);

	return net->ro.ro_rt != NULL && probes->wanted_mtu > probes->found_mtu && link_now_ms >= probes->due_ms &&
	       net->ro._s_addr != NULL && (net->dest_state & (SCTP_ADDR_UNCONFIRMED | SCTP_ADDR_NO_PMTUD)) == 0 &&
	       stcb->asoc.default_mtu == 0;
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
	uint32_t length = (probes_of(net)->wanted_mtu - link_ip_header_bytes(net) - udp_bytes(net)) & ~3u;
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
	probe->header.checksum = sctp_finalize_crc32c(calculate_crc32c(0xffffffff, (const uint8_t *)probe, length));
	link_shared.outbox_bytes += (uint32_t)sizeof(*packet) + length;
	answers_until_ms = link_now_ms + ANSWER_MS;
}

void link_probe_mtu(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;

	if (SCTP_GET_STATE(stcb) != SCTP_STATE_OPEN ||
	    sctp_auth_is_required_chunk(SCTP_HEARTBEAT_REQUEST, stcb->asoc.peer_auth_chunks)) {
		return;
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		struct path_probes *probes = probes_of(net);

		if (!is_due(stcb, net)) {
			continue;
		}
		if (probes->sent++ % MAX_PROBES == 0) {
			host_random(probes->nonce, sizeof(probes->nonce));
		}
		probes->due_ms = link_now_ms;
		probes->due_ms += probes->sent % MAX_PROBES == 0 ? PMTU_RAISE_TIMER_MS : net->RTO > 0 ? net->RTO : FIRST_RTO_MS;
		send_probe(stcb, net);
	}
}

/* The MTU that is known to work, without the UDP header. */
static uint32_t known_mtu(const struct sctp_nets *net)
{
	int is_known = net->ro.ro_rt != NULL && (net->dest_state & SCTP_ADDR_NO_PMTUD) == 0;

	return is_known ? net->ro.ro_rt->rt_rmx.rmx_mtu - udp_bytes(net) : net->mtu;
}

/* All paths of an association are limited to the room of the smallest one: see link_new_path(). */
static void raise_mtu(struct sctp_tcb *stcb)
{
	struct sctp_nets *net;
	uint32_t smallest_room = UINT32_MAX;

	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		uint32_t room = known_mtu(net) - link_ip_header_bytes(net);

		smallest_room = room < smallest_room ? room : smallest_room;
	}
	stcb->asoc.smallest_mtu = UINT32_MAX;
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		uint32_t mtu = smallest_room + link_ip_header_bytes(net);

		if (net->mtu < mtu) {
			net->mtu = mtu;
		}
		if (mtu < stcb->asoc.smallest_mtu) {
			stcb->asoc.smallest_mtu = mtu;
		}
	}
}

static void handle_answer(const struct sctp_heartbeat_info_param *info, const struct sctphdr *header,
                          union sctp_sockstore *source, union sctp_sockstore *destination)
{
	struct sctp_inpcb *inp = NULL;
	struct sctp_nets *net = NULL;
	struct sctp_tcb *stcb =
	    sctp_findassociation_addr_sa(&source->sa, &destination->sa, &inp, &net, 1, SCTP_DEFAULT_VRFID);

	if (stcb == NULL) {
		if (inp != NULL) { /* without an association the function returns a reference to the endpoint */
			SCTP_INP_WLOCK(inp);
			SCTP_INP_DECR_REF(inp);
			SCTP_INP_WUNLOCK(inp);
		}
		return;
	}
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		struct path_probes *probes = probes_of(net);

		if (net->ro.ro_rt != NULL && probes->sent > 0 && header->v_tag == htonl(stcb->asoc.my_vtag) &&
		    probes->nonce[0] == info->random_value1 && probes->nonce[1] == info->random_value2) {
			net->ro.ro_rt->rt_rmx.rmx_mtu = probes->found_mtu = probes->wanted_mtu;
			raise_mtu(stcb);
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
