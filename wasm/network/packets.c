/*
 * The layer below SCTP, instead of raw and UDP sockets. Packets that usrsctp sends are appended to the outbox, which
 * JavaScript reads after each entry. Received packets are read from the inbox.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_input.h>
#include <netinet/udp.h>

#include "fixes/fixes.h"
#include "link.h"
#include "network/network.h"
#include "tuning/tuning.h"

#define INBOX_BYTES (256 * 1024)
#define OUTBOX_FIRST_BYTES (64 * 1024)
#define OUTBOX_MAX_BYTES (8 * 1024 * 1024)

/* Declared in usrsctp.h, which can't be included here. */
uint32_t usrsctp_crc32c(void *buffer, size_t length);

const union sctp_sockstore *link_packet_source;
static const union sctp_sockstore *packet_destination;

static uint32_t outbox_capacity;

/* Must be called before usrsctp_init_nothreads(). */
EXPORT struct link_state *link_state(void)
{
	if (link_shared.inbox == NULL) {
		link_shared.inbox = link_grow(NULL, INBOX_BYTES);
		link_shared.inbox_bytes = INBOX_BYTES;
	}
	return &link_shared;
}

/* Every entry into the module begins with this, which sets the time. */
EXPORT void link_enter(double now_ms)
{
	double step_ms = now_ms - link_now_ms;

	if (step_ms > 0 && step_ms < link_clock_step_ms) {
		link_clock_step_ms = step_ms;
	}
	link_now_ms = now_ms;
}

/* Every entry ends with this. If JavaScript's timers are late, those that are due run with the next packet or call. */
EXPORT void link_leave(void)
{
	link_iterate();
	link_run_resumed();
	if (link_shared.deadline_ms >= 0 && link_shared.deadline_ms < link_now_ms) {
		link_timers();
	}
}

/* --- out ------------------------------------------------------------------------------------------------------ */

static size_t padded(size_t length)
{
	return (length + 3) & ~(size_t)3;
}

struct link_packet *link_outbox_room(size_t length)
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

/* Reads the IP and UDP headers that usrsctp has written. Returns their length. */
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

/*
 * sctp_threshold_management() sends a HEARTBEAT to an address that doesn't answer even during the set-up. The peer
 * doesn't know the association yet, would answer with ABORT, and end the set-up.
 */
static int is_heartbeat_during_set_up(struct mbuf *packet, int headers, const struct sctp_tcb *stcb)
{
	uint8_t type;

	if (stcb == NULL ||
	    (SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_WAIT && SCTP_GET_STATE(stcb) != SCTP_STATE_COOKIE_ECHOED)) {
		return 0;
	}
	m_copydata(packet, headers + (int)sizeof(struct sctphdr), 1, (caddr_t)&type);
	return type == SCTP_HEARTBEAT_REQUEST;
}

/* A packet of no association is an answer. */
static int may_answer(const struct link_packet *header)
{
	union sctp_sockstore to;

	return link_sockaddr(&to, header->family, header->destination, 0) && link_may_send_init_ack(&to, header->length);
}

/*
 * Answers to packets of no association, INIT ACK among them, go to where the packet came from (RFC 9260 6.4). For a peer
 * that restarts, sctp_send_initiate_ack() sends to its former primary address: if that path is dead, the peer never gets
 * an INIT ACK. They and COOKIE ACK leave from the address that was asked. A firewall or a NAT in front of the peer lets
 * no other one in. Upstream sends them from the address that leads to the peer.
 */
static void answer_from_address_asked(struct mbuf *packet, int headers, struct link_packet *header,
                                      const struct sctp_tcb *stcb)
{
	size_t length;

	if (stcb == NULL && link_packet_source != NULL && link_packet_source->sa.sa_family != AF_CONN) {
		header->family = link_packet_source->sa.sa_family == AF_INET ? 4 : 6;
		memset(header->source, 0, sizeof(header->source) + sizeof(header->destination));
		memcpy(header->destination, link_ip_address(link_packet_source, header->family), header->family == 4 ? 4 : 16);
	}
	length = header->family == 4 ? 4 : 16;
	if (link_packet_source != NULL && link_packet_source->sa.sa_family == (header->family == 4 ? AF_INET : AF_INET6) &&
	    memcmp(header->destination, link_ip_address(link_packet_source, header->family), length) == 0 &&
	    (stcb == NULL || link_has_chunk(packet, headers, SCTP_COOKIE_ACK))) {
		memcpy(header->source, link_ip_address(packet_destination, header->family), length);
	}
}

/* Replaces sctp_userspace_ip_output() and sctp_userspace_ip6_output(). Frees the packet. */
void link_output(int *result, struct mbuf *packet, struct sctp_tcb *stcb)
{
	struct link_packet header, *room;
	int headers = parse_headers(packet, &header);

	if (stcb != NULL) {
		link_translate_source(stcb, packet, headers, &header);
	}
	if (is_heartbeat_during_set_up(packet, headers, stcb) ||
	    (!UPSTREAM_SEPARATES_ASCONF && stcb != NULL && !link_check_source(stcb, packet, headers, &header))) {
		*result = 0;
		m_freem(packet);
		return;
	}
	link_address_asconf_ack(packet, headers, &header);
	answer_from_address_asked(packet, headers, &header, stcb);
	header.length = (uint32_t)(SCTP_HEADER_LEN(packet) - headers);
	if (stcb == NULL && !may_answer(&header)) {
		*result = 0;
		m_freem(packet);
		return;
	}
	if (stcb != NULL && link_exceeds_path(stcb, &header)) {
		header.family |= LINK_MAY_BE_FRAGMENTED;
	}
	room = link_outbox_room(header.length);
	*result = room != NULL ? 0 : ENOBUFS;
	if (room != NULL) {
		*room = header;
		m_copydata(packet, headers, (int)header.length, (caddr_t)(room + 1));
		link_shared.outbox_bytes += (uint32_t)(sizeof(*room) + padded(header.length));
		if (stcb != NULL && 2 * header.length > stcb->asoc.smallest_mtu) {
			link_probe_mtu(stcb);
		}
	}
	m_freem(packet);
}

/* usrsctp's conn_output callback for AF_CONN. The family is 0, and the field of the port holds set_df. */
int link_conn_output(void *address, void *buffer, size_t length, uint8_t tos, uint8_t set_df)
{
	struct link_packet *room = link_outbox_room(length);

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

/* AF_CONN has one address for both ends, which the user has registered. */
static int conn_addresses(const struct link_packet *packet, const struct sctphdr *ports,
                          struct link_addresses *addresses)
{
	struct sockaddr_conn source = {.sconn_family = AF_CONN, .sconn_port = ports->src_port};

#ifdef HAVE_SCONN_LEN
	source.sconn_len = sizeof(source);
#endif
	memcpy(&source.sconn_addr, packet->source, sizeof(source.sconn_addr));
	addresses->source.sconn = addresses->destination.sconn = source;
	addresses->destination.sconn.sconn_port = ports->dest_port;
	addresses->port = 0;
	return 1;
}

static int find_addresses(const struct link_packet *packet, const struct sctphdr *ports,
                          struct link_addresses *addresses)
{
	addresses->port = htons(packet->port);
	return packet->family == 0
	           ? conn_addresses(packet, ports, addresses)
	           : link_sockaddr(&addresses->source, packet->family, packet->source, ports->src_port) &&
	                 link_sockaddr(&addresses->destination, packet->family, packet->destination, ports->dest_port);
}

/* If the transport vouches for integrity, the checksum may have been omitted; for AF_CONN it isn't checked then. */
static int needs_checksum(const struct link_packet *packet, const struct sctphdr *header)
{
	return packet->family == 0 ? !SCTP_BASE_VAR(crc32c_offloaded) : !link_has_integrity || header->checksum != 0;
}

/*
 * Verifies the checksum before usrsctp does, because packet_validation.c may change the bytes that it covers.
 */
static int is_corrupt(const struct link_packet *packet, struct sctphdr *header)
{
	uint32_t checksum = header->checksum, right;

	if (!needs_checksum(packet, header)) {
		SCTP_STAT_INCR(sctps_recvhwcrc);
		return 0;
	}
	SCTP_STAT_INCR(sctps_recvswcrc);
	header->checksum = 0;
	right = usrsctp_crc32c(header, packet->length);
	header->checksum = checksum;
	return right != checksum;
}

/* usrsctp doesn't read a corrupt packet, but reports it to the peer if PKTDROP was negotiated. */
static void read_packet(const struct link_packet *header, struct link_addresses *addresses, int corrupt)
{
	const int offset = sizeof(struct sctphdr);
	struct mbuf *packet = mbuf_of((const uint8_t *)(header + 1), header->length);

	link_packet_source = &addresses->source;
	packet_destination = &addresses->destination;
	sctp_common_input_processing(&packet, 0, offset, (int)header->length, &addresses->source.sa,
	                             &addresses->destination.sa, mtod(packet, struct sctphdr *),
	                             (struct sctp_chunkhdr *)(mtod(packet, caddr_t) + offset), (uint8_t)corrupt,
	                             header->traffic_class & 3, SCTP_DEFAULT_VRFID, addresses->port);
	link_packet_source = NULL;
	link_free_deleted_paths();
	if (packet != NULL) {
		m_freem(packet);
	}
}

static void read_with_addresses(const struct link_packet *packet, struct link_addresses *addresses, int corrupt)
{
	read_packet(packet, addresses, corrupt);
	if (link_readdress_late_packet((const struct sctphdr *)(packet + 1), addresses) && !corrupt) {
		read_packet(packet, addresses, 0);
	}
	link_forget_packet_origin();
}

static void input(struct link_packet *packet)
{
	struct sctphdr *ports = (struct sctphdr *)(packet + 1);
	struct link_addresses addresses;
	uint32_t short_ecne = 0;
	int corrupt;

	if (!link_has_valid_addresses(packet) || !find_addresses(packet, ports, &addresses)) {
		return;
	}
	SCTP_STAT_INCR(sctps_recvpackets);
	SCTP_STAT_INCR_COUNTER64(sctps_inpackets);
	corrupt = is_corrupt(packet, ports);
	if (!corrupt && !link_validate_chunks(packet, &short_ecne)) {
		return;
	}
	if (short_ecne > 0) {
		struct link_packet *longer = link_lengthen_ecne(packet, short_ecne);

		read_with_addresses(longer, &addresses, 0);
		link_free(longer);
	} else {
		read_with_addresses(packet, &addresses, corrupt);
	}
	if (packet->family != 0 && !corrupt) {
		link_handle_probe_answers(ports, packet->length, &addresses.source, &addresses.destination);
	}
}

/* The packet at this offset of the inbox, or NULL if no complete packet is there. */
static struct link_packet *packet_at(uint32_t at, uint32_t bytes)
{
	struct link_packet *header = (struct link_packet *)(link_shared.inbox + at);

	return at + sizeof(*header) <= bytes && header->length <= bytes - at - sizeof(*header) ? header : NULL;
}

/* Compares the addresses, ports and verification tags of two packets, which follow each other in memory. */
static int are_of_one_association(const struct link_packet *a, const struct link_packet *b)
{
	const size_t from = offsetof(struct link_packet, source), tag_end = offsetof(struct sctphdr, checksum);

	return a->length > tag_end && b->length > tag_end && a->port == b->port && a->family == b->family &&
	       memcmp((const uint8_t *)a + from, (const uint8_t *)b + from, sizeof(*a) - from + tag_end) == 0;
}

/* Reads the packets in the first `bytes` bytes of the inbox. */
EXPORT void link_input(uint32_t bytes)
{
	struct link_packet *header = bytes <= INBOX_BYTES ? packet_at(0, bytes) : NULL, *next;

	for (; header != NULL; header = next) {
		uint32_t length = (uint32_t)(sizeof(*header) + padded(header->length));

		next = packet_at((uint32_t)((const uint8_t *)header - link_shared.inbox) + length, bytes);
		link_set_more_packets_follow(next != NULL && are_of_one_association(header, next));
		input(header);
		link_abort_if_unusable();
		link_send_pending_shutdown();
		link_send_deferred_sack();
	}
}
