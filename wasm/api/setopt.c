/*
 * Upstream's sctp_usrreq.c, with another sctp_setopt() in front of its own. A JavaScript engine takes half a
 * millisecond to compile upstream's function with all its options. A first association needs two of them, bindx and
 * connectx, which are repeated here.
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

#ifndef UPSTREAM_MAIN
/* The current MTU of the named path, or of the primary path of the named association; 0 without an association. */
static uint32_t mtu_of_now(struct socket *so, const struct sctp_paddrparams *named, void *p)
{
	struct sctp_paddrparams path = *named;
	struct sctp_status status = {.sstat_assoc_id = named->spp_assoc_id};
	size_t path_bytes = sizeof(path), status_bytes = sizeof(status);

	if (sctp_getopt(so, SCTP_PEER_ADDR_PARAMS, &path, &path_bytes, p) == 0 && path.spp_pathmtu > 0) {
		return path.spp_pathmtu;
	}
	return sctp_getopt(so, SCTP_STATUS, &status, &status_bytes, p) == 0 ? status.sstat_primary.spinfo_mtu : 0;
}

/*
 * If path MTU discovery is disabled without an MTU, the paths keep their current one, as in upstream's main. 0.9.5.0
 * requires an MTU.
 */
static int keep_mtu(struct socket *so, struct sctp_paddrparams params, void *p)
{
	struct sctp_inpcb *inp = so->so_pcb;
	int error;

	params.spp_pathmtu = mtu_of_now(so, &params, p);
	if (params.spp_pathmtu == 0) {
		params.spp_flags &= ~SPP_PMTUD_DISABLE;
	}
	error = upstream_setopt(so, SCTP_PEER_ADDR_PARAMS, &params, sizeof(params), p);
	if (error == 0 && params.spp_pathmtu == 0) {
		sctp_feature_on(inp, SCTP_PCB_FLAGS_DO_NOT_PMTUD);
	}
	return error;
}

static int names_no_mtu(const struct sctp_paddrparams *params)
{
	return (params->spp_flags & (SPP_PMTUD_DISABLE | SPP_PMTUD_ENABLE)) == SPP_PMTUD_DISABLE &&
	       params->spp_pathmtu == 0;
}
#endif

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
#ifndef UPSTREAM_MAIN
	if (option == SCTP_PEER_ADDR_PARAMS && bytes >= sizeof(struct sctp_paddrparams) && names_no_mtu(value)) {
		return keep_mtu(so, *(const struct sctp_paddrparams *)value, p);
	}
#endif
	return upstream_setopt(so, option, value, bytes, p);
}
