/* What is redirected in netinet/sctp_bsd_addr.c. */
#ifndef UPSTREAM_SCTP_BSD_ADDR_H
#define UPSTREAM_SCTP_BSD_ADDR_H

#include "environment.h"

/* sctp_init_ifns_for_vrf() must find no interfaces: link_add_address() adds them (network/interfaces.c). */
#include <ifaddrs.h>
#define getifaddrs(list) link_no_interfaces
enum { link_no_interfaces = -1 };

#endif
