/*
 * usrsctp's public functions for JavaScript. Each one translates its arguments, calls the usrsctp function of the same
 * name, and returns its value or -errno. Sockets are integer handles; an invalid or stale handle is -EBADF.
 */
#include <errno.h>
#include <string.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"
#include "upstream/release.h"

/* --- life ----------------------------------------------------------------------------------------------------- */

static int result(ssize_t value)
{
	return value < 0 ? -errno : (int)value;
}

EXPORT void bridge_init(int udp_port)
{
	usrsctp_init_nothreads((uint16_t)udp_port, link_conn_output, NULL);
	usrsctp_sysctl_set_sctp_no_csum_on_loopback(0); /* upstream's sender omits checksums that its receiver verifies */
}

EXPORT int bridge_finish(void)
{
	return usrsctp_finish() < 0 ? -EBUSY : 0;
}

EXPORT int bridge_socket(int domain, int type, int protocol)
{
	struct socket *so = usrsctp_socket(domain, type, protocol, NULL, NULL, 0, NULL);

	if (so != NULL) {
		link_autosize_buffers(so);
	}
	return adopt(so);
}

EXPORT int bridge_close(int handle)
{
	struct socket *so = release(handle);

	if (so == NULL) {
		return -EBADF;
	}
	usrsctp_close(so);
	return 0;
}

EXPORT int bridge_shutdown(int handle, int how)
{
	return result(usrsctp_shutdown(socket_of(handle), how));
}

EXPORT int bridge_set_non_blocking(int handle, int on)
{
	return result(usrsctp_set_non_blocking(socket_of(handle), on));
}

EXPORT int bridge_get_non_blocking(int handle)
{
	return result(usrsctp_get_non_blocking(socket_of(handle)));
}

EXPORT void bridge_handle_timers(uint32_t elapsed_ms)
{
	usrsctp_handle_timers(elapsed_ms);
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

	if (so == NULL) {
		return -EBADF;
	}
	return UPSTREAM_ANSWERS_RIGHTLY || link_may_listen(so) ? result(usrsctp_listen(so, backlog)) : -EINVAL;
}

EXPORT int bridge_accept(int handle, struct sockaddr *address, socklen_t *length)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : adopt(usrsctp_accept(so, address, length));
}

/* upstream moves unread messages to the new socket without waking its reader, so we do. */
EXPORT int bridge_peeloff(int handle, sctp_assoc_t id)
{
	struct socket *so = socket_of(handle);

	if (so == NULL) {
		return -EBADF;
	}
	link_before_peeloff(so, id);
	so = usrsctp_peeloff(so, id);
	if (so != NULL) {
		link_autosize_peeled_off(so);
	}
	handle = adopt(so);
	link_ready((void *)(intptr_t)handle);
	return handle;
}

EXPORT int bridge_connect(int handle, struct sockaddr *address, int length)
{
	struct socket *so = socket_of(handle);

	union sctp_sockstore whole = {0};

	/* sctp6_connect() reads any address as a sockaddr_in6 */
	if (!UPSTREAM_ANSWERS_RIGHTLY && length >= 0 && (size_t)length < sizeof(whole) && address != NULL) {
		memcpy(&whole, address, (size_t)length);
		address = &whole.sa;
		length = address->sa_family == AF_INET ? (int)sizeof(whole) : length;
	}
	return so == NULL ? -EBADF : result(usrsctp_connect(so, address, (socklen_t)length));
}

EXPORT int bridge_connectx(int handle, const struct sockaddr *addresses, int count, sctp_assoc_t *id)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? -EBADF : result(usrsctp_connectx(so, addresses, count, id));
}

/* Returns 0 only if there is no such association. */
EXPORT sctp_assoc_t bridge_getassocid(int handle, struct sockaddr *address)
{
	struct socket *so = socket_of(handle);

	return so == NULL ? 0 : usrsctp_getassocid(so, address);
}

/* Copies the packed sockaddrs that upstream allocated. Returns their number, or -E2BIG. */
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

/* usrsctp returns ENOTCONN if there is no association or no address. RFC 6458 9.3 and 9.5 say 0. */
static int none_if_unconnected(int count)
{
	return count == -ENOTCONN ? 0 : count;
}

EXPORT int bridge_getpaddrs(int handle, sctp_assoc_t id, uint8_t *buffer, int capacity)
{
	struct socket *so = socket_of(handle);
	struct sockaddr *list = NULL;
	int count = so == NULL ? -EBADF : none_if_unconnected(result(usrsctp_getpaddrs(so, id, &list)));

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
	int count = so == NULL ? -EBADF : none_if_unconnected(result(usrsctp_getladdrs(so, id, &list)));

	if (count > 0) {
		count = copy_addresses(list, count, buffer, (size_t)capacity);
		usrsctp_freeladdrs(list);
	}
	return count;
}

/* --- options and statistics ----------------------------------------------------------------------------------- */

static int set_option(struct socket *so, int level, int name, const void *value, uint32_t length)
{
	int is_size = so != NULL && level == SOL_SOCKET && (name == SO_SNDBUF || name == SO_RCVBUF);
	int error;

	if (is_size) {
		link_before_buffer_size(so, name);
	}
	error = result(usrsctp_setsockopt(so, level, name, value, length));
	if (is_size && error == 0) {
		link_after_buffer_size(so, name);
	}
	return error;
}

EXPORT int bridge_setsockopt(int handle, int level, int name, const void *value, uint32_t length)
{
	return set_option(socket_of(handle), level, name, value, length);
}

/* Sets options that follow each other, each a struct link_option and its value. Stops at the first error. */
EXPORT int bridge_setsockopts(int handle, const uint8_t *options, uint32_t length)
{
	struct socket *so = socket_of(handle);
	uint32_t at = 0;
	int error = 0;

	while (error == 0 && at + sizeof(struct link_option) <= length) {
		const struct link_option *option = (const struct link_option *)(options + at);

		at += (uint32_t)sizeof(*option);
		error = set_option(so, option->level, option->name, options + at, option->length);
		at += (option->length + 3) & ~3u;
	}
	return error;
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

/* Sysctls are numbered by their position in sysctls.def, which compile.sh generates from user_socket.c. */
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

/* An unknown sysctl reads as 0, because -EINVAL could be a value. */
EXPORT uint32_t bridge_sysctl_get(uint32_t index)
{
	return index < SYSCTL_COUNT ? sysctls[index].get() : 0;
}

EXPORT int bridge_sysctl_set(uint32_t index, uint32_t value)
{
	/* sctp_timer_start() divides by RTO.Initial */
	int divides = index < SYSCTL_COUNT && sysctls[index].set == usrsctp_sysctl_set_sctp_rto_initial_default;

	if (index >= SYSCTL_COUNT || (divides && value == 0)) {
		return -EINVAL;
	}
	return result(sysctls[index].set(value));
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

EXPORT uint32_t bridge_crc32c(void *buffer, uint32_t length)
{
	return usrsctp_crc32c(buffer, length);
}
