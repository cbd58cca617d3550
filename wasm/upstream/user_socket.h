/* What is redirected in user_socket.c. */
#ifndef UPSTREAM_USER_SOCKET_H
#define UPSTREAM_USER_SOCKET_H

#include "environment.h"

/* The application reads no more: fixes/ended_association.c. */
#ifndef UPSTREAM_MAIN
#define sctp_flush fixed_flush
#endif

/* The longest backlog. Emscripten's is 128, which is too short if more COOKIE ECHOs than that arrive at once. */
#include <sys/socket.h>
#undef SOMAXCONN
#define SOMAXCONN link_longest_backlog
enum { link_longest_backlog = 32767 };

/* A socket is about to be freed, in sodealloc(): tuning/buffers.c. */
#undef SOCK_COND_DESTROY
#define SOCK_COND_DESTROY(so) link_socket_gone(so)
void link_socket_gone(struct socket *so);

#endif
