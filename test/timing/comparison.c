/*
 * comparison.c: how long signatures take to compare, by where they differ first
 *
 * The distribution of many samples for hmac_sha256_equal and, so that we know
 * that the measurement would tell, for a loop that stops at the first
 * difference.  Samples of all places are taken in turns, in random order.
 * Prints a table for each, and fails if medians differ in the first or do not
 * in the second.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"
#include "bytes/hmac_sha256.h"

#define SAMPLES			20001
#define CALLS			256		/* in a sample */
#define SAME			HMAC_SHA256_LENGTH	/* they do not differ */

static const int places[] = {0, 1, 7, 8, 15, 16, 23, 24, 30, 31, SAME};

#define PLACES	((int) (sizeof(places) / sizeof(places[0])))

typedef bool (*Comparison) (const uint8_t *one, const uint8_t *other);

static double samples[PLACES][SAMPLES];

/* What must not be done (CVE-2024-25189) */
static bool
stops_early(const uint8_t *one, const uint8_t *other)
{
	for (volatile int i = 0; i < HMAC_SHA256_LENGTH; i++)
	{
		if (one[i] != other[i])
			return false;
	}
	return true;
}

/* Nanoseconds for one of CALLS comparisons */
static double
take_sample(Comparison compare, const uint8_t *one, int place)
{
	uint8_t		other[HMAC_SHA256_LENGTH];
	double		start;
	int			equal = 0;

	memcpy(other, one, HMAC_SHA256_LENGTH);
	if (place != SAME)
		other[place] ^= (uint8_t) (1 << rand() % 8);

	start = nanoseconds();
	for (int i = 0; i < CALLS; i++)
		equal += compare(one, other);
	if (equal != (place == SAME ? CALLS : 0))
		exit(2);
	return (nanoseconds() - start) / CALLS;
}

static int
compare_doubles(const void *a, const void *b)
{
	double		x = *(const double *) a;
	double		y = *(const double *) b;

	return (x > y) - (x < y);
}

/* One sample of each place, in random order, then the next */
static void
take_samples(Comparison compare)
{
	uint8_t		one[HMAC_SHA256_LENGTH];
	int			order[PLACES];

	for (int i = 0; i < PLACES; i++)
		order[i] = i;
	for (int sample = 0; sample < SAMPLES; sample++)
	{
		for (int i = 0; i < HMAC_SHA256_LENGTH; i++)
			one[i] = (uint8_t) rand();
		for (int i = PLACES - 1; i >= 0; i--)
		{
			int			j = rand() % (i + 1);
			int			place = order[j];

			order[j] = order[i];
			order[i] = place;
			samples[place][sample] = take_sample(compare, one, places[place]);
		}
	}
	for (int i = 0; i < PLACES; i++)
		qsort(samples[i], SAMPLES, sizeof(double), compare_doubles);
}

static double
quantile(int place, double q)
{
	return samples[place][(int) (q * (SAMPLES - 1))];
}

/* Print the distributions; the greatest median as a multiple of the least */
static double
report(const char *name)
{
	double		least = quantile(0, 0.5);
	double		greatest = least;

	printf("\n%s, nanoseconds\n\n", name);
	printf("| first difference | 5 %% | 25 %% | median | 75 %% | 95 %% |\n|---|---|---|---|---|---|\n");
	for (int i = 0; i < PLACES; i++)
	{
		double		median = quantile(i, 0.5);

		if (places[i] == SAME)
			printf("| none |");
		else
			printf("| byte %d |", places[i]);
		printf(" %.2f | %.2f | %.2f | %.2f | %.2f |\n", quantile(i, 0.05),
			   quantile(i, 0.25), median, quantile(i, 0.75), quantile(i, 0.95));
		least = median < least ? median : least;
		greatest = median > greatest ? median : greatest;
	}
	return greatest / least;
}

int
main(void)
{
	double		ours;
	double		other;

	take_samples(hmac_sha256_equal);
	ours = report("hmac_sha256_equal");
	take_samples(stops_early);
	other = report("a loop that stops at the first difference");

	printf("\nGreatest median : least: %.3f, and %.1f for the loop that stops.\n",
		   ours, other);
	return ours < 1.05 && other > 2 ? 0 : 1;
}
