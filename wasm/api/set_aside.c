/*
 * A batch of reads without some of a socket's associations. All that a one-to-many socket has to read is in one list,
 * of which sctp_sorecvmsg() takes the first. While the batch lasts, messages and notifications of these associations
 * aren't in it.
 */
#include "api/association.h"

#include <netinet/sctputil.h>

#include "api/handles.h"
#include "fixes/extra_fields.h"
#include "link.h"

static struct sctp_inpcb *endpoint; /* whose messages are set aside; NULL: nobody's */
static struct sctp_readhead set_aside = TAILQ_HEAD_INITIALIZER(set_aside);
static uint32_t set_aside_bytes;
/* Counts the batches. It marks the associations of a batch, so that no mark has to be removed afterwards. */
static uint32_t batch;

static int is_marked(const struct sctp_queued_to_read *entry)
{
	return entry->stcb != NULL && !entry->do_not_ref_stcb && extra_of(entry->stcb)->set_aside_batch == batch;
}

/* How many bytes count as unread because of it. */
static uint32_t bytes_of(const struct sctp_queued_to_read *entry)
{
	uint32_t bytes = 0;

	for (const struct mbuf *each = entry->data; each != NULL; each = SCTP_BUF_NEXT(each)) {
		bytes += (uint32_t)SCTP_BUF_LEN(each);
	}
	return bytes;
}

/* Marks associations; returns how many bytes of them are unread. */
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
 * Takes the others' entries out of the list, from its end on until it has all their bytes. As link_put_back() puts what
 * is set aside to the front, this costs what has come since, and not what is unread.
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

/* Sets aside what is unread of these associations. Returns whether there is something else to read. */
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
	so->so_rcv.sb_cc -= set_aside_bytes; /* or sctp_sorecvmsg() would miss it in the list */
	return 1;
}

/* Ends the batch: also when an association ends within it, as sctp_free_assoc() looks for all that is unread. */
EXPORT void link_put_back(void)
{
	if (endpoint != NULL) {
		TAILQ_CONCAT(&set_aside, &endpoint->read_queue, next);
		TAILQ_CONCAT(&endpoint->read_queue, &set_aside, next);
		endpoint->sctp_socket->so_rcv.sb_cc += set_aside_bytes;
		endpoint = NULL;
	}
}
