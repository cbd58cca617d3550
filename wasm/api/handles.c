/*
 * The handle table: which socket an integer stands for, and which sockets have something to tell.
 */
#include <errno.h>
#include <stdlib.h>

#include <usrsctp.h>

#include "api/handles.h"
#include "link.h"

#define INDEX_BITS 16
#define INDEX_MASK ((1 << INDEX_BITS) - 1)
#define GENERATION_MASK 0x7fff

struct slot {
	struct socket *so;   /* NULL: free */
	uint16_t generation; /* distinguishes the sockets that had this slot, never 0 */
	uint16_t is_ready;   /* is in link_shared.ready */
	int32_t next_free;
};

static struct slot *slots;
static int32_t slot_count, first_free = -1;

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

static int grow(void)
{
	int32_t count = slot_count > 0 ? 2 * slot_count : 16;

	if (count > INDEX_MASK + 1) {
		return -ENFILE;
	}
	slots = link_grow(slots, (size_t)count * sizeof(*slots));
	link_shared.ready = link_grow(link_shared.ready, (size_t)count * sizeof(*link_shared.ready));
	for (int32_t index = count - 1; index >= slot_count; index--) {
		slots[index] = (struct slot){.generation = 1, .next_free = first_free};
		first_free = index;
	}
	slot_count = count;
	return 0;
}

int adopt(struct socket *so)
{
	int handle;

	if (so == NULL) {
		return -errno;
	}
	if (first_free < 0 && grow() < 0) {
		usrsctp_close(so);
		return -ENFILE;
	}
	handle = slots[first_free].generation << INDEX_BITS | first_free;
	usrsctp_set_non_blocking(so, 1);
	usrsctp_set_upcall(so, NULL, (void *)(intptr_t)handle);
	slots[first_free].so = so;
	first_free = slots[first_free].next_free;
	return handle;
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
	slot->generation = slot->generation == GENERATION_MASK ? 1 : slot->generation + 1;
	slot->next_free = first_free;
	first_free = handle & INDEX_MASK;
	return so;
}

void link_ready(void *handle)
{
	struct slot *slot = slot_of((int)(intptr_t)handle);

	if (slot != NULL && !slot->is_ready) {
		slot->is_ready = 1;
		link_shared.ready[link_shared.ready_count++] = (int)(intptr_t)handle;
	}
}

/* JavaScript has taken the ready list. */
EXPORT void bridge_ready_taken(void)
{
	for (uint32_t i = 0; i < link_shared.ready_count; i++) {
		slots[link_shared.ready[i] & INDEX_MASK].is_ready = 0;
	}
	link_shared.ready_count = 0;
}
