/*
 * The limit on unread data (RFC 9260 6.2): does an association have room for another DATA or I-DATA chunk? Upstream's
 * main limits the memory of unread messages as little as 0.9.5.0, and doesn't accept I-DATA that fills a gap while the
 * window is closed.
 */
#include "fixes/received.h"

/*
 * Unread data costs more than its bytes: each message has an mbuf and a description. sctp_calc_rwnd() subtracts these
 * from the window but leaves 1 byte, and usrsctp accepts data beyond the window as long as its bytes fit into the
 * buffer. So messages of one byte could take 100 MB. Most senders count bytes only, and may be ahead by what they have
 * in flight, so the limit is four times the buffer. When the stack's memory runs low it is small, but large enough for
 * associations with little unread data.
 */
#define MAX_UNREAD_BUFFERS 4
#define SCARCE_BYTES (512u * 1024 * 1024)
#define SCARCE_MAX_BYTES 16384

int unread_exceeds(const struct sctp_tcb *stcb, uint32_t buffers)
{
	const struct sctp_association *asoc = &stcb->asoc;
	uint64_t bytes = (uint64_t)asoc->sb_cc + asoc->my_rwnd_control_len + asoc->size_on_all_streams +
	                 (uint64_t)asoc->cnt_on_all_streams * MSIZE;

	if (stcb->sctp_socket == NULL || bytes < SCARCE_MAX_BYTES) {
		return 0;
	}
	return link_shared.memory_in_use > SCARCE_BYTES ||
	       bytes > (uint64_t)buffers * stcb->sctp_socket->so_rcv.sb_hiwat;
}

static int is_full(const struct sctp_tcb *stcb)
{
	const struct sctp_association *asoc = &stcb->asoc;

	return (int)asoc->my_rwnd <= 0 || unread_exceeds(stcb, MAX_UNREAD_BUFFERS) ||
	       asoc->cnt_on_all_streams + asoc->cnt_on_reasm_queue + asoc->cnt_msg_on_sb >=
	           SCTP_BASE_SYSCTL(sctp_max_chunks_on_queue) + link_extra_unread_chunks(stcb->sctp_socket);
}

/*
 * Without room only DATA that fills a gap is accepted (RFC 9260 6.2), because later TSNs have been within the window.
 */
int received_has_room(struct sctp_tcb *stcb, uint32_t tsn)
{
	if (!is_full(stcb) || !SCTP_TSN_GT(tsn, highest_tsn(&stcb->asoc))) {
		return 1;
	}
	deliver_for_room(stcb);
	sctp_wakeup_the_read_socket(stcb->sctp_ep, stcb, SCTP_SO_NOT_LOCKED);
	sctp_set_rwnd(stcb, &stcb->asoc);
	if (!is_full(stcb)) {
		return 1;
	}
	SCTP_STAT_INCR(sctps_datadroprwnd);
	return 0;
}
