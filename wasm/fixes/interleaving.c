/*
 * When I-DATA is used (RFC 8260 2.2.1): if both ends list it. Neither end may then use DATA. The RFC lets an end list
 * I-DATA without I-FORWARD-TSN, but some stacks take such a peer for one that uses DATA, dcSCTP for example. So we list
 * I-DATA only where both ends have I-FORWARD-TSN, as far as we know: never without partial reliability, and in an INIT ACK
 * only if the INIT lists both. If we have sent INIT, and its INIT ACK lists I-DATA alone, I-DATA must be used, and nothing
 * is abandoned (2.3.1). Upstream, main too, lists and uses I-DATA alone, and abandons messages nevertheless.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_header.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"

int link_init_association(struct sctp_tcb *stcb, int error)
{
	stcb->asoc.idata_supported &= stcb->asoc.prsctp_supported;
	return error;
}

/* Do the parameters of an INIT or INIT ACK list a type of chunk (RFC 5061 4.2.7)? */
static int lists_chunk(struct mbuf *packet, int from, int end, uint8_t type)
{
	struct sctp_paramhdr header, *parameter;
	int at = link_find_parameter(packet, from, end, SCTP_SUPPORTED_CHUNK_EXT), bytes;
	uint8_t buffer[256], *list;

	if (at == 0) {
		return 0;
	}
	parameter = (struct sctp_paramhdr *)sctp_m_getptr(packet, at, sizeof(header), (uint8_t *)&header);
	bytes = min(ntohs(parameter->param_length), min(end - at, (int)sizeof(buffer)));
	list = (uint8_t *)sctp_m_getptr(packet, at, bytes, buffer);
	return list != NULL && memchr(list + sizeof(header), type, (size_t)bytes - sizeof(header)) != NULL;
}

int link_may_list_interleaving(const struct sctp_inpcb *inp, const struct sctp_tcb *stcb, struct mbuf *packet, int from,
                               int end)
{
	if (stcb != NULL &&
	    (SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_WAIT || SCTP_GET_STATE(stcb) == SCTP_STATE_COOKIE_ECHOED)) {
		return 1; /* INITs have crossed: this INIT ACK lists what our INIT has listed (RFC 9260 5.2.1) */
	}
	return (stcb != NULL ? stcb->asoc.prsctp_supported : inp->prsctp_supported) &&
	       lists_chunk(packet, from, end, SCTP_IFORWARD_CUM_TSN);
}

/* Does our INIT ACK in a cookie, which begins at `at`, list I-DATA? Its length was still 0 when it was copied there. */
static int has_listed_interleaving(struct mbuf *packet, int at)
{
	return lists_chunk(packet, at + (int)sizeof(struct sctp_init_ack_chunk), at + UINT16_MAX, SCTP_IDATA);
}

/* sctp_load_addresses_from_init() looks at what the peer lists, and for partial reliability at FORWARD TSN alone. */
void link_negotiate_interleaving(struct sctp_tcb *stcb, struct mbuf *packet, int from, int end, int is_cookie)
{
	struct sctp_association *asoc = &stcb->asoc;

	if (asoc->idata_supported && is_cookie && !has_listed_interleaving(packet, end)) {
		asoc->idata_supported = 0;
	}
	if (asoc->idata_supported && !lists_chunk(packet, from, end, SCTP_IFORWARD_CUM_TSN)) {
		asoc->prsctp_supported = 0;
	}
}
