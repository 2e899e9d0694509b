/*
 * signing_key.c: the keyed HMAC that an expression keeps from row to row
 *
 * Keying HMAC costs as much as signing, and most statements have one secret
 * for all rows.  So the key stays as long as the secret's bytes are the same,
 * and is wiped when the memory context that owns it ends, or another replaces
 * it.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "parser/scansup.h"
#include "utils/palloc.h"

#include "encoding.h"
#include "signing_key.h"

struct SigningKey
{
	MemoryContext owner;
	MemoryContextCallback callback;
	HmacSha256 *hmac;			/* NULL while there is no secret */
	char	   *secret;			/* in the server encoding */
	int			length;
};

/* Forget the secret */
static void
wipe(void *argument)
{
	SigningKey *key = argument;

	hmac_sha256_free(key->hmac);
	key->hmac = NULL;
	if (key->secret != NULL)
	{
		OPENSSL_cleanse(key->secret, key->length);
		pfree(key->secret);
	}
	key->secret = NULL;
}

/* A key without a secret, which lives as long as its owner */
SigningKey *
signing_key_create(MemoryContext owner)
{
	SigningKey *key = MemoryContextAllocZero(owner, sizeof(SigningKey));

	key->owner = owner;
	key->callback.func = wipe;
	key->callback.arg = key;
	MemoryContextRegisterResetCallback(owner, &key->callback);
	return key;
}

static bool
is_white_space(char c)
{
	return scanner_isspace(c) || c == '\v';
}

/* Does a text start or end with white space, like a file's newline? */
bool
has_white_space_around(const char *text, int length)
{
	return length > 0 &&
		(is_white_space(text[0]) || is_white_space(text[length - 1]));
}

/* Key the HMAC with the UTF-8 encoding of a secret */
static SecretStatus
key_hmac(SigningKey *key, char *secret, int length)
{
	int			utf8_length = length;
	char	   *utf8 = utf8_from_server(secret, &utf8_length);

	if (utf8 == NULL)
		return SECRET_NOT_UTF8;

	key->hmac = hmac_sha256_new((uint8_t *) utf8, utf8_length);
	if (utf8 != secret)
	{
		OPENSSL_cleanse(utf8, utf8_length);
		pfree(utf8);
	}
	return key->hmac != NULL ? SECRET_USABLE : SECRET_CRYPTO_FAILED;
}

/* Replace the secret */
static SecretStatus
replace(SigningKey *key, char *secret, int length)
{
	SecretStatus status;

	if (length == 0)
		return SECRET_EMPTY;
	if (has_white_space_around(secret, length))
		return SECRET_HAS_WHITE_SPACE;

	wipe(key);
	status = key_hmac(key, secret, length);
	if (status != SECRET_USABLE)
		return status;

	/* Without memory for it, the next call keys anew */
	key->secret = MemoryContextAllocExtended(key->owner, length,
											 MCXT_ALLOC_NO_OOM);
	key->length = length;
	if (key->secret != NULL)
		memcpy(key->secret, secret, length);
	return SECRET_USABLE;
}

/* Sign with this secret from now on; bytes in the server encoding */
SecretStatus
signing_key_set(SigningKey *key, char *secret, int length)
{
	if (key->secret != NULL && key->length == length &&
		CRYPTO_memcmp(key->secret, secret, length) == 0)
		return SECRET_USABLE;
	return replace(key, secret, length);
}

/* What signs with the secret */
HmacSha256 *
signing_key_hmac(SigningKey *key)
{
	return key->hmac;
}
