/*
 * Room beyond what buffers begin with. A stack has 64 MB of it for all; buffer_quota.c says who gets how much.
 */
#ifndef BUFFER_QUOTA_H
#define BUFFER_QUOTA_H

#include <netinet/sctp_os.h>

/* What buffers begin with that follow the path: as usrsctp's. */
#define INITIAL_BUFFER_BYTES 262144

/* What a buffer, or the send buffer of one association, has been granted. It is all zero at first. */
struct buffer_quota {
	TAILQ_ENTRY(buffer_quota) next;
	uint32_t *size;       /* sb_hiwat of the buffer, which the grant is added to; NULL: see link_extra_send_bytes() */
	const uint32_t *held; /* how many bytes are in the buffer */
	uint32_t bytes;
	double used_ms; /* when it was asked for more, or found to be enough */
};

/* Of a new grant, whose bytes are 0. */
void quota_init(struct buffer_quota *quota, uint32_t *size, const uint32_t *held);

/* Asks for so many bytes in all, and gets less where there aren't so many. The grant is in use. */
void quota_request(struct buffer_quota *quota, uint32_t bytes);

/* Keeps so many bytes, or more as long as there is so much in the buffer. */
void quota_shrink(struct buffer_quota *quota, uint32_t bytes);

/* Gives up all, whatever is in the buffer: it gets another size, or ends. */
void quota_release(struct buffer_quota *quota);

/* Hands it all to another one, which has none. */
void quota_transfer(struct buffer_quota *from, struct buffer_quota *to);

/* If others wait for their share: gives back what is beyond its own, so many bytes at most. */
void quota_yield(struct buffer_quota *quota, uint32_t max_bytes);

#endif
