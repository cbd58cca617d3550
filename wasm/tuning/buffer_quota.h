/*
 * Quotas: room beyond the initial size of buffers. A stack has 64 MB for all of them; buffer_quota.c distributes them.
 */
#ifndef BUFFER_QUOTA_H
#define BUFFER_QUOTA_H

#include <netinet/sctp_os.h>

/* The initial size of a buffer that follows the path, as upstream's buffers have. */
#define INITIAL_BUFFER_BYTES 262144

/* What a buffer, or the send buffer of one association, has been granted. Zero at first. */
struct buffer_quota {
	TAILQ_ENTRY(buffer_quota) next;
	uint32_t *size;       /* sb_hiwat of the buffer, to which the quota is added; NULL: see link_extra_send_bytes() */
	const uint32_t *held; /* the bytes in the buffer */
	uint32_t bytes;
	double used_ms; /* when more was last requested, or the quota was found to be enough */
};

/* Prepares a quota whose bytes are 0. */
void quota_init(struct buffer_quota *quota, uint32_t *size, const uint32_t *held);

/* Requests that many bytes in total. Grants fewer if not enough are left. The quota counts as used. */
void quota_request(struct buffer_quota *quota, uint32_t bytes);

/* Reduces the quota to that many bytes, or to what the buffer holds if that is more. */
void quota_shrink(struct buffer_quota *quota, uint32_t bytes);

/* Releases the whole quota, whatever the buffer holds: the buffer gets another size, or is freed. */
void quota_release(struct buffer_quota *quota);

/* Moves the whole quota to another buffer, which has none. */
void quota_transfer(struct buffer_quota *from, struct buffer_quota *to);

/* If other buffers wait for their share: releases what exceeds its own share, by max_bytes at most. */
void quota_yield(struct buffer_quota *quota, uint32_t max_bytes);

#endif
