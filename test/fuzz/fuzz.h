/*
 * fuzz.h: what the fuzz targets share
 */
#ifndef FUZZ_H
#define FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

extern int	LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* End the process, on which libFuzzer keeps the input, if the rule is broken */
#define REQUIRE(rule) \
	do { \
		if (!(rule)) \
		{ \
			fprintf(stderr, "%s:%d: broken rule: %s\n", __FILE__, __LINE__, #rule); \
			abort(); \
		} \
	} while (0)

/*
 * Room for that many bytes and not one more, so that AddressSanitizer sees
 * what goes beyond
 */
static inline void *
make_room_for(size_t size)
{
	void	   *room = malloc(size > 0 ? size : 1);

	REQUIRE(room != NULL);
	return room;
}

/* The bytes, and a NUL behind them */
static inline char *
copy_with_nul(const uint8_t *data, size_t size)
{
	char	   *copy = make_room_for(size + 1);

	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

#endif							/* FUZZ_H */
