/*
 * A local address that the peer hasn't confirmed yet (RFC 5061 5.3). Only ASCONF may leave from there. After an ASCONF,
 * sctp_med_chunk_output() sends all chunks of the same round from that address. A SACK or HEARTBEAT may then overtake
 * the ASCONF on a faster path. The peer doesn't know the address, answers with ABORT, and the association is lost.
 * Upstream's main corrects this (ca70d3af).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_header.h>

#include "fixes/fixes.h"
#include "link.h"

int link_has_chunk(struct mbuf *packet, int headers, uint8_t type)
{
	struct sctp_chunkhdr chunk;

	for (int at = headers + (int)sizeof(struct sctphdr); at + (int)sizeof(chunk) <= SCTP_HEADER_LEN(packet);
	     at += SCTP_SIZE32(ntohs(chunk.chunk_length))) {
		m_copydata(packet, at, sizeof(chunk), (caddr_t)&chunk);
		if (chunk.chunk_type == type) {
			return 1;
		}
		if (ntohs(chunk.chunk_length) < sizeof(chunk)) {
			return 0;
		}
	}
	return 0;
}

const void *link_ip_address(const union sctp_sockstore *address, uint8_t family)
{
	if (family == 4 && address->sa.sa_family == AF_INET) {
		return &address->sin.sin_addr;
	}
	return family == 6 && address->sa.sa_family == AF_INET6 ? (const void *)&address->sin6.sin6_addr : NULL;
}

static int is_pending(const struct sctp_tcb *stcb, const struct link_packet *header)
{
	const struct sctp_laddr *address;

	LIST_FOREACH(address, &stcb->asoc.sctp_restricted_addrs, sctp_nxt_addr) {
		const void *ip = link_ip_address(&address->ifa->address, header->family);

		if (ip != NULL && memcmp(ip, header->source, header->family == 4 ? 4 : 16) == 0) {
			return 1;
		}
	}
	return 0;
}

int link_check_source(struct sctp_tcb *stcb, struct mbuf *packet, int headers, struct link_packet *header)
{
	struct sctp_ifa *other;

	if (LIST_EMPTY(&stcb->asoc.sctp_restricted_addrs) || !is_pending(stcb, header) ||
	    link_has_chunk(packet, headers, SCTP_ASCONF)) {
		return 1;
	}
	other = link_usable_address(stcb, header->family == 4 ? AF_INET : AF_INET6, NULL);
	if (other == NULL) {
		return 0;
	}
	memcpy(header->source, link_ip_address(&other->address, header->family), header->family == 4 ? 4 : 16);
	return 1;
}
