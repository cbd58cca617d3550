/* For files that see usrsctp's internals. */
#ifndef LATECOMERS_H
#define LATECOMERS_H

#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

/* Where a packet comes from and goes to; the port is the peer's UDP port, in network byte order. */
struct link_ends {
	union sctp_sockstore source;
	union sctp_sockstore destination;
	uint16_t port;
};

/* Was the packet that has been read a late one of an association that lives? Then it is to be read again, with these ends. */
int link_readdress(const struct sctphdr *header, struct link_ends *ends);

/* A local address that the association may use, but for one: of a family, or of any (AF_UNSPEC); or NULL. See returns.c. */
struct sctp_ifa *link_usable_address(struct sctp_tcb *stcb, sa_family_t family, const struct sctp_ifa *but);

#endif
