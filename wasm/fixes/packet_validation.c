/*
 * Validates a packet by its bytes, before usrsctp sees it. Discards packets that RFC 9260 says to discard silently, and
 * skips chunks that upstream 0.9.5.0 handles wrongly (sctp_process_control(), sctp_are_there_new_addresses()).
 * association_validation.c checks packets against their association. Upstream's main corrects the chunks (53dd9da2,
 * 5931e4e0, 8157ef0c, de7d903c, c08562ec), and drops an INIT with the tag 0 (279a68fd), but not the addresses, the
 * repeated SACKs and what is too short.
 *
 * Nothing is checked after the first DATA chunk: no control chunk may follow it (RFC 9260 6.10), and usrsctp reads none
 * there. Most packets begin with DATA, or with a SACK that is alone or precedes DATA, so that this check is short.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_header.h>

#include "link.h"

#define HEADER_BYTES ((uint32_t)sizeof(struct sctphdr))
#define CHUNK_BYTES ((uint32_t)sizeof(struct sctp_chunkhdr))
#define PARAMETER_BYTES ((uint32_t)sizeof(struct sctp_paramhdr))

static uint32_t padded(uint32_t bytes)
{
	return (bytes + 3) & ~3u;
}

/* --- addresses and ports ---------------------------------------------------------------------------------------- */

/*
 * Packets from or to an address that isn't a single host's are not answered (RFC 9260 8.4, rule 1). Only the hosts of a
 * network know its broadcast address. AF_CONN has no such addresses.
 */
static int is_unicast(const uint8_t *address, uint8_t family)
{
	static const uint8_t unspecified[16];

	switch (family) {
	case 4: return address[0] != 0 && address[0] < 224;
	case 6: return address[0] != 0xff && memcmp(address, unspecified, sizeof(unspecified)) != 0;
	default: return 1;
	}
}

int link_has_valid_addresses(const struct link_packet *packet)
{
	const struct sctphdr *ports = (const struct sctphdr *)(packet + 1);

	return packet->length >= HEADER_BYTES + CHUNK_BYTES && ports->src_port != 0 && ports->dest_port != 0 &&
	       is_unicast(packet->source, packet->family) && is_unicast(packet->destination, packet->family);
}

/* --- chunks ----------------------------------------------------------------------------------------------------- */

/*
 * After some chunks of a wrong length sctp_process_control() reads no further. After a COOKIE ACK of a wrong length it
 * goes on at a wrong offset. RFC 9260 says neither, so we skip such a chunk.
 */
static int has_right_length(uint8_t type, uint32_t bytes)
{
	if (UPSTREAM_VALIDATES_CHUNKS) {
		return 1;
	}
	switch (type) {
	case SCTP_HEARTBEAT_ACK: return bytes == sizeof(struct sctp_heartbeat_chunk); /* the size of our HEARTBEAT */
	case SCTP_SHUTDOWN: return bytes == sizeof(struct sctp_shutdown_chunk);
	case SCTP_SHUTDOWN_ACK: return bytes == sizeof(struct sctp_shutdown_ack_chunk);
	case SCTP_SHUTDOWN_COMPLETE: return bytes == sizeof(struct sctp_shutdown_complete_chunk);
	case SCTP_COOKIE_ACK: return bytes == sizeof(struct sctp_cookie_ack_chunk);
	case SCTP_ECN_ECHO: return bytes == sizeof(struct sctp_ecne_chunk) || bytes == sizeof(struct old_sctp_ecne_chunk);
	case SCTP_ECN_CWR: return bytes == sizeof(struct sctp_cwr_chunk);
	case SCTP_ASCONF_ACK: return bytes >= sizeof(struct sctp_asconf_ack_chunk);
	case SCTP_FORWARD_CUM_TSN:
	case SCTP_IFORWARD_CUM_TSN: return bytes >= sizeof(struct sctp_forward_tsn_chunk);
	case SCTP_STREAM_RESET: return bytes >= sizeof(struct sctp_stream_reset_tsn_req);
	case SCTP_PACKET_DROPPED: return bytes >= sizeof(struct sctp_pktdrop_chunk);
	default: return 1;
	}
}

/* The smallest chunk of a type, in bytes. DATA and I-DATA: process_data.c. */
static uint32_t least_bytes(uint8_t type)
{
	switch (type) {
	case SCTP_SELECTIVE_ACK: return sizeof(struct sctp_sack_chunk);
	case SCTP_AUTHENTICATION:
	case SCTP_SHUTDOWN:
	case SCTP_ECN_ECHO:
	case SCTP_ECN_CWR:
	case SCTP_ASCONF:
	case SCTP_ASCONF_ACK:
	case SCTP_STREAM_RESET:
	case SCTP_FORWARD_CUM_TSN:
	case SCTP_IFORWARD_CUM_TSN: return CHUNK_BYTES + sizeof(uint32_t);
	default: return CHUNK_BYTES;
	}
}

uint8_t link_short_chunk, link_has_short_chunk;

/* DATA and I-DATA without payload are long enough here: process_data.c. */
static uint32_t least_data_bytes(uint8_t type)
{
	return type == SCTP_IDATA ? sizeof(struct sctp_idata_chunk) : sizeof(struct sctp_data_chunk);
}

/* These chunks must be alone in their packet (RFC 9260 6.10). */
static int must_be_alone(uint8_t type)
{
	return !UPSTREAM_VALIDATES_CHUNKS &&
	       (type == SCTP_INITIATION || type == SCTP_INITIATION_ACK || type == SCTP_SHUTDOWN_COMPLETE);
}

/*
 * A parameter of length 0 makes sctp_are_there_new_addresses() of 0.9.5.0 loop for ever. One INIT for an existing
 * association stopped the whole host; only addresses and ports had to be guessed. That function doesn't stop at the end
 * of the chunk either.
 */
static int has_endless_parameter(const uint8_t *from, const uint8_t *end)
{
	while (end - from >= (ptrdiff_t)PARAMETER_BYTES) {
		uint32_t bytes = ntohs(((const struct sctp_paramhdr *)from)->param_length);

		if (bytes < PARAMETER_BYTES) {
			return 1;
		}
		if (padded(bytes) >= (uint32_t)(end - from)) {
			return 0;
		}
		from += padded(bytes);
	}
	return 0;
}

/* An INIT with a tag in the common header, or with the initiate tag 0, is discarded (RFC 9260 8.5.1 A, 3.3.2). */
static int is_valid_init(const struct link_packet *packet, const struct sctp_init_chunk *chunk, uint32_t bytes)
{
	const struct sctphdr *header = (const struct sctphdr *)(packet + 1);

	return header->v_tag == 0 && bytes >= sizeof(*chunk) && chunk->init.initiate_tag != 0 &&
	       !has_endless_parameter((const uint8_t *)(chunk + 1), (const uint8_t *)header + packet->length);
}

/* Main gets such an INIT, and answers it with ABORT if no socket has its port. */
static int is_short_init(uint8_t type, uint32_t bytes)
{
	return UPSTREAM_VALIDATES_CHUNKS && (type == SCTP_INITIATION || type == SCTP_INITIATION_ACK) &&
	       bytes < sizeof(struct sctp_init_chunk);
}

/* A chunk that must be alone in its packet, and is. */
static int is_valid_lone_chunk(const struct link_packet *packet, const struct sctp_chunkhdr *chunk, uint32_t bytes)
{
	switch (chunk->chunk_type) {
	case SCTP_INITIATION: return is_valid_init(packet, (const struct sctp_init_chunk *)chunk, bytes);
	case SCTP_INITIATION_ACK: return bytes >= sizeof(struct sctp_init_ack_chunk);
	default: return has_right_length(chunk->chunk_type, bytes);
	}
}

/*
 * SACK and ECNE make usrsctp walk everything that is in flight. So only the first of each kind in a packet is read. A
 * peer has no reason to send two, and a packet with eighty would take eighty times as long.
 */
static int is_repeated(uint8_t type, uint32_t *seen)
{
	uint32_t kind = type == SCTP_SELECTIVE_ACK || type == SCTP_NR_SELECTIVE_ACK ? 1 : type == SCTP_ECN_ECHO ? 2 : 0;
	int is_second = (*seen & kind) != 0;

	*seen |= kind;
	return is_second;
}

/*
 * A chunk is skipped by changing its type to PAD (RFC 4820). After AUTH this is impossible, because the HMAC covers all
 * that follows. usrsctp then reads no further; but after a COOKIE ACK it would go on at a wrong offset.
 */
static int skip_chunk(struct sctp_chunkhdr *chunk, int is_authenticated)
{
	if (is_authenticated) {
		return chunk->chunk_type != SCTP_COOKIE_ACK;
	}
	chunk->chunk_type = SCTP_PAD_CHUNK;
	return 1;
}

/*
 * RFC 9260 appendix A defines ECNE without the number of marked packets, which usrsctp adds. sctp_process_control() of
 * 0.9.5.0 stops reading at such a chunk. So it is given a copy of the packet in which that number is 1. After AUTH this
 * is impossible, because the HMAC covers all that follows.
 */
static int is_short_ecne(const struct sctp_chunkhdr *chunk)
{
	return !UPSTREAM_READS_SHORT_ECNE && chunk->chunk_type == SCTP_ECN_ECHO &&
	       ntohs(chunk->chunk_length) == sizeof(struct old_sctp_ecne_chunk);
}

int link_validate_chunks(struct link_packet *packet, uint32_t *short_ecne)
{
	uint8_t *bytes = (uint8_t *)(packet + 1);
	uint32_t seen = 0;
	int is_authenticated = 0;

	link_short_chunk = link_has_short_chunk = 0;
	for (uint32_t at = HEADER_BYTES; at + CHUNK_BYTES <= packet->length;) {
		struct sctp_chunkhdr *chunk = (struct sctp_chunkhdr *)(bytes + at);
		uint32_t length = ntohs(chunk->chunk_length), left = packet->length - at;
		uint8_t type = chunk->chunk_type;

		if (type == SCTP_DATA || type == SCTP_IDATA) {
			link_has_short_chunk |= length < least_data_bytes(type);
			return 1;
		}
		if (length < CHUNK_BYTES || length > left) {
			return at > HEADER_BYTES; /* usrsctp reads the chunks before it */
		}
		if (must_be_alone(type) && at > HEADER_BYTES) {
			packet->length = at;
			return 1;
		}
		if (must_be_alone(type)) {
			return padded(length) >= left && is_valid_lone_chunk(packet, chunk, length);
		}
		if (is_short_init(type, length) && at == HEADER_BYTES) {
			return 0;
		}
		if (length < least_bytes(type)) {
			link_short_chunk = type;
			link_has_short_chunk = 1;
		}
		if ((!has_right_length(type, length) || is_repeated(type, &seen)) && !skip_chunk(chunk, is_authenticated)) {
			return 0;
		}
		if (is_short_ecne(chunk) && !is_authenticated) {
			*short_ecne = at;
		}
		is_authenticated |= type == SCTP_AUTHENTICATION;
		at += padded(length);
	}
	return 1;
}

struct link_packet *link_lengthen_ecne(const struct link_packet *packet, uint32_t at)
{
	const size_t end = at + sizeof(struct old_sctp_ecne_chunk), added = sizeof(uint32_t);
	struct link_packet *longer = link_malloc(sizeof(*packet) + packet->length + added);
	uint8_t *bytes = (uint8_t *)(longer + 1);
	struct sctp_ecne_chunk *ecne = (struct sctp_ecne_chunk *)(bytes + at);

	memcpy(longer, packet, sizeof(*packet) + end);
	memcpy(bytes + end + added, (const uint8_t *)(packet + 1) + end, packet->length - end);
	longer->length += added;
	ecne->ch.chunk_length = htons(sizeof(*ecne));
	ecne->num_pkts_since_cwr = htonl(1);
	return longer;
}
