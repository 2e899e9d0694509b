/*
 * timing.h: what the programs in C share: reading a sample, and the time of a call
 */
#ifndef TIMING_H
#define TIMING_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../clock.h"

#define MAX_LINES	1000
#define MAX_LENGTH	65536
#define MAX_COLUMNS	3

typedef struct Sample
{
	char	   *columns[MAX_LINES][MAX_COLUMNS];
	int			count;
} Sample;

/* The columns of a sample of tokens */
enum
{
	PAYLOAD,					/* JSON without times */
	TOKEN_BODY,					/* JSON as in the token */
	TOKEN
};

/* Read lines of columns separated by tabs; ends the program if there are none */
static void
read_sample(const char *path, Sample *sample)
{
	static char line[3 * MAX_LENGTH];
	FILE	   *file = fopen(path, "r");

	sample->count = 0;
	while (file != NULL && sample->count < MAX_LINES && fgets(line, sizeof(line), file) != NULL)
	{
		char	   *column = strtok(line, "\t\n");

		for (int i = 0; i < MAX_COLUMNS && column != NULL; i++)
		{
			sample->columns[sample->count][i] = strdup(column);
			column = strtok(NULL, "\t\n");
		}
		sample->count++;
	}
	if (sample->count == 0)
	{
		fprintf(stderr, "cannot read %s\n", path);
		exit(1);
	}
	fclose(file);
}

/*
 * Nanoseconds that a call of the function takes, for each line over and over: once
 * to warm up, and then at least once, until the seconds have passed
 */
static double
nanoseconds_each(void (*call) (const Sample *sample, int line), const Sample *sample, double seconds)
{
	double		start;
	long		calls = 0;

	for (int i = 0; i < sample->count; i++)
		call(sample, i);
	start = nanoseconds();
	do
	{
		for (int i = 0; i < sample->count; i++)
			call(sample, i);
		calls += sample->count;
	} while (nanoseconds() < start + seconds * 1e9);
	return (nanoseconds() - start) / calls;
}

#endif							/* TIMING_H */
