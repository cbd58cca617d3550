/*
 * The lower layer: packets out to the outbox and in from the inbox, interfaces and routes. What usrsctp would do with
 * raw and UDP sockets. C only appends here; JavaScript drains after each entry.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_input.h>
#include <netinet/udp.h>

#include "host.h"
#include "link.h"

#define INBOX_BYTES (256 * 1024)
#define OUTBOX_FIRST_BYTES (64 * 1024)
#define OUTBOX_MAX_BYTES (8 * 1024 * 1024)

/* From usrsctp.h, which can't be included beside the internals. */
void usrsctp_conninput(void *address, const void *buffer, size_t length, uint8_t ecn_bits);

static uint32_t outbox_capacity;

/* Makes the module ready for usrsctp_init_nothreads(). */
EXPORT struct link_state *link_state(void)
{
	if (link_shared.inbox == NULL) {
		link_shared.inbox = link_grow(NULL, INBOX_BYTES);
		link_shared.inbox_bytes = INBOX_BYTES;
	}
	return &link_shared;
}

/* Tells the time of this entry; every entry begins with it. */
EXPORT void link_enter(double now_ms)
{
	link_now_ms = now_ms;
}

/* Every entry ends with it. */
EXPORT void link_leave(void)
{
	link_iterate();
}

/* --- out ------------------------------------------------------------------------------------------------------ */

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

/* Room for one packet of that length, or NULL when the outbox may not grow further. */
static struct link_packet *outbox_room(size_t length)
{
	size_t needed = link_shared.outbox_bytes + sizeof(struct link_packet) + padded(length);

	if (needed > OUTBOX_MAX_BYTES) {
		link_shared.outbox_drops++;
		return NULL;
	}
	if (needed > outbox_capacity) {
		size_t doubled = outbox_capacity > 0 ? 2 * (size_t)outbox_capacity : OUTBOX_FIRST_BYTES;

		outbox_capacity = (uint32_t)(doubled > needed ? doubled : needed);
		link_shared.outbox = link_grow(link_shared.outbox, outbox_capacity);
	}
	return (struct link_packet *)(link_shared.outbox + link_shared.outbox_bytes);
}

/* Reads what we need of the IP header and UDP header that usrsctp made; returns their length. */
static int parse_headers(struct mbuf *packet, struct link_packet *header)
{
	const uint8_t *bytes = mtod(packet, const uint8_t *);
	int length, in_udp;

	memset(header, 0, sizeof(*header));
	if (bytes[0] >> 4 == 4) {
		const struct ip *ip = (const struct ip *)bytes;

		header->family = 4;
		header->traffic_class = ip->ip_tos;
		memcpy(header->source, &ip->ip_src, sizeof(ip->ip_src));
		memcpy(header->destination, &ip->ip_dst, sizeof(ip->ip_dst));
		length = sizeof(*ip);
		in_udp = ip->ip_p == IPPROTO_UDP;
	} else {
		const struct ip6_hdr *ip6 = (const struct ip6_hdr *)bytes;

		header->family = 6;
		header->traffic_class = (uint8_t)(ntohl(ip6->ip6_flow) >> 20);
		memcpy(header->source, &ip6->ip6_src, sizeof(ip6->ip6_src));
		memcpy(header->destination, &ip6->ip6_dst, sizeof(ip6->ip6_dst));
		length = sizeof(*ip6);
		in_udp = ip6->ip6_nxt == IPPROTO_UDP;
	}
	if (in_udp) {
		header->port = ntohs(((const struct udphdr *)(bytes + length))->uh_dport);
		length += (int)sizeof(struct udphdr);
	}
	return length;
}

/* Stands in for sctp_userspace_ip_output() and sctp_userspace_ip6_output(). The packet is ours to free. */
void link_output(int *result, struct mbuf *packet)
{
	struct link_packet header, *room;
	int headers = parse_headers(packet, &header);

	header.length = (uint32_t)(SCTP_HEADER_LEN(packet) - headers);
	room = outbox_room(header.length);
	*result = room != NULL ? 0 : ENOBUFS;
	if (room != NULL) {
		*room = header;
		m_copydata(packet, headers, (int)header.length, (caddr_t)(room + 1));
		link_shared.outbox_bytes += (uint32_t)(sizeof(*room) + padded(header.length));
	}
	m_freem(packet);
}

/* usrsctp's conn_output callback, for AF_CONN: family 0, and in place of the port the wish not to be fragmented. */
int link_conn_output(void *address, void *buffer, size_t length, uint8_t tos, uint8_t set_df)
{
	struct link_packet *room = outbox_room(length);

	if (room == NULL) {
		return ENOBUFS;
	}
	*room = (struct link_packet){.length = (uint32_t)length, .port = set_df, .traffic_class = tos};
	memcpy(room->destination, &address, sizeof(address));
	memcpy(room + 1, buffer, length);
	link_shared.outbox_bytes += (uint32_t)(sizeof(*room) + padded(length));
	return 0;
}

/* --- in ------------------------------------------------------------------------------------------------------- */

/* Returns 0 when the family is unknown. */
static int sockaddr_of(union sctp_sockstore *store, uint8_t family, const uint8_t *address, uint16_t port)
{
	memset(store, 0, sizeof(*store));
	if (family == 4) {
		store->sin.sin_family = AF_INET;
		store->sin.sin_port = port;
		memcpy(&store->sin.sin_addr, address, sizeof(store->sin.sin_addr));
	} else if (family == 6) {
		store->sin6.sin6_family = AF_INET6;
		store->sin6.sin6_port = port;
		memcpy(&store->sin6.sin6_addr, address, sizeof(store->sin6.sin6_addr));
	}
	return family == 4 || family == 6;
}

static struct mbuf *mbuf_of(const uint8_t *bytes, uint32_t length)
{
	struct mbuf *packet = sctp_get_mbuf_for_msg(length, 1, M_NOWAIT, 0, MT_DATA);
	uint32_t done = 0;

	for (struct mbuf *part = packet; part != NULL; part = part->m_next) {
		uint32_t room = (uint32_t)M_SIZE(part), left = length - done;

		part->m_len = (int)(room < left ? room : left);
		memcpy(part->m_data, bytes + done, (size_t)part->m_len);
		done += (uint32_t)part->m_len;
	}
	packet->m_pkthdr.len = (int)length;
	return packet;
}

static void conn_input(const struct link_packet *header)
{
	void *address;

	memcpy(&address, header->source, sizeof(address));
	usrsctp_conninput(address, header + 1, header->length, header->traffic_class & 3);
}

static void input(const struct link_packet *header)
{
	const int offset = sizeof(struct sctphdr);
	const struct sctphdr *ports = (const struct sctphdr *)(header + 1);
	union sctp_sockstore source, destination;
	struct mbuf *packet;

	if (!link_admits((const uint8_t *)(header + 1), header->length)) {
		return;
	}
	if (header->family == 0) {
		conn_input(header);
		return;
	}
	if (!sockaddr_of(&source, header->family, header->source, ports->src_port) ||
	    !sockaddr_of(&destination, header->family, header->destination, ports->dest_port)) {
		return;
	}
	SCTP_STAT_INCR(sctps_recvpackets);
	SCTP_STAT_INCR_COUNTER64(sctps_inpackets);
	SCTP_STAT_INCR(sctps_recvswcrc);
	packet = mbuf_of((const uint8_t *)ports, header->length);
	sctp_common_input_processing(&packet, 0, offset, (int)header->length, &source.sa, &destination.sa,
	                             mtod(packet, struct sctphdr *),
	                             (struct sctp_chunkhdr *)(mtod(packet, caddr_t) + offset), 1,
	                             header->traffic_class & 3, SCTP_DEFAULT_VRFID, htons(header->port));
	if (packet != NULL) {
		m_freem(packet);
	}
}

/* Takes the packets that fill the first so many bytes of the inbox. */
EXPORT void link_input(uint32_t bytes)
{
	uint32_t at = 0;

	while (at + sizeof(struct link_packet) <= bytes && bytes <= INBOX_BYTES) {
		const struct link_packet *header = (const struct link_packet *)(link_shared.inbox + at);

		at += sizeof(*header);
		if (header->length > bytes - at) {
			return;
		}
		input(header);
		at += (uint32_t)padded(header->length);
	}
}

/* --- interfaces and routes ------------------------------------------------------------------------------------- */

/* usrsctp takes an interface for the loopback one when its name begins with "lo". */
static const char *interface_name(const union sctp_sockstore *address)
{
	const uint8_t *first = (const uint8_t *)&address->sin.sin_addr;
	int is_loopback = address->sa.sa_family == AF_INET ? *first == 127 : IN6_IS_ADDR_LOOPBACK(&address->sin6.sin6_addr);

	return is_loopback ? "lo" : "ip";
}

/* Adds a local address as interface number `index`, from 1; with `dynamic`, associations that want to learn of it do. */
EXPORT int link_add_address(const uint8_t *address, uint32_t family, uint32_t index, int dynamic)
{
	union sctp_sockstore store;
	struct sctp_ifa *ifa;

	if (!sockaddr_of(&store, (uint8_t)family, address, 0)) {
		return -EAFNOSUPPORT;
	}
	ifa = sctp_add_addr_to_vrf(SCTP_DEFAULT_VRFID, NULL, index, 0, interface_name(&store), NULL, &store.sa, 0, dynamic);
	if (ifa == NULL) {
		return -ENOBUFS;
	}
	if (!dynamic) {
		ifa->localifa_flags &= ~SCTP_ADDR_DEFER_USE;
	}
	return 0;
}

EXPORT int link_remove_address(const uint8_t *address, uint32_t family, uint32_t index)
{
	union sctp_sockstore store;

	if (!sockaddr_of(&store, (uint8_t)family, address, 0)) {
		return -EAFNOSUPPORT;
	}
	sctp_del_addr_from_vrf(SCTP_DEFAULT_VRFID, &store.sa, index, NULL);
	return 0;
}

/*
 * Stands in for sctp_userspace_rtalloc(): asks the host. Without a route ro_rt stays NULL, which usrsctp answers with
 * EHOSTUNREACH. The interface number travels in rt_ifa; rt_ifp would change the order in which
 * sctp_add_remote_addr() lists the addresses of the peer.
 */
void link_route(sctp_route_t *route)
{
	const union sctp_sockstore *to = (const union sctp_sockstore *)&route->ro_dst;
	int is_ipv4 = to->sa.sa_family == AF_INET;
	uint32_t interface, mtu = 0;

	if (route->ro_rt != NULL) {
		route->ro_rt->rt_refcnt++;
		return;
	}
	interface = host_route(is_ipv4 ? (const uint8_t *)&to->sin.sin_addr : (const uint8_t *)&to->sin6.sin6_addr,
	                       is_ipv4 ? 4 : 6, &mtu);
	if (interface == 0) {
		return;
	}
	route->ro_rt = link_malloc(sizeof(*route->ro_rt));
	memset(route->ro_rt, 0, sizeof(*route->ro_rt));
	route->ro_rt->rt_refcnt = 1;
	route->ro_rt->rt_ifa = (struct ifaddr *)(uintptr_t)interface;
	route->ro_rt->rt_rmx.rmx_mtu = mtu;
}

/* The MTU of an interface by itself isn't known: routes have one. */
int sctp_userspace_get_mtu_from_ifn(uint32_t if_index, int af)
{
	(void)if_index;
	(void)af;
	return 0;
}
