/*
 * usrsctp's timers without a tick. Replaces netinet/sctp_callout.c. Pending timers form a binary heap that is ordered
 * by their time and, at equal times, by the order in which they were started, so that one seed gives one trace.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>

#include "link.h"

struct entry {
	double at_ms;
	uint64_t order;
	sctp_os_timer_t *timer;
};

static struct entry *heap;
static uint32_t count, capacity;
static uint64_t started;

/* A pending timer's position in the heap is stored in the list link of upstream's timer queue. */
static uint32_t place_of(const sctp_os_timer_t *timer)
{
	return (uint32_t)(uintptr_t)timer->tqe.tqe_next;
}

static void put(uint32_t place, struct entry entry)
{
	heap[place] = entry;
	entry.timer->tqe.tqe_next = (struct sctp_callout *)(uintptr_t)place;
}

static int earlier(const struct entry *a, const struct entry *b)
{
	return a->at_ms < b->at_ms || (a->at_ms == b->at_ms && a->order < b->order);
}

static void rise(uint32_t place, struct entry entry)
{
	while (place > 0 && earlier(&entry, &heap[(place - 1) / 2])) {
		put(place, heap[(place - 1) / 2]);
		place = (place - 1) / 2;
	}
	put(place, entry);
}

static void sink(uint32_t place, struct entry entry)
{
	for (uint32_t child; (child = 2 * place + 1) < count; place = child) {
		if (child + 1 < count && earlier(&heap[child + 1], &heap[child])) {
			child++;
		}
		if (!earlier(&heap[child], &entry)) {
			break;
		}
		put(place, heap[child]);
	}
	put(place, entry);
}

static void show_deadline(void)
{
	link_shared.deadline_ms = count > 0 ? heap[0].at_ms : -1;
}

static void take_out(sctp_os_timer_t *timer)
{
	uint32_t place = place_of(timer);
	struct entry last = heap[--count];

	timer->c_flags &= ~SCTP_CALLOUT_PENDING;
	if (place == count) {
		return;
	}
	if (place > 0 && earlier(&last, &heap[(place - 1) / 2])) {
		rise(place, last);
	} else {
		sink(place, last);
	}
}

void sctp_os_timer_init(sctp_os_timer_t *timer)
{
	memset(timer, 0, sizeof(*timer));
}

static int start_at(double at_ms, sctp_os_timer_t *timer, void (*function)(void *), void *argument)
{
	int was_pending = (timer->c_flags & SCTP_CALLOUT_PENDING) != 0;

	if (was_pending) {
		take_out(timer);
	}
	if (count == capacity) {
		capacity = capacity > 0 ? 2 * capacity : 64;
		heap = link_grow(heap, capacity * sizeof(*heap));
	}
	timer->c_func = function;
	timer->c_arg = argument;
	timer->c_flags = SCTP_CALLOUT_ACTIVE | SCTP_CALLOUT_PENDING;
	rise(count++, (struct entry){at_ms, started++, timer});
	show_deadline();
	return was_pending;
}

int sctp_os_timer_start(sctp_os_timer_t *timer, uint32_t to_ticks, void (*function)(void *), void *argument)
{
	/* hz is 1000, so a tick is a millisecond */
	return start_at(link_now_ms + (to_ticks > 0 ? to_ticks : 1), timer, function, argument);
}

void link_timer_soon(sctp_os_timer_t *timer, void (*function)(void *), void *argument)
{
	(void)start_at(link_now_ms, timer, function, argument);
}

int sctp_os_timer_stop(sctp_os_timer_t *timer)
{
	int was_pending = (timer->c_flags & SCTP_CALLOUT_PENDING) != 0;

	if (was_pending) {
		take_out(timer);
		show_deadline();
	}
	timer->c_flags &= ~SCTP_CALLOUT_ACTIVE;
	return was_pending;
}

/*
 * Browsers run the timers of a hidden page once a second, or once a minute. After a late timer, the next ones are
 * expected to be late, too, for 60 times as long as it was. An idle machine wakes within a few ms, a busy one usually
 * within LATE_MS.
 */
#define LATE_MS 250
#define MOST_LATE_MS 60000

static double late_until_ms;

int link_are_timers_late(void)
{
	return link_now_ms < late_until_ms;
}

static void note_lateness(double late_ms)
{
	if (late_ms > LATE_MS) {
		double until_ms = link_now_ms + 60 * (late_ms < MOST_LATE_MS ? late_ms : MOST_LATE_MS);

		if (until_ms > late_until_ms) {
			late_until_ms = until_ms;
		}
	}
}

/*
 * Runs every timer that is due. A timer that is started meanwhile is due a tick later at the earliest, unless
 * link_timer_soon() has started it.
 */
EXPORT void link_timers(void)
{
	if (count > 0) {
		note_lateness(link_now_ms - heap[0].at_ms);
	}
	while (count > 0 && heap[0].at_ms <= link_now_ms) {
		sctp_os_timer_t *timer = heap[0].timer;

		take_out(timer);
		link_run_timer(timer->c_func, timer->c_arg);
	}
	show_deadline();
}

uint32_t sctp_get_tick_count(void)
{
	return (uint32_t)(uint64_t)link_now_ms;
}

/* usrsctp_handle_timers() calls this for ticks. Here time comes from link_enter(). */
void sctp_handle_tick(uint32_t elapsed_ticks)
{
	(void)elapsed_ticks;
	link_timers();
}

void sctp_start_timer_thread(void)
{
}

void sctp_stop_timer_thread(void)
{
}
