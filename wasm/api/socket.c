/*
 * What api/ needs to know about sockets and usrsctp.h doesn't offer.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>

#include "api/handles.h"
#include "link.h"

/* Reads and clears SO_ERROR. usrsctp_getsockopt() doesn't clear it. */
EXPORT int bridge_take_error(int handle)
{
	struct socket *so = socket_of(handle);
	int error;

	if (so == NULL) {
		return -EBADF;
	}
	error = so->so_error;
	so->so_error = 0;
	return error;
}

/* The free bytes of the send buffer, as usrsctp passes them to its send_cb. */
EXPORT int bridge_send_room(int handle)
{
	struct socket *so = socket_of(handle);

	if (so == NULL) {
		return -EBADF;
	}
	return so->so_snd.sb_cc < so->so_snd.sb_hiwat ? (int)(so->so_snd.sb_hiwat - so->so_snd.sb_cc) : 0;
}

/*
 * On a listening socket whose former association has ended, a reader would get the errors of that association.
 * sctp_listen() doesn't check this.
 */
int link_may_listen(const void *so)
{
	const struct sctp_inpcb *inp = ((const struct socket *)so)->so_pcb;

	return inp == NULL || (inp->sctp_flags & SCTP_PCB_FLAGS_TCPTYPE) == 0 ||
	       (inp->sctp_flags & (SCTP_PCB_FLAGS_WAS_CONNECTED | SCTP_PCB_FLAGS_WAS_ABORTED)) == 0;
}

void link_update_has_more(void *so)
{
	struct sctp_inpcb *inp = so != NULL ? ((struct socket *)so)->so_pcb : NULL;

	link_shared.has_more = inp != NULL && !TAILQ_EMPTY(&inp->read_queue);
}

/* The local port of a socket; 0 if it isn't bound. usrsctp.h has no getsockname(). */
EXPORT int bridge_local_port(int handle)
{
	struct socket *so = socket_of(handle);
	struct sctp_inpcb *inp = so != NULL ? so->so_pcb : NULL;

	return inp != NULL ? ntohs(inp->sctp_lport) : -EBADF;
}

/* Sets a bit for each port that a socket or an association uses, in 65,536 bits. */
EXPORT void bridge_ports(uint8_t *bits)
{
	struct sctp_inpcb *inp;

	memset(bits, 0, (UINT16_MAX + 1) / 8);
	LIST_FOREACH(inp, &SCTP_BASE_INFO(listhead), sctp_list) {
		uint16_t port = ntohs(inp->sctp_lport);

		bits[port / 8] |= (uint8_t)(1 << (port % 8));
	}
}

/*
 * IPV6_V6ONLY (RFC 3493 5.3), which usrsctp_setsockopt() doesn't support: an AF_INET6 socket uses IPv6 only, and lists
 * no IPv4 address to its peers.
 */
EXPORT int bridge_set_v6only(int handle)
{
	struct socket *so = socket_of(handle);
	struct sctp_inpcb *inp = so != NULL ? so->so_pcb : NULL;

	if (inp == NULL) {
		return -EBADF;
	}
	inp->ip_inp.inp.inp_flags |= IN6P_IPV6_V6ONLY;
	return 0;
}

/*
 * The initial options of a façade's socket: all notifications except those of data, of an empty send buffer, and
 * SCTP_SEND_FAILED, which RFC 6458 deprecates; SCTP_RECVRCVINFO; SCTP_EXPLICIT_EOR; SCTP_FRAGMENT_INTERLEAVE 2. The
 * arguments give SCTP_NODELAY, SCTP_INITMSG, SCTP_ENABLE_STREAM_RESET and SCTP_REMOTE_UDP_ENCAPS_PORT (in network byte
 * order). The result is that of usrsctp_setsockopt(), but sctp_setopt() needn't be compiled: see setopt.c.
 */
EXPORT int bridge_prepare(int handle, int no_delay, uint32_t outbound, uint32_t inbound, uint32_t resets, uint32_t port)
{
	struct socket *so = socket_of(handle);
	struct sctp_inpcb *inp = so != NULL ? so->so_pcb : NULL;

	if (inp == NULL) {
		return -EBADF;
	}
	sctp_feature_off(inp, (SCTP_PCB_FLAGS_RECVDATAIOEVNT | SCTP_PCB_FLAGS_RECVSENDFAILEVNT | SCTP_PCB_FLAGS_DRYEVNT |
	                       SCTP_PCB_FLAGS_NODELAY));
	sctp_feature_on(inp,
	                SCTP_PCB_FLAGS_RECVASSOCEVNT | SCTP_PCB_FLAGS_RECVPADDREVNT | SCTP_PCB_FLAGS_RECVPEERERR |
	                    SCTP_PCB_FLAGS_RECVSHUTDOWNEVNT | SCTP_PCB_FLAGS_PDAPIEVNT | SCTP_PCB_FLAGS_ADAPTATIONEVNT |
	                    SCTP_PCB_FLAGS_AUTHEVNT | SCTP_PCB_FLAGS_STREAM_RESETEVNT | SCTP_PCB_FLAGS_RECVNSENDFAILEVNT |
	                    SCTP_PCB_FLAGS_ASSOC_RESETEVNT | SCTP_PCB_FLAGS_STREAM_CHANGEEVNT | SCTP_PCB_FLAGS_RECVRCVINFO |
	                    SCTP_PCB_FLAGS_EXPLICIT_EOR | SCTP_PCB_FLAGS_FRAG_INTERLEAVE | SCTP_PCB_FLAGS_INTERLEAVE_STRMS);
	if (no_delay) {
		sctp_feature_on(inp, SCTP_PCB_FLAGS_NODELAY);
	}
	inp->sctp_ep.pre_open_stream_count = (uint16_t)outbound;
	inp->sctp_ep.max_open_streams_intome = (uint16_t)inbound;
	inp->local_strreset_support = (uint8_t)resets;
	inp->sctp_ep.port = (uint16_t)port;
	link_reports_mtu = 1;
	return 0;
}

/* An expired timer has released its reference to the endpoint, but still points to it. */
static void forget_stopped(struct sctp_timer *timer)
{
	if (!SCTP_OS_TIMER_PENDING(&timer->timer)) {
		timer->ep = NULL;
	}
}

void link_before_peeloff(void *so, uint32_t id)
{
	struct sctp_inpcb *inp = ((struct socket *)so)->so_pcb;
	struct sctp_tcb *stcb = inp != NULL ? sctp_findassociation_ep_asocid(inp, id, 1) : NULL;
	struct sctp_nets *net;

	if (stcb == NULL) {
		return;
	}
	forget_stopped(&stcb->asoc.dack_timer);
	forget_stopped(&stcb->asoc.asconf_timer);
	forget_stopped(&stcb->asoc.strreset_timer);
	forget_stopped(&stcb->asoc.shut_guard_timer);
	forget_stopped(&stcb->asoc.autoclose_timer);
	forget_stopped(&stcb->asoc.delete_prim_timer);
	TAILQ_FOREACH(net, &stcb->asoc.nets, sctp_next) {
		forget_stopped(&net->pmtu_timer);
		forget_stopped(&net->hb_timer);
		forget_stopped(&net->rxt_timer);
	}
	SCTP_TCB_UNLOCK(stcb);
}
