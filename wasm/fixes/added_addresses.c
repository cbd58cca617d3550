/*
 * Addresses that the peer adds (RFC 5061 4.2.1).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/* What sctp_load_addresses_from_init() asks of each address of an INIT. */
static int is_legal(const struct sctp_scoping *scope, sa_family_t family)
{
	switch (family) {
	case AF_INET: return scope->ipv4_addr_legal;
	case AF_INET6: return scope->ipv6_addr_legal;
	default: return scope->conn_addr_legal;
	}
}

/*
 * sctp_process_asconf_add_ip() takes addresses to which the socket can send nothing: of IP over AF_CONN, of IPv4 where the
 * socket has IPv6 only. Each is a path with timers of its own. The answer to a refused one is an error cause.
 */
int fixed_add_remote_addr(struct sctp_tcb *stcb, struct sockaddr *address, struct sctp_nets **path, uint16_t port,
                          int scope, int from)
{
	if (!is_legal(&stcb->asoc.scope, address->sa_family)) {
		return -1;
	}
	return sctp_add_remote_addr(stcb, address, path, port, scope, from);
}
