/*
 * Addresses of the peer: those that it lists (RFC 9260 3.3.2, 3.3.3) and those that it adds (RFC 5061 4.2.1). Corrects
 * sctp_send_initiate_ack(), sctp_load_addresses_from_init() and sctp_process_asconf_add_ip(). Upstream's main has no
 * limit either, and adds addresses that the socket can't use.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_input.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "tuning/tuning.h"

/*
 * Upstream has no limit but the size of a packet, which has room for 8,000 addresses. Each one becomes a path with its
 * own timers, is searched for in a list, and gets HEARTBEATs, whether its owner has asked for them or not.
 */
static uint32_t most_addresses = 64;

EXPORT void link_limit_addresses(uint32_t most)
{
	most_addresses = most;
}

/* The checks that sctp_load_addresses_from_init() applies to each address of an INIT. */
static int is_legal(const struct sctp_scoping *scope, sa_family_t family)
{
	switch (family) {
	case AF_INET: return scope->ipv4_addr_legal;
	case AF_INET6: return scope->ipv6_addr_legal;
	default: return scope->conn_addr_legal;
	}
}

/*
 * sctp_process_asconf_add_ip() accepts addresses to which the socket can't send: IP addresses over AF_CONN, and IPv4
 * addresses on a socket that has IPv6 only. Each one becomes a path with its own timers. If -1 is returned, the ASCONF
 * ACK carries an error cause.
 */
int fixed_add_remote_addr(struct sctp_tcb *stcb, struct sockaddr *address, struct sctp_nets **path, uint16_t port,
                          int scope, int from)
{
	if (!is_legal(&stcb->asoc.scope, address->sa_family) || stcb->asoc.numnets >= most_addresses) {
		return -1;
	}
	return sctp_add_remote_addr(stcb, address, path, link_port_of_asconf(address, port), scope, from);
}

int link_lists_too_many_addresses(struct mbuf *packet, uint32_t offset, uint32_t end)
{
	uint32_t addresses = 0;
	struct sctp_paramhdr header, *parameter;

	while (offset + sizeof(header) <= end) {
		parameter = (struct sctp_paramhdr *)sctp_m_getptr(packet, (int)offset, sizeof(header), (uint8_t *)&header);
		if (parameter == NULL || ntohs(parameter->param_length) < sizeof(header)) {
			break;
		}
		addresses +=
			ntohs(parameter->param_type) == SCTP_IPV4_ADDRESS || ntohs(parameter->param_type) == SCTP_IPV6_ADDRESS;
		offset += SCTP_SIZE32(ntohs(parameter->param_length));
	}
	return addresses > most_addresses;
}

/* RFC 9260 3.3.10.4 defines the error cause. */
void fixed_send_initiate_ack(struct sctp_inpcb *inp, struct sctp_tcb *stcb, struct sctp_nets *path, struct mbuf *packet,
                             int ip_bytes, int offset, struct sockaddr *from, struct sockaddr *to,
                             struct sctphdr *header, struct sctp_init_chunk *init, uint32_t vrf_id, uint16_t port)
{
	uint8_t *interleaving = stcb != NULL ? &stcb->asoc.idata_supported : &inp->idata_supported, wanted = *interleaving;
	uint32_t end = (uint32_t)offset + ntohs(init->ch.chunk_length);

	if (link_lists_too_many_addresses(packet, (uint32_t)offset + sizeof(*init), end)) {
		sctp_send_abort(packet, ip_bytes, from, to, header, init->init.initiate_tag,
		                sctp_generate_cause(SCTP_CAUSE_OUT_OF_RESC, ""), vrf_id, port);
		return;
	}
	link_report_forward_tsn(!(stcb != NULL ? stcb->asoc.prsctp_supported : inp->prsctp_supported));
	link_before_init_ack(from->sa_family != AF_CONN ? init : NULL);
	if (!link_may_list_interleaving(inp, stcb, packet, offset + (int)sizeof(*init), (int)end)) {
		*interleaving = 0;
	}
	sctp_send_initiate_ack(inp, stcb, path, packet, ip_bytes, offset, from, to, header, init, vrf_id, port);
	*interleaving = wanted;
	link_before_init_ack(NULL);
}
