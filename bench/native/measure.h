/* Clocks and output of the programs that measure. */
#ifndef MEASURE_H
#define MEASURE_H

#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

static inline double now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

static inline double cpu_ms(void)
{
	struct rusage used;

	getrusage(RUSAGE_SELF, &used);
	return (double)(used.ru_utime.tv_sec + used.ru_stime.tv_sec) * 1e3 +
	       (double)(used.ru_utime.tv_usec + used.ru_stime.tv_usec) / 1e3;
}

static inline void fail(const char *what)
{
	perror(what);
	exit(1);
}

static inline int is_less(const void *a, const void *b)
{
	double difference = *(const double *)a - *(const double *)b;

	return (difference > 0) - (difference < 0);
}

static inline void print_rate(double bytes, double ms, double used_ms)
{
	printf("{\"mbPerS\":%.2f,\"cpuS\":%.4f,\"gb\":%.6f}\n", bytes / 1e3 / ms, used_ms / 1e3, bytes / 1e9);
	fflush(stdout);
}

static inline void print_percentiles(double *times_ms, size_t count, double used_ms)
{
	qsort(times_ms, count, sizeof(*times_ms), is_less);
	printf("{\"p50Us\":%.2f,\"p99Us\":%.2f,\"cpuUs\":%.2f}\n", times_ms[count / 2] * 1e3, times_ms[count * 99 / 100] * 1e3,
	       used_ms * 1e3 / (double)count);
}

#endif
