/*
 * Distributes the 64 MB among the buffers that have grown.
 *
 * While enough is left, each buffer gets what it requests. Otherwise quotas that have requested nothing for ten seconds
 * are released first. If that isn't enough, all buffers get an equal share: buffers below their share get what is left
 * up to their share, and buffers above it release the rest when they are next used. Bytes that a buffer holds are never
 * released. So all buffers together never hold more than 64 MB beyond their initial sizes.
 *
 * Nothing here walks all sockets: quotas that aren't empty are in a list, in the order of their last use.
 */
#include "tuning/buffer_quota.h"

#include "link.h"

#define MAX_TOTAL_BYTES (64 * 1024 * 1024)
#define IDLE_MS 10000
#define SCARCE_MS 1000 /* a buffer waits for its share that long, unless it requests it again */

TAILQ_HEAD(quota_list, buffer_quota);
/* The quotas that aren't empty; those that were used last are at the end. */
static struct quota_list quotas = TAILQ_HEAD_INITIALIZER(quotas);
static uint32_t granted_bytes, quota_count;
static double scarce_until_ms = -1;

void quota_init(struct buffer_quota *quota, uint32_t *size, const uint32_t *held)
{
	quota->size = size;
	quota->held = held;
}

static void set(struct buffer_quota *quota, uint32_t bytes)
{
	if (quota->bytes > 0) {
		TAILQ_REMOVE(&quotas, quota, next);
		quota_count--;
	}
	if (bytes > 0) {
		TAILQ_INSERT_TAIL(&quotas, quota, next);
		quota_count++;
	}
	granted_bytes += bytes - quota->bytes;
	if (quota->size != NULL) {
		*quota->size += bytes - quota->bytes;
	}
	quota->bytes = bytes;
}

static uint32_t left(void)
{
	return MAX_TOTAL_BYTES - granted_bytes;
}

static uint32_t share_of(const struct buffer_quota *quota)
{
	return MAX_TOTAL_BYTES / (quota_count + (quota->bytes == 0));
}

void quota_shrink(struct buffer_quota *quota, uint32_t bytes)
{
	uint32_t held = *quota->held > INITIAL_BUFFER_BYTES ? *quota->held - INITIAL_BUFFER_BYTES : 0;

	bytes = max(bytes, held);
	if (bytes < quota->bytes) {
		set(quota, bytes);
	}
}

/* A quota that can't be released is tried again ten seconds later. */
static void reclaim_idle(void)
{
	struct buffer_quota *quota;

	while ((quota = TAILQ_FIRST(&quotas)) != NULL && quota->used_ms + IDLE_MS < link_now_ms) {
		quota->used_ms = link_now_ms;
		set(quota, quota->bytes);
		quota_shrink(quota, 0);
	}
}

void quota_request(struct buffer_quota *quota, uint32_t bytes)
{
	quota->used_ms = link_now_ms;
	if (bytes > quota->bytes && bytes - quota->bytes > left()) {
		set(quota, quota->bytes); /* moves it to the end, because it isn't idle */
		reclaim_idle();
	}
	if (link_now_ms < scarce_until_ms || (bytes > quota->bytes && bytes - quota->bytes > left())) {
		bytes = min(bytes, share_of(quota));
	}
	if (bytes > quota->bytes && bytes - quota->bytes > left()) {
		scarce_until_ms = link_now_ms + SCARCE_MS;
		bytes = quota->bytes + left();
	}
	set(quota, max(bytes, quota->bytes));
}

void quota_release(struct buffer_quota *quota)
{
	set(quota, 0);
}

void quota_transfer(struct buffer_quota *from, struct buffer_quota *to)
{
	uint32_t bytes = from->bytes;

	set(from, 0);
	to->used_ms = from->used_ms;
	set(to, bytes);
}

void quota_yield(struct buffer_quota *quota, uint32_t max_bytes)
{
	uint32_t share;

	if (link_now_ms >= scarce_until_ms) {
		return;
	}
	share = share_of(quota);
	if (quota->bytes > share) {
		quota_shrink(quota, quota->bytes - min(quota->bytes - share, max_bytes));
	}
}
