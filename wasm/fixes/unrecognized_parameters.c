/*
 * If partial reliability is off, the parameter Forward-TSN-Supported is an unrecognized one: its type 0xC000 asks for a
 * report (RFC 3758 3.3.2, RFC 9260 3.2.1). sctp_arethere_unrecognized_parameters() never reports it. Upstream's main
 * has this fault.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_output.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"

/* Upstream's sctp_arethere_unrecognized_parameters(): upstream/sctp_output.h. */
struct mbuf *upstream_unrecognized_parameters(struct mbuf *packet, int offset, int *is_invalid,
                                              struct sctp_chunkhdr *chunk, int *nat,
                                              int *cookie UPSTREAM_EDMID(uint32_t *edmid));

static int reports_forward_tsn;

void link_report_forward_tsn(int is_unrecognized)
{
	reports_forward_tsn = is_unrecognized;
}

/* The report is the first one, so that none needs padding before it. */
static struct mbuf *with_forward_tsn(struct mbuf *others)
{
	struct mbuf *report = sctp_get_mbuf_for_msg(2 * sizeof(struct sctp_paramhdr), 0, M_NOWAIT, 1, MT_DATA);
	struct sctp_paramhdr *parameter = mtod(report, struct sctp_paramhdr *);

	parameter[0].param_type = htons(SCTP_UNRECOG_PARAM);
	parameter[0].param_length = htons(2 * sizeof(*parameter));
	parameter[1].param_type = htons(SCTP_PRSCTP_SUPPORTED);
	parameter[1].param_length = htons(sizeof(*parameter));
	SCTP_BUF_LEN(report) = 2 * sizeof(*parameter);
	SCTP_BUF_NEXT(report) = others;
	return report;
}

/* Replaces the function of this name in sctp_output.c. */
struct mbuf *sctp_arethere_unrecognized_parameters(struct mbuf *packet, int offset, int *is_invalid,
                                                   struct sctp_chunkhdr *chunk, int *nat,
                                                   int *cookie UPSTREAM_EDMID(uint32_t *edmid))
{
	int end = offset - (int)sizeof(struct sctp_init_chunk) + ntohs(chunk->chunk_length);
	struct mbuf *reports =
		upstream_unrecognized_parameters(packet, offset, is_invalid, chunk, nat, cookie UPSTREAM_EDMID(edmid));

	return reports_forward_tsn && !*is_invalid && link_find_parameter(packet, offset, end, SCTP_PRSCTP_SUPPORTED) > 0
	           ? with_forward_tsn(reports)
	           : reports;
}
