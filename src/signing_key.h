/*
 * signing_key.h: the keyed HMAC that an expression keeps from row to row, and
 * what a secret must be
 */
#ifndef SIGNING_KEY_H
#define SIGNING_KEY_H

#include "bytes/hmac_sha256.h"

/* In a mapping, at least as long as the hash (RFC 7518 section 3.2) */
#define MIN_SECRET_LENGTH	HMAC_SHA256_LENGTH

typedef enum SecretStatus
{
	SECRET_USABLE,
	SECRET_EMPTY,
	SECRET_HAS_WHITE_SPACE,
	SECRET_NOT_UTF8,
	SECRET_CRYPTO_FAILED
} SecretStatus;

typedef struct SigningKey SigningKey;

extern SecretStatus secret_status(char *secret, int length, int *utf8_length);
extern const char *secret_rule(SecretStatus status);
extern SigningKey *signing_key_create(MemoryContext owner);
extern SecretStatus signing_key_set(SigningKey *key, char *secret, int length);
extern void signing_key_clear(SigningKey *key);
extern HmacSha256 *signing_key_hmac(const SigningKey *key);
extern bool signing_key_is(const SigningKey *key, const char *text, int length);

#endif							/* SIGNING_KEY_H */
