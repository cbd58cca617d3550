/*
 * ASOCKILL, the timer that frees an association that something still held when it ended: sctp_timeout_handler().
 * Upstream's main corrects it (37a9dc3e).
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "link.h"

#ifdef UPSTREAM_MAIN

void link_run_timer(void (*function)(void *), void *argument)
{
	function(argument);
}

#else

/* The socket to which sctp_timeout_handler() takes a reference. */
static struct socket *held_by(const struct sctp_timer *timer)
{
	const struct sctp_tcb *stcb = timer->tcb;

	return stcb != NULL && (stcb->sctp_ep->sctp_flags & SCTP_PCB_FLAGS_SOCKET_GONE) == 0 ? stcb->sctp_socket : NULL;
}

/*
 * For this timer sctp_timeout_handler() doesn't release its reference to the socket. A one-to-many socket was never
 * freed once an association of it had ended in this way.
 */
void link_run_timer(void (*function)(void *), void *argument)
{
	const struct sctp_timer *timer = argument;
	struct socket *held = NULL;

	if (function == sctp_timeout_handler && timer->type == SCTP_TIMER_TYPE_ASOCKILL) {
		held = held_by(timer);
	}
	function(argument);
	if (held != NULL) {
		ACCEPT_LOCK();
		SOCK_LOCK(held);
		sorele(held);
	}
}

#endif
