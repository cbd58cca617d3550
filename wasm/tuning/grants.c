/*
 * How much of the 64 MB each buffer has that has grown.
 *
 * As long as there is enough, each gets what it asks for. When there isn't, those that have asked for nothing for ten
 * seconds give all back. If that isn't enough, everybody has the same share: whoever has less gets what is left, up to
 * its share, and those that have more give it back as they next use their buffers. Bytes that lie in a buffer are never
 * given back: what is granted is so the most that all buffers together can hold, beyond what they began with.
 *
 * Nothing here goes through all sockets: those that have been granted something stand in a list, in the order of their
 * use.
 */
#include "tuning/grant.h"

#include "link.h"

#define ALL_MOST_BYTES (64 * 1024 * 1024)
#define IDLE_MS 10000
#define WAITING_MS 1000 /* so long somebody waits for its share, unless it asks again */

TAILQ_HEAD(grant_list, grant);
/* That have something; those used last are at the end. */
static struct grant_list grants = TAILQ_HEAD_INITIALIZER(grants);
static uint32_t granted_bytes, grant_count;
static double waits_until_ms = -1;

void link_grant_for(struct grant *grant, uint32_t *size, const uint32_t *held)
{
	grant->size = size;
	grant->held = held;
}

static void set(struct grant *grant, uint32_t bytes)
{
	if (grant->bytes > 0) {
		TAILQ_REMOVE(&grants, grant, next);
		grant_count--;
	}
	if (bytes > 0) {
		TAILQ_INSERT_TAIL(&grants, grant, next);
		grant_count++;
	}
	granted_bytes += bytes - grant->bytes;
	if (grant->size != NULL) {
		*grant->size += bytes - grant->bytes;
	}
	grant->bytes = bytes;
}

static uint32_t left(void)
{
	return ALL_MOST_BYTES - granted_bytes;
}

static uint32_t share_of(const struct grant *grant)
{
	return ALL_MOST_BYTES / (grant_count + (grant->bytes == 0));
}

void link_grant_keep(struct grant *grant, uint32_t bytes)
{
	uint32_t held = *grant->held > LINK_BASE_BYTES ? *grant->held - LINK_BASE_BYTES : 0;

	bytes = max(bytes, held);
	if (bytes < grant->bytes) {
		set(grant, bytes);
	}
}

/* Who can give nothing back is asked again ten seconds later. */
static void give_back_idle(void)
{
	struct grant *grant;

	while ((grant = TAILQ_FIRST(&grants)) != NULL && grant->used_ms + IDLE_MS < link_now_ms) {
		grant->used_ms = link_now_ms;
		set(grant, grant->bytes);
		link_grant_keep(grant, 0);
	}
}

void link_grant(struct grant *grant, uint32_t bytes)
{
	grant->used_ms = link_now_ms;
	if (bytes > grant->bytes && bytes - grant->bytes > left()) {
		set(grant, grant->bytes); /* to the end: it isn't idle */
		give_back_idle();
	}
	if (link_now_ms < waits_until_ms || (bytes > grant->bytes && bytes - grant->bytes > left())) {
		bytes = min(bytes, share_of(grant));
	}
	if (bytes > grant->bytes && bytes - grant->bytes > left()) {
		waits_until_ms = link_now_ms + WAITING_MS;
		bytes = grant->bytes + left();
	}
	set(grant, max(bytes, grant->bytes));
}

void link_grant_end(struct grant *grant)
{
	set(grant, 0);
}

void link_grant_move(struct grant *from, struct grant *to)
{
	uint32_t bytes = from->bytes;

	set(from, 0);
	to->used_ms = from->used_ms;
	set(to, bytes);
}

void link_grant_yield(struct grant *grant, uint32_t most_bytes)
{
	uint32_t share;

	if (link_now_ms >= waits_until_ms) {
		return;
	}
	share = share_of(grant);
	if (grant->bytes > share) {
		link_grant_keep(grant, grant->bytes - min(grant->bytes - share, most_bytes));
	}
}
