/*
 * Sockets are integer handles at the border, never pointers: a stale or made-up handle is no socket.
 */
#ifndef HANDLES_H
#define HANDLES_H

struct socket;

/* The socket of a handle, or NULL. */
struct socket *socket_of(int handle);

/* Gives a new socket its handle; NULL gives -errno. A socket that can't have one is closed. */
int adopt(struct socket *so);

/* Frees a handle and returns its socket, or NULL. */
struct socket *release(int handle);

#endif
