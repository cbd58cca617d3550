/*
 * Messages that an application sends in pieces, and that end before their last piece: because they are abandoned
 * (abandoned.c), or because the peer restarts. The rest of an abandoned message is discarded. After a restart the new
 * association begins with new messages (RFC 9260 5.2.4). Upstream reports the pieces that it has as failed, and sends
 * the rest as a message of its own, unless the application has read about the restart by then. Here only the call that
 * sends the next piece reports it, by EINTR, and the application may send the message again. Upstream's main does the
 * same as 0.9.5.0: see sctp_process_cookie_existing() and sctp_release_pr_sctp_chunk().
 */
#include "api/association.h"

#include <netinet/sctp_var.h>
#include <netinet/sctputil.h>

#include "fixes/fixes.h"
#include "fixes/extra_fields.h"
#include "link.h"

struct unfinished_message {
	struct unfinished_message *next;
	uint16_t sid;
	int is_given_up; /* abandoned, which has been reported: the rest is discarded */
};

/* The number of such messages of all associations. It is mostly 0, and then no association has to be looked up. */
static uint32_t unfinished_count;

/*
 * Frees the fragments of the unfinished message of a stream. Returns whether there can't be any more of them.
 */
static int free_fragments(struct sctp_tcb *stcb, struct sctpchunk_listhead *queue, uint16_t sid)
{
	struct sctp_tmit_chunk *chunk;

	TAILQ_FOREACH_REVERSE(chunk, queue, sctpchunk_listhead, sctp_next) {
		if (chunk->rec.data.sid != sid) {
			continue;
		}
		if (chunk->rec.data.rcv_flags & SCTP_DATA_LAST_FRAG) {
			return 1; /* it belongs to the message before */
		}
		sctp_free_bufspace(stcb, &stcb->asoc, chunk, 1);
		sctp_m_freem(chunk->data);
		chunk->data = NULL;
		if (chunk->rec.data.rcv_flags & SCTP_DATA_FIRST_FRAG) {
			return 1;
		}
	}
	return 0;
}

static void remember_unfinished(struct sctp_tcb *stcb, uint16_t sid, int is_given_up)
{
	struct association_extra *extra = extra_of(stcb);
	struct unfinished_message *message = link_malloc(sizeof(*message));

	*message = (struct unfinished_message){extra->unfinished, sid, is_given_up};
	extra->unfinished = message;
	unfinished_count++;
}

void link_discard_rest(struct sctp_tcb *stcb, struct sctp_stream_out *stream)
{
	remember_unfinished(stcb, stream->sid, 1);
	stream->last_msg_incomplete = 0;
	stcb->asoc.stream_locked = 0;
}

static void drop_message(struct sctp_tcb *stcb, struct sctp_stream_out *stream)
{
	struct sctp_stream_queue_pending *rest = TAILQ_LAST(&stream->outqueue, sctp_streamhead);

	remember_unfinished(stcb, stream->sid, 0);
	if (rest == NULL) {
		return;
	}
	if (rest->some_taken && !free_fragments(stcb, &stcb->asoc.send_queue, stream->sid)) {
		free_fragments(stcb, &stcb->asoc.sent_queue, stream->sid);
	}
	sctp_free_spbufspace(stcb, &stcb->asoc, rest);
	sctp_m_freem(rest->data);
	rest->data = NULL;
}

static struct unfinished_message **place_of(struct sctp_tcb *stcb, uint16_t sid)
{
	struct unfinished_message **place = &extra_of(stcb)->unfinished;

	while (*place != NULL && (*place)->sid != sid) {
		place = &(*place)->next;
	}
	return place;
}

static void forget(struct unfinished_message **place)
{
	struct unfinished_message *message = *place;

	*place = message->next;
	link_free(message);
	unfinished_count--;
}

void link_drop_unfinished_messages(struct sctp_tcb *stcb)
{
	for (uint32_t sid = 0; sid < stcb->asoc.streamoutcnt; sid++) {
		if (stcb->asoc.strmout[sid].last_msg_incomplete && *place_of(stcb, (uint16_t)sid) == NULL) {
			drop_message(stcb, &stcb->asoc.strmout[sid]);
		}
	}
}

void unfinished_association_freed(struct sctp_tcb *stcb)
{
	while (extra_of(stcb)->unfinished != NULL) {
		forget(&extra_of(stcb)->unfinished);
	}
}

enum link_rest link_rest_of(void *so, uint32_t id, uint16_t sid, int is_last)
{
	struct sctp_tcb *stcb = unfinished_count > 0 ? association_in(so, id) : NULL;
	enum link_rest rest = LINK_REST_SEND;
	struct unfinished_message **place;

	if (stcb == NULL) {
		return rest;
	}
	place = place_of(stcb, sid);
	if (*place != NULL) {
		rest = (*place)->is_given_up ? LINK_REST_DISCARD : LINK_REST_REFUSE;
		if (is_last || rest == LINK_REST_REFUSE) {
			forget(place);
		}
	}
	SCTP_TCB_UNLOCK(stcb);
	return rest;
}
