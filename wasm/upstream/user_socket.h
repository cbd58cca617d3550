/* What is redirected in user_socket.c. */
#ifndef UPSTREAM_USER_SOCKET_H
#define UPSTREAM_USER_SOCKET_H

#include "environment.h"

/* A socket is about to be freed, in sodealloc(): tuning/buffers.c. */
#undef SOCK_COND_DESTROY
#define SOCK_COND_DESTROY(so) link_socket_gone(so)
void link_socket_gone(struct socket *so);

#endif
