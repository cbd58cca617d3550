/*
 * Upstream's sctp_usrreq.c with a door in front of sctp_setopt(): an engine takes half a millisecond to compile all of its
 * options, of which a first association needs bindx and connectx. What upstream does for those two stands here again.
 */
int upstream_setopt(struct socket *so, int option, void *value, size_t bytes, void *p) __attribute__((noinline));
#define sctp_setopt upstream_setopt
#include <netinet/sctp_usrreq.c>
#undef sctp_setopt

int sctp_setopt(struct socket *so, int option, void *value, size_t bytes, void *p);

static int has_address(const struct sockaddr *address, size_t bytes)
{
	return (address->sa_family == AF_INET && bytes >= sizeof(struct sockaddr_in)) ||
	       (address->sa_family == AF_INET6 && bytes >= sizeof(struct sockaddr_in6));
}

int sctp_setopt(struct socket *so, int option, void *value, size_t bytes, void *p)
{
	struct sctp_inpcb *inp = so->so_pcb;
	int error = 0;

	if (inp == NULL || value == NULL) {
		return upstream_setopt(so, option, value, bytes, p);
	}
	if (!UPSTREAM_ANSWERS_RIGHTLY && (option == SCTP_CONNECT_X || option == SCTP_CONNECT_X_DELAYED) &&
	    (inp->sctp_flags & SCTP_PCB_FLAGS_TCPTYPE) && SCTP_IS_LISTENING(inp)) {
		return EINVAL; /* sctp_do_connect_x() would set up an association on the listener */
	}
	if (option == SCTP_CONNECT_X && bytes >= sizeof(int) + sizeof(struct sockaddr_in)) {
		return sctp_do_connect_x(so, inp, value, bytes, p, 0);
	}
	if (option == SCTP_BINDX_ADD_ADDR && has_address(value, bytes)) {
		sctp_bindx_add_address(so, inp, value, inp->def_vrf_id, &error, p);
		return error;
	}
	return upstream_setopt(so, option, value, bytes, p);
}
