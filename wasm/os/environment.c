/*
 * The operating system below usrsctp: clock, randomness and the iterator. Replaces user_environment.c,
 * netinet/sctp_userspace.c and user_recv_thread.c.
 */
#include <netinet/sctp_os.h>
#include <netinet/sctp_pcb.h>
#include <netinet/sctp_bsd_addr.h>
#include <netinet/sctputil.h>

#include "host.h"
#include "link.h"

/* The variables of user_environment.c, with its values. */
int maxsockets = 25600;
int hz = 1000;
int ip_defttl = 64;
int ipport_firstauto = 49152, ipport_lastauto = 65535;
int nmbclusters = 65536;
u_short ip_id = 0;
userland_mutex_t atomic_mtx;

struct link_state link_shared = {.deadline_ms = -1};
double link_now_ms, link_clock_step_ms = 1000;

/* usrsctp takes the time 0 for "never", so its clock starts well after 0. */
#define EPOCH_S 1000000

/* A set-up calls this some fifty times, at eight different times. So the last result is kept. */
int link_gettimeofday(struct timeval *time)
{
	static struct timeval last;
	static double last_ms = -1;

	if (link_now_ms != last_ms) {
		double seconds = (double)(uint64_t)(link_now_ms / 1000);

		last.tv_sec = (time_t)(EPOCH_S + seconds);
		last.tv_usec = (suseconds_t)((link_now_ms - seconds * 1000) * 1000);
		last_ms = link_now_ms;
	}
	*time = last;
	return 0;
}

double link_ms_of_timeval(const struct timeval *time)
{
	return ((double)time->tv_sec - EPOCH_S) * 1000 + (double)time->tv_usec / 1000;
}

void init_random(void)
{
}

/* A call to the host costs more than the bytes that it returns. A set-up uses some 300 bytes in a dozen calls. */
#define POOL_BYTES 4096

void read_random(void *buffer, size_t size)
{
	static uint8_t pool[POOL_BYTES];
	static size_t left;

	if (size > POOL_BYTES) {
		host_random(buffer, size);
		return;
	}
	if (size > left) {
		host_random(pool, POOL_BYTES);
		left = POOL_BYTES;
	}
	left -= size;
	memcpy(buffer, pool + left, size);
	memset(pool + left, 0, size); /* so that used random numbers don't stay in memory */
}

/* Upstream hashes a secret and a counter, which took a third of a set-up. The host's random numbers are as good. */
void sctp_fill_random_store(struct sctp_pcb *endpoint)
{
	read_random(endpoint->random_store, SCTP_SIGNATURE_SIZE);
	endpoint->store_at = 0;
	endpoint->random_counter++;
}

void finish_random(void)
{
}

void link_panic(const char *message)
{
	host_panic(message, strlen(message));
	__builtin_trap();
}

/* No thread is started or waited for: link_iterate() does the iterator's work. */
int sctp_userspace_thread_create(userland_thread_t *thread, start_routine_t routine)
{
	(void)thread;
	(void)routine;
	return EAGAIN;
}

void sctp_userspace_set_threadname(const char *name)
{
	(void)name;
}

void link_iterate(void)
{
	if (!TAILQ_EMPTY(&sctp_it_ctl.iteratorhead)) {
		SCTP_IPI_ITERATOR_WQ_LOCK();
		sctp_iterator_worker();
		SCTP_IPI_ITERATOR_WQ_UNLOCK();
	}
}

void recv_thread_init(void)
{
}

void recv_thread_destroy(void)
{
}

int timingsafe_bcmp(const void *a, const void *b, size_t length)
{
	const uint8_t *left = a, *right = b;
	uint8_t difference = 0;

	while (length-- > 0) {
		difference |= *left++ ^ *right++;
	}
	return difference != 0;
}
