/*
 * Limits what forged INITs can make a host send to somebody else. An INIT ACK contains a cookie and the unknown
 * parameters of the INIT, so it may be ten times as long as an INIT from an address that nobody has verified yet. Up to
 * three times as long it isn't limited, as in QUIC (RFC 9000 8). Of what exceeds that, each source gets so much at
 * once, and so much in a second; further INITs of the source are dropped as long as it has used that up. A source
 * that returns a valid cookie has shown that it is no victim, and begins anew.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>

#include "link.h"
#include "tuning/tuning.h"

#define FREE_FACTOR 3
#define BURST_BYTES 262144
#define BYTES_PER_MS 64
#define IP_AND_UDP_HEADER_BYTES 28
#define SOURCES 256 /* that are remembered; a power of 2 */

struct source {
	uint64_t address; /* IPv4, or the first 64 bits of IPv6 */
	double bytes;     /* used of BURST_BYTES at `ms` */
	double ms;
};

static struct source sources[SOURCES];
static double answered_bytes = -1;

static struct source *source_of(uint64_t address)
{
	return &sources[link_hash_of_source(address) & (SOURCES - 1)];
}

void link_before_init_ack(const struct sctp_init_chunk *init)
{
	answered_bytes = init != NULL ? sizeof(struct sctphdr) + ntohs(init->ch.chunk_length) : -1;
}

int link_may_send_init_ack(const union sctp_sockstore *to, uint32_t length)
{
	double excess = length + IP_AND_UDP_HEADER_BYTES - FREE_FACTOR * (answered_bytes + IP_AND_UDP_HEADER_BYTES);
	uint64_t address = link_source_address(&to->sa);
	struct source *source = source_of(address);

	if (answered_bytes < 0 || excess <= 0) {
		return 1;
	}
	if (source->address != address) {
		*source = (struct source){.address = address, .ms = link_now_ms};
	}
	source->bytes = max(source->bytes - BYTES_PER_MS * (link_now_ms - source->ms), 0);
	source->ms = link_now_ms;
	if (source->bytes + excess > BURST_BYTES) {
		return 0;
	}
	source->bytes += excess;
	return 1;
}

/* Replaces sctp_send_cookie_ack() in sctp_input.c: the peer has returned a valid cookie. */
void link_send_cookie_ack(struct sctp_tcb *stcb)
{
	if (link_packet_source != NULL && link_packet_source->sa.sa_family != AF_CONN) {
		uint64_t address = link_source_address(&link_packet_source->sa);
		struct source *source = source_of(address);

		source->bytes = source->address == address ? 0 : source->bytes;
	}
	sctp_send_cookie_ack(stcb);
}
