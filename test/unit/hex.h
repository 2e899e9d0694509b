/*
 * hex.h: bytes that tests exchange with a program, in hexadecimal
 */
#ifndef HEX_H
#define HEX_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/*
 * The bytes of the word that hex begins with, in just the room that they need;
 * the caller frees them
 */
static inline uint8_t *
read_hex(const char *hex, size_t *length)
{
	uint8_t    *bytes;

	*length = strcspn(hex, " \n") / 2;
	bytes = malloc(*length);
	for (size_t i = 0; i < *length; i++)
	{
		char		digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (uint8_t) strtol(digits, NULL, 16);
	}
	return bytes;
}

static inline void
print_hex(const uint8_t *bytes, size_t length)
{
	for (size_t i = 0; i < length; i++)
		printf("%02x", bytes[i]);
}

#endif							/* HEX_H */
