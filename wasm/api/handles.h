/*
 * JavaScript names sockets by integer handles, not by pointers. An invalid or stale handle maps to no socket.
 */
#ifndef HANDLES_H
#define HANDLES_H

struct socket;

/* The socket of a handle, or NULL. */
struct socket *socket_of(int handle);

/* Returns a handle for a new socket; -errno if it is NULL. If the table is full, closes the socket: -ENFILE. */
int adopt(struct socket *so);

/* Frees a handle and returns its socket, or NULL. */
struct socket *release(int handle);

#endif
