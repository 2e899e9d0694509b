/*
 * clock.h: time for measurements
 */
#ifndef CLOCK_H
#define CLOCK_H

#include <time.h>

static inline double
nanoseconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1e9 + now.tv_nsec;
}

#endif							/* CLOCK_H */
