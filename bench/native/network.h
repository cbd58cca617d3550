/* The network in memory for memory.c, with two ends on one host: conn.c is upstream's, link.c is ours. */
#ifndef NETWORK_H
#define NETWORK_H

#include <sys/socket.h>

/* Starts usrsctp on this network. */
void network_start(void);
/* The host's address with this port. */
struct sockaddr *network_address(int port, socklen_t *length);
/* Delivers all packets, including those that the ends send in response; returns their number. */
int network_deliver(void);
/* Runs the timers that are due. */
void network_tick(void);

#endif
