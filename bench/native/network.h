/* The network in memory that memory.c runs on: two ends of one host, with what upstream has for it, or with ours. */
#ifndef NETWORK_H
#define NETWORK_H

#include <sys/socket.h>

/* Starts usrsctp on it. */
void network_start(void);
/* The host's address with a port; the family is in it. */
struct sockaddr *network_address(int port, socklen_t *length);
/* Delivers all that was sent, and what that makes the ends send; returns how many packets. */
int network_deliver(void);
/* Lets the timers have their time. */
void network_tick(void);

#endif
