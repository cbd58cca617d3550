/*
 * Verification tags in time-wait: for a minute after the end of an association no other one between the same ports gets
 * its tag (RFC 9260 5.3.1). Replaces upstream's 32 lists (sctp_pcb.c), each of which a set-up walks several times.
 * After 30,000 associations in a minute this took half of a set-up, and the lists' memory was never freed.
 *
 * Tags expire in the order in which they were added, so they are stored in a ring. A hash of them selects a list, which
 * starts with the latest tag. The memory isn't counted as usrsctp's. The tables grow with the busiest minute, by 20
 * bytes for each tag.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_sysctl.h>

#include "link.h"
#include "tuning/hash_table.h"
#include "tuning/tuning.h"

#define FIRST_CAPACITY 256 /* a power of 2, like all capacities */

struct tag {
	uint32_t until_s;
	uint32_t value;
	uint16_t local_port, remote_port;
	uint32_t next; /* the next tag of the list, as a position in the ring from 1; 0: none */
};

static struct tag *ring;
static uint32_t *lists; /* the first tag of each list, as `next`; there are as many lists as places in the ring */
static uint32_t capacity, oldest, count;

static uint32_t seconds(void)
{
	return (uint32_t)(uint64_t)(link_now_ms / 1000);
}

static uint32_t *list_of(uint32_t value)
{
	return &lists[link_hash_of_tag(value) & (capacity - 1)];
}

static void enlist(uint32_t place)
{
	uint32_t *list = list_of(ring[place].value);

	ring[place].next = *list;
	*list = place + 1;
}

static void grow(void)
{
	uint32_t before = capacity;

	capacity = before > 0 ? 2 * before : FIRST_CAPACITY;
	ring = link_grow(ring, capacity * sizeof(*ring));
	lists = link_grow(lists, capacity * sizeof(*lists));
	memset(lists, 0, capacity * sizeof(*lists));
	/* The ring was full: the tags before the oldest one move behind the others. */
	memcpy(ring + before, ring, oldest * sizeof(*ring));
	for (uint32_t i = 0; i < count; i++) {
		enlist((oldest + i) & (capacity - 1));
	}
}

/* The oldest tag is the last one of its list. */
static void drop_oldest(void)
{
	uint32_t *next = list_of(ring[oldest].value);

	while (*next != oldest + 1) {
		next = &ring[*next - 1].next;
	}
	*next = 0;
	oldest = (oldest + 1) & (capacity - 1);
	count--;
}

static void add(uint32_t value, uint32_t wait_s, uint16_t local_port, uint16_t remote_port)
{
	uint32_t now_s = seconds(), place;

	if (wait_s == 0) {
		return;
	}
	while (count > 0 && ring[oldest].until_s < now_s) {
		drop_oldest();
	}
	if (count == capacity) {
		grow();
	}
	place = (oldest + count++) & (capacity - 1);
	ring[place] = (struct tag){now_s + wait_s, value, local_port, remote_port, 0};
	enlist(place);
}

#ifdef UPSTREAM_MAIN
void timewait_association_freed(const struct sctp_tcb *stcb)
{
	add(stcb->asoc.my_vtag, SCTP_BASE_SYSCTL(sctp_vtag_time_wait), stcb->sctp_ep->sctp_lport, stcb->rport);
}
#else
void sctp_add_vtag_to_timewait(uint32_t value, uint32_t wait_s, uint16_t local_port, uint16_t remote_port)
{
	add(value, wait_s, local_port, remote_port);
}
#endif

int timewait_has(uint32_t value, uint16_t local_port, uint16_t remote_port)
{
	uint32_t now_s = seconds();

	for (uint32_t place = capacity > 0 ? *list_of(value) : 0; place != 0; place = ring[place - 1].next) {
		const struct tag *tag = &ring[place - 1];

		if (tag->value == value && tag->local_port == local_port && tag->remote_port == remote_port &&
		    tag->until_s >= now_s) {
			return 1;
		}
	}
	return 0;
}

/* May a new association get this tag? Upstream's function checks the existing associations. */
upstream_answer timewait_is_vtag_good(uint32_t value, uint16_t local_port, uint16_t remote_port, struct timeval *now)
{
	return !timewait_has(value, local_port, remote_port) && sctp_is_vtag_good(value, local_port, remote_port, now);
}
