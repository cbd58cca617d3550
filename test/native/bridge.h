/*
 * The C side for programs that use it without JavaScript: the functions that the module exports. See wasm/link.h, and
 * src/bridge for how JavaScript uses them.
 */
#ifndef BRIDGE_H
#define BRIDGE_H

#include <usrsctp.h>

#include "host.h"
#include "link.h"

struct link_state *link_state(void);
void link_enter(double now_ms);
void link_leave(void);
void link_timers(void);
void link_input(uint32_t bytes);
int link_add_address(const uint8_t *address, uint32_t family, uint32_t index, int dynamic);
int link_remove_address(const uint8_t *address, uint32_t family, uint32_t index);
void bridge_init(int udp_port);
int bridge_finish(void);
int bridge_socket(int domain, int type, int protocol);
int bridge_close(int handle);
int bridge_shutdown(int handle, int how);
int bridge_bind(int handle, struct sockaddr *address, int length);
int bridge_bindx(int handle, struct sockaddr *addresses, int count, int flags);
int bridge_listen(int handle, int backlog);
int bridge_accept(int handle, struct sockaddr *address, socklen_t *length);
int bridge_connect(int handle, struct sockaddr *address, int length);
int bridge_connectx(int handle, const struct sockaddr *addresses, int count, sctp_assoc_t *id);
int bridge_peeloff(int handle, uint32_t id);
int bridge_setsockopt(int handle, int level, int name, const void *value, uint32_t length);
int bridge_getsockopt(int handle, int level, int name, void *value, socklen_t *length);
int bridge_prepare(int handle, int no_delay, uint32_t outbound, uint32_t inbound, uint32_t resets, uint32_t port);
int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                 uint32_t info_length, uint32_t info_type, int flags);
int bridge_recvv(int handle, void *buffer, uint32_t length, struct sockaddr *from, socklen_t *from_length, void *info,
                 socklen_t *info_length, unsigned int *info_type, int *flags);
int bridge_set_aside(int handle, const uint32_t *ids, uint32_t count);
void bridge_ready_taken(void);
void bridge_register_address(void *address);

/* The bytes of a packet in the outbox or inbox, with its header. */
static inline uint32_t packet_size(const struct link_packet *packet)
{
	return (uint32_t)sizeof(*packet) + ((packet->length + 3) & ~3u);
}

#endif
