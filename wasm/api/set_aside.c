/*
 * Reads a batch of messages without those of some associations. A one-to-many socket has one list of unread messages,
 * and sctp_sorecvmsg() takes the first. During the batch, the messages and notifications of these associations are
 * moved to another list.
 */
#include "api/association.h"

#include <netinet/sctputil.h>

#include "api/handles.h"
#include "fixes/extra_fields.h"
#include "link.h"

static struct sctp_inpcb *endpoint; /* whose messages are set aside; NULL: outside of a batch */
static struct sctp_readhead set_aside = TAILQ_HEAD_INITIALIZER(set_aside);
static uint32_t set_aside_bytes;
/* Counts the batches. It marks the associations of a batch, so that no mark has to be removed afterwards. */
static uint32_t batch;

static int is_marked(const struct sctp_queued_to_read *entry)
{
	return entry->stcb != NULL && !entry->do_not_ref_stcb && extra_of(entry->stcb)->set_aside_batch == batch;
}

/* The bytes of an entry that count in sb_cc. */
static uint32_t bytes_of(const struct sctp_queued_to_read *entry)
{
	uint32_t bytes = 0;

	for (const struct mbuf *each = entry->data; each != NULL; each = SCTP_BUF_NEXT(each)) {
		bytes += (uint32_t)SCTP_BUF_LEN(each);
	}
	return bytes;
}

/* Marks associations. Returns how many bytes of theirs are unread. */
static uint32_t mark_associations(struct socket *so, const sctp_assoc_t *ids, uint32_t count)
{
	uint32_t bytes = 0;

	batch++;
	for (uint32_t i = 0; i < count; i++) {
		struct sctp_tcb *stcb = association_in(so, ids[i]);

		if (stcb != NULL) {
			extra_of(stcb)->set_aside_batch = batch;
			bytes += stcb->asoc.sb_cc;
			SCTP_TCB_UNLOCK(stcb);
		}
	}
	return bytes;
}

/*
 * Moves the entries of all other associations out of the read queue, from its end until all their bytes have been
 * found. link_put_back() returns what was set aside to the front, so this walks what has arrived since the last batch,
 * and not everything that is unread.
 */
static void move_others(struct sctp_inpcb *inp, struct sctp_readhead *others, uint32_t bytes)
{
	struct sctp_queued_to_read *entry, *before;

	for (entry = TAILQ_LAST(&inp->read_queue, sctp_readhead); entry != NULL && bytes > 0; entry = before) {
		before = TAILQ_PREV(entry, sctp_readhead, next);
		if (!is_marked(entry)) {
			TAILQ_REMOVE(&inp->read_queue, entry, next);
			TAILQ_INSERT_HEAD(others, entry, next);
			bytes -= min(bytes, bytes_of(entry));
		}
	}
}

/* Sets aside what is unread of these associations. Returns whether anything else is left to read. */
EXPORT int bridge_set_aside(int handle, const sctp_assoc_t *ids, uint32_t count)
{
	struct socket *so = socket_of(handle);
	struct sctp_inpcb *inp = so != NULL ? so->so_pcb : NULL;
	struct sctp_readhead others = TAILQ_HEAD_INITIALIZER(others);

	if (inp == NULL) {
		return 0;
	}
	set_aside_bytes = mark_associations(so, ids, count);
	if (so->so_rcv.sb_cc <= set_aside_bytes) {
		return 0;
	}
	move_others(inp, &others, so->so_rcv.sb_cc - set_aside_bytes);
	endpoint = inp;
	TAILQ_CONCAT(&set_aside, &inp->read_queue, next);
	TAILQ_CONCAT(&inp->read_queue, &others, next);
	so->so_rcv.sb_cc -= set_aside_bytes; /* otherwise sctp_sorecvmsg() finds fewer bytes than sb_cc says */
	return 1;
}

/* Ends the batch. Also called when an association ends during it, because sctp_free_assoc() walks the read queue. */
EXPORT void link_put_back(void)
{
	if (endpoint != NULL) {
		TAILQ_CONCAT(&set_aside, &endpoint->read_queue, next);
		TAILQ_CONCAT(&endpoint->read_queue, &set_aside, next);
		endpoint->sctp_socket->so_rcv.sb_cc += set_aside_bytes;
		endpoint = NULL;
	}
}
