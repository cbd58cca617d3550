/*
 * usrsctp's public functions for JavaScript. Each one translates its arguments, calls the function of its name and
 * returns that one's value, or -errno. Sockets are integer handles; a stale or made-up one is -EBADF.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <usrsctp.h>

#include "link.h"

/* --- handles -------------------------------------------------------------------------------------------------- */

#define INDEX_BITS 16
#define INDEX_MASK ((1 << INDEX_BITS) - 1)
#define GENERATION_MASK 0x7fff

struct slot {
	struct socket *so;   /* NULL: free */
	uint16_t generation; /* distinguishes the sockets that had this slot, never 0 */
	uint16_t is_ready;   /* is in link_shared.ready */
	int32_t next_free;
};

static struct slot *slots;
static int32_t slot_count, first_free = -1;

static struct slot *slot_of(int handle)
{
	int index = handle & INDEX_MASK;

	if (handle <= 0 || index >= slot_count || slots[index].so == NULL ||
	    slots[index].generation != handle >> INDEX_BITS) {
		return NULL;
	}
	return &slots[index];
}

static struct socket *socket_of(int handle)
{
	struct slot *slot = slot_of(handle);

	return slot != NULL ? slot->so : NULL;
}

static int grow(void)
{
	int32_t count = slot_count > 0 ? 2 * slot_count : 16;

	if (count > INDEX_MASK + 1) {
		return -ENFILE;
	}
	slots = link_realloc(slots, (size_t)count * sizeof(*slots));
	link_shared.ready = link_realloc(link_shared.ready, (size_t)count * sizeof(*link_shared.ready));
	for (int32_t index = count - 1; index >= slot_count; index--) {
		slots[index] = (struct slot){.generation = 1, .next_free = first_free};
		first_free = index;
	}
	slot_count = count;
	return 0;
}

/* Gives a new socket its handle. A socket that can't have one is closed. */
static int adopt(struct socket *so)
{
	int handle;

	if (so == NULL) {
		return -errno;
	}
	if (first_free < 0 && grow() < 0) {
		usrsctp_close(so);
		return -ENFILE;
	}
	handle = slots[first_free].generation << INDEX_BITS | first_free;
	usrsctp_set_non_blocking(so, 1);
	usrsctp_set_upcall(so, NULL, (void *)(intptr_t)handle);
	slots[first_free].so = so;
	first_free = slots[first_free].next_free;
	return handle;
}

void link_ready(void *handle)
{
	struct slot *slot = slot_of((int)(intptr_t)handle);

	if (slot != NULL && !slot->is_ready) {
		slot->is_ready = 1;
		link_shared.ready[link_shared.ready_count++] = (int)(intptr_t)handle;
	}
}

/* JavaScript has taken the ready list. */
EXPORT void bridge_ready_taken(void)
{
	for (uint32_t i = 0; i < link_shared.ready_count; i++) {
		slots[link_shared.ready[i] & INDEX_MASK].is_ready = 0;
	}
	link_shared.ready_count = 0;
}

/* --- life ----------------------------------------------------------------------------------------------------- */

static int result(ssize_t value)
{
	return value < 0 ? -errno : (int)value;
}

EXPORT void bridge_init(int udp_port)
{
	usrsctp_init_nothreads((uint16_t)udp_port, link_conn_output, NULL);
}

EXPORT int bridge_finish(void)
{
	return usrsctp_finish() < 0 ? -EBUSY : 0;
}

EXPORT int bridge_socket(int domain, int type, int protocol)
{
	return adopt(usrsctp_socket(domain, type, protocol, NULL, NULL, 0, NULL));
}

EXPORT int bridge_close(int handle)
{
	struct slot *slot = slot_of(handle);
	struct socket *so;

	if (slot == NULL) {
		return -EBADF;
	}
	so = slot->so;
	slot->so = NULL;
	slot->generation = slot->generation == GENERATION_MASK ? 1 : slot->generation + 1;
	slot->next_free = first_free;
	first_free = handle & INDEX_MASK;
	usrsctp_close(so);
	return 0;
}

EXPORT int bridge_shutdown(int handle, int how)
{
	return result(usrsctp_shutdown(socket_of(handle), how));
}

/* --- addresses and associations ------------------------------------------------------------------------------- */

EXPORT int bridge_bind(int handle, struct sockaddr *address, int length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_bind(so, address, (socklen_t)length));
}

EXPORT int bridge_bindx(int handle, struct sockaddr *addresses, int count, int flags)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_bindx(so, addresses, count, flags));
}

EXPORT int bridge_listen(int handle, int backlog)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_listen(so, backlog));
}

EXPORT int bridge_accept(int handle, struct sockaddr *address, socklen_t *length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : adopt(usrsctp_accept(so, address, length));
}

EXPORT int bridge_peeloff(int handle, sctp_assoc_t id)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : adopt(usrsctp_peeloff(so, id));
}

EXPORT int bridge_connect(int handle, struct sockaddr *address, int length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_connect(so, address, (socklen_t)length));
}

EXPORT int bridge_connectx(int handle, const struct sockaddr *addresses, int count, sctp_assoc_t *id)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_connectx(so, addresses, count, id));
}

/* Never 0 but for "there is none". */
EXPORT sctp_assoc_t bridge_getassocid(int handle, struct sockaddr *address)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? 0 : usrsctp_getassocid(so, address);
}

/* The packed sockaddrs that upstream allocated, copied as far as they fit as a whole. Returns how many there are. */
static int copy_addresses(const struct sockaddr *list, int count, uint8_t *buffer, size_t capacity)
{
	const uint8_t *from = (const uint8_t *)list;
	size_t used = 0;

	for (int i = 0; i < count; i++) {
		const struct sockaddr *address = (const struct sockaddr *)(from + used);
		size_t length = address->sa_family == AF_INET    ? sizeof(struct sockaddr_in)
		                : address->sa_family == AF_INET6 ? sizeof(struct sockaddr_in6)
		                                                 : sizeof(struct sockaddr_conn);

		if (used + length > capacity) {
			return -E2BIG;
		}
		memcpy(buffer + used, from + used, length);
		used += length;
	}
	return count;
}

EXPORT int bridge_getpaddrs(int handle, sctp_assoc_t id, uint8_t *buffer, int capacity)
{
	struct socket *so = socket_of(handle);
	struct sockaddr *list = NULL;
	int count = so == NULL ? -EBADF : result(usrsctp_getpaddrs(so, id, &list));

	if (count > 0) {
		count = copy_addresses(list, count, buffer, (size_t)capacity);
		usrsctp_freepaddrs(list);
	}
	return count;
}

EXPORT int bridge_getladdrs(int handle, sctp_assoc_t id, uint8_t *buffer, int capacity)
{
	struct socket *so = socket_of(handle);
	struct sockaddr *list = NULL;
	int count = so == NULL ? -EBADF : result(usrsctp_getladdrs(so, id, &list));

	if (count > 0) {
		count = copy_addresses(list, count, buffer, (size_t)capacity);
		usrsctp_freeladdrs(list);
	}
	return count;
}

/* --- messages ------------------------------------------------------------------------------------------------- */

EXPORT int bridge_sendv(int handle, const void *data, uint32_t length, struct sockaddr *to, int count, void *info,
                        uint32_t info_length, uint32_t info_type, int flags)
{
	return result(usrsctp_sendv(socket_of(handle), data, length, to, count, info, info_length, info_type, flags));
}

EXPORT int bridge_recvv(int handle, void *buffer, uint32_t length, struct sockaddr *from, socklen_t *from_length,
                        void *info, socklen_t *info_length, unsigned int *info_type, int *flags)
{
	return result(usrsctp_recvv(socket_of(handle), buffer, length, from, from_length, info, info_length, info_type,
	                            flags));
}

EXPORT int bridge_get_events(int handle)
{
	return result(usrsctp_get_events(socket_of(handle)));
}

/* --- options and statistics ----------------------------------------------------------------------------------- */

EXPORT int bridge_setsockopt(int handle, int level, int name, const void *value, uint32_t length)
{
	return result(usrsctp_setsockopt(socket_of(handle), level, name, value, length));
}

EXPORT int bridge_getsockopt(int handle, int level, int name, void *value, socklen_t *length)
{
	return result(usrsctp_getsockopt(socket_of(handle), level, name, value, length));
}

EXPORT int bridge_opt_info(int handle, sctp_assoc_t id, int option, void *value, socklen_t *length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_opt_info(so, id, option, value, length));
}

EXPORT void bridge_get_stat(struct sctpstat *statistics)
{
	usrsctp_get_stat(statistics);
}

/* The sysctls by their place in sysctls.def, which compile.sh makes from what upstream defines. */
static int read_only(uint32_t value)
{
	(void)value;
	errno = EPERM;
	return -1;
}

#define SYSCTL(name) {usrsctp_sysctl_get_##name, usrsctp_sysctl_set_##name},
#define TUNABLE(name) {usrsctp_sysctl_get_##name, usrsctp_tunable_set_##name},
#define READ_ONLY(name) {usrsctp_sysctl_get_##name, read_only},
static const struct {
	uint32_t (*get)(void);
	int (*set)(uint32_t);
} sysctls[] = {
#include "sysctls.def"
};

#define SYSCTL_COUNT (sizeof(sysctls) / sizeof(*sysctls))

/* -EINVAL doesn't fit among values, so an unknown one is 0. */
EXPORT uint32_t bridge_sysctl_get(uint32_t index)
{
	return index < SYSCTL_COUNT ? sysctls[index].get() : 0;
}

EXPORT int bridge_sysctl_set(uint32_t index, uint32_t value)
{
	return index < SYSCTL_COUNT ? result(sysctls[index].set(value)) : -EINVAL;
}

/* --- AF_CONN -------------------------------------------------------------------------------------------------- */

EXPORT void bridge_register_address(void *address)
{
	usrsctp_register_address(address);
}

EXPORT void bridge_deregister_address(void *address)
{
	usrsctp_deregister_address(address);
}

EXPORT void bridge_crc32c_offload(int on)
{
	if (on) {
		usrsctp_enable_crc32c_offload();
	} else {
		usrsctp_disable_crc32c_offload();
	}
}
