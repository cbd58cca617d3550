/*
 * The handle table. It maps integers to sockets, and lists the sockets that are ready.
 *
 * A handle consists of the socket's slot in the table and a generation, which distinguishes the sockets that have used
 * the slot. There are 8,191 generations. A slot is used again only after 1,023 other slots have become free, so that a
 * handle names another socket after 8 million sockets at the earliest.
 */
#include <errno.h>
#include <stdlib.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"

#define INDEX_BITS 18
#define INDEX_MASK ((1 << INDEX_BITS) - 1)
#define GENERATION_MASK 0x1fff
#define FIRST_SLOTS 16
#define RESTING_SLOTS 1024

struct slot {
	struct socket *so;   /* NULL: free */
	int32_t generation;  /* never 0 */
	uint32_t ready_rank; /* the position in link_shared.ready, from 1; 0: not in that list */
	int32_t next_free;   /* the slot that became free after this one; -1: none */
};

static struct slot *slots;
static int32_t capacity, slot_count; /* slot_count: slots that have been used so far */

/* The free slots, in the order in which they became free. */
static int32_t first_free = -1, last_free = -1, free_count;

static struct slot *slot_of(int handle)
{
	int index = handle & INDEX_MASK;

	if (handle <= 0 || index >= slot_count || slots[index].so == NULL ||
	    slots[index].generation != handle >> INDEX_BITS) {
		return NULL;
	}
	return &slots[index];
}

struct socket *socket_of(int handle)
{
	struct slot *slot = slot_of(handle);

	return slot != NULL ? slot->so : NULL;
}

/* --- free slots ----------------------------------------------------------------------------------------------- */

/* A slot that was never used. */
static int32_t new_slot(void)
{
	if (slot_count == capacity) {
		capacity = capacity > 0 ? 2 * capacity : FIRST_SLOTS;
		slots = link_grow(slots, (size_t)capacity * sizeof(*slots));
		link_shared.ready = link_grow(link_shared.ready, (size_t)capacity * sizeof(*link_shared.ready));
	}
	slots[slot_count] = (struct slot){.generation = 1};
	return slot_count++;
}

/* The slot that has been free for longest. */
static int32_t oldest_free_slot(void)
{
	int32_t index = first_free;

	first_free = slots[index].next_free;
	if (first_free < 0) {
		last_free = -1;
	}
	free_count--;
	return index;
}

/* Returns -1 if every slot has a socket. */
static int32_t take_slot(void)
{
	if (free_count < RESTING_SLOTS && slot_count <= INDEX_MASK) {
		return new_slot();
	}
	return free_count > 0 ? oldest_free_slot() : -1;
}

static void give_back_slot(int32_t index)
{
	struct slot *slot = &slots[index];

	slot->generation = slot->generation == GENERATION_MASK ? 1 : slot->generation + 1;
	slot->next_free = -1;
	if (last_free < 0) {
		first_free = index;
	} else {
		slots[last_free].next_free = index;
	}
	last_free = index;
	free_count++;
}

/* --- sockets -------------------------------------------------------------------------------------------------- */

int adopt(struct socket *so)
{
	int32_t index;
	int handle;

	if (so == NULL) {
		return -errno;
	}
	index = take_slot();
	if (index < 0) {
		usrsctp_close(so);
		return -ENFILE;
	}
	handle = slots[index].generation << INDEX_BITS | index;
	usrsctp_set_non_blocking(so, 1);
	usrsctp_set_upcall(so, NULL, (void *)(intptr_t)handle);
	slots[index].so = so;
	return handle;
}

/* Removes a socket from the ready list. So each slot is in the list once at most, and the list has room for all. */
static void forget_ready(struct slot *slot)
{
	int last;

	if (slot->ready_rank == 0) {
		return;
	}
	last = link_shared.ready[--link_shared.ready_count];
	link_shared.ready[slot->ready_rank - 1] = last;
	slots[last & INDEX_MASK].ready_rank = slot->ready_rank;
	slot->ready_rank = 0;
}

struct socket *release(int handle)
{
	struct slot *slot = slot_of(handle);
	struct socket *so;

	if (slot == NULL) {
		return NULL;
	}
	so = slot->so;
	slot->so = NULL;
	forget_ready(slot);
	give_back_slot(handle & INDEX_MASK);
	return so;
}

/* --- ready ---------------------------------------------------------------------------------------------------- */

void link_ready(void *handle)
{
	struct slot *slot = slot_of((int)(intptr_t)handle);

	if (slot != NULL && slot->ready_rank == 0) {
		link_shared.ready[link_shared.ready_count++] = (int)(intptr_t)handle;
		slot->ready_rank = link_shared.ready_count;
	}
}

/* JavaScript has read the ready list. */
EXPORT void bridge_ready_taken(void)
{
	for (uint32_t i = 0; i < link_shared.ready_count; i++) {
		slots[link_shared.ready[i] & INDEX_MASK].ready_rank = 0;
	}
	link_shared.ready_count = 0;
}
