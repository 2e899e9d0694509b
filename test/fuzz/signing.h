/*
 * signing.h: the secret of the fuzz targets
 */
#ifndef SIGNING_H
#define SIGNING_H

#include "fuzz.h"
#include "bytes/hmac_sha256.h"

/* Keyed once */
static inline HmacSha256 *
fuzz_hmac(void)
{
	static const char secret[] = "a secret of the fuzzer's own";
	static HmacSha256 *hmac = NULL;

	if (hmac == NULL)
		hmac = hmac_sha256_new((const uint8_t *) secret, strlen(secret));
	REQUIRE(hmac != NULL);
	return hmac;
}

#endif							/* SIGNING_H */
