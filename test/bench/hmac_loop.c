/*
 * hmac_loop.c SECRET LENGTH TIMES: HMAC-SHA256 of a text of that length, that
 * many times
 */
#include <stdlib.h>
#include <string.h>

#include "bytes/hmac_sha256.h"

int
main(int argc, char **argv)
{
	static char text[1024];
	uint8_t		signature[HMAC_SHA256_LENGTH];
	HmacSha256 *hmac;

	if (argc != 4)
		return 2;
	hmac = hmac_sha256_new((const uint8_t *) argv[1], strlen(argv[1]));
	for (int i = 0; i < atoi(argv[3]); i++)
	{
		if (!hmac_sha256_sign(hmac, text, atoi(argv[2]), signature))
			return 1;
	}
	hmac_sha256_free(hmac);
	return 0;
}
