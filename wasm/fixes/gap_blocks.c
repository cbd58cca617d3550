/*
 * Gap Ack Blocks (RFC 9260 3.3.4). sctp_process_segment_range() walks each TSN of each block, and for a TSN that isn't
 * in the queue it walks the whole queue. Only afterwards does sctp_handle_sack() find that a TSN was never sent. A
 * single SACK of 1,388 bytes with overlapping blocks took half a minute. So the blocks are checked first: a TSN that
 * was never sent aborts the association, as upstream does later, and blocks that overlap or are out of order are sorted
 * and merged. Then a SACK costs no more work than there are chunks. Upstream's main has this fault.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "link.h"

/* The most that fit into a packet. */
#define MAX_BLOCKS (65536 / sizeof(struct sctp_gap_ack_block))

struct range {
	uint16_t start, end; /* offsets from the cumulative TSN */
};

static struct range range_at(struct mbuf *packet, int at, uint32_t index)
{
	struct sctp_gap_ack_block copy, *block;

	block = (struct sctp_gap_ack_block *)sctp_m_getptr(packet, at + (int)(index * sizeof(copy)), sizeof(copy),
	                                                   (uint8_t *)&copy);
	return block != NULL ? (struct range){ntohs(block->start), ntohs(block->end)} : (struct range){1, 0};
}

/* Are the blocks in ascending order without overlaps? Raises `highest` to the highest end of a block. */
static int is_sorted(struct mbuf *packet, int at, uint32_t count, uint32_t *highest)
{
	uint32_t before = 0;
	int in_order = 1;

	for (uint32_t i = 0; i < count; i++) {
		struct range range = range_at(packet, at, i);

		in_order &= range.start > before && range.start <= range.end;
		before = range.end;
		*highest = range.start <= range.end && range.end > *highest ? range.end : *highest;
	}
	return in_order;
}

static int by_start(const void *a, const void *b)
{
	return (int)((const struct range *)a)->start - (int)((const struct range *)b)->start;
}

/* Appends `count` blocks, sorted and merged. Returns the total number of blocks then. */
static uint32_t append_sorted(struct range *ranges, uint32_t used, struct mbuf *packet, int at, uint32_t count)
{
	uint32_t last = used;

	for (uint32_t i = 0; i < count; i++) {
		ranges[used + i] = range_at(packet, at, i);
	}
	qsort(ranges + used, count, sizeof(*ranges), by_start);
	for (uint32_t i = used; i < used + count; i++) {
		struct range range = ranges[i];

		if (range.start > range.end) {
			continue;
		}
		if (last > used && range.start <= ranges[last - 1].end) {
			ranges[last - 1].end = range.end > ranges[last - 1].end ? range.end : ranges[last - 1].end;
		} else {
			ranges[last++] = range;
		}
	}
	return last;
}

/* The blocks that may be revoked come first, then those of NR-SACK, which may not. */
static void sort_and_merge(struct mbuf *packet, int at, uint16_t *gaps, uint16_t *nr_gaps)
{
	struct range *ranges = link_malloc(((uint32_t)*gaps + *nr_gaps) * sizeof(*ranges));
	uint32_t first = append_sorted(ranges, 0, packet, at, *gaps);
	uint32_t all =
		append_sorted(ranges, first, packet, at + (int)(*gaps * sizeof(struct sctp_gap_ack_block)), *nr_gaps);

	for (uint32_t i = 0; i < all; i++) {
		struct sctp_gap_ack_block block = {.start = htons(ranges[i].start), .end = htons(ranges[i].end)};

		m_copyback(packet, at + (int)(i * sizeof(block)), sizeof(block), (caddr_t)&block);
	}
	link_free(ranges);
	*gaps = (uint16_t)first;
	*nr_gaps = (uint16_t)(all - first);
}

static uint32_t next_tsn(const struct sctp_association *asoc)
{
	const struct sctp_tmit_chunk *last = TAILQ_LAST(&asoc->sent_queue, sctpchunk_listhead);

	return last != NULL ? last->rec.data.tsn + 1 : asoc->sending_seq;
}

static int has_sent_all(const struct sctp_association *asoc)
{
	return TAILQ_EMPTY(&asoc->sent_queue) && TAILQ_EMPTY(&asoc->send_queue) && asoc->stream_queue_cnt == 0;
}

int link_normalize_gap_blocks(struct mbuf *packet, int at, struct sctp_tcb *stcb, uint16_t *gaps, uint16_t *nr_gaps,
                              uint32_t cumulative_tsn)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint32_t highest = 0;
	int in_order;
	char text[SCTP_DIAG_INFO_LEN];

	/* sctp_handle_sack() reads no blocks of an old SACK, nor when nothing is outstanding */
	if (*gaps + *nr_gaps == 0 || SCTP_TSN_GT(asoc->last_acked_seq, cumulative_tsn) || has_sent_all(asoc)) {
		return 1;
	}
	in_order = is_sorted(packet, at, *gaps, &highest);
	in_order &= is_sorted(packet, at + (int)(*gaps * sizeof(struct sctp_gap_ack_block)), *nr_gaps, &highest);
	if (SCTP_TSN_GE(cumulative_tsn + highest, next_tsn(asoc))) {
		SCTP_SNPRINTF(text, sizeof(text), "Gap Ack Block to TSN %8.8x, next is %8.8x", cumulative_tsn + highest,
		              next_tsn(asoc));
		UPSTREAM_ABORT_ASSOCIATION(stcb, sctp_generate_cause(SCTP_CAUSE_PROTOCOL_VIOLATION, text), SCTP_SO_NOT_LOCKED);
		return 0;
	}
	if (!in_order && *gaps + *nr_gaps <= MAX_BLOCKS) {
		sort_and_merge(packet, at, gaps, nr_gaps);
	}
	return 1;
}
