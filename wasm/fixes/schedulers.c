/*
 * Schedulers of streams.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>

/*
 * The scheduler round-robin-packet. Upstream's goes to the next stream in the middle of a message, as
 * none of the others does; but DATA must come whole, one message after the other (RFC 9260 6.9): the peer can't put
 * the messages together, and both wait for ever.
 */
struct sctp_stream_out *sctp_ss_rrp_select(struct sctp_tcb *stcb, struct sctp_nets *net, struct sctp_association *asoc)
{
	struct sctp_stream_out *locked = asoc->ss_data.locked_on_sending;

	(void)stcb;
	(void)net;
	return locked != NULL ? locked : asoc->ss_data.last_out_stream;
}
