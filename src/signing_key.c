/*
 * signing_key.c: the keyed HMAC that an expression keeps from row to row, and
 * what a secret must be
 *
 * Keying HMAC costs as much as signing, and most statements have one secret
 * for all rows.  So the key stays as long as the secret's bytes are the same,
 * and is wiped when the memory context that owns it ends, or another replaces
 * it.
 */
#include "postgres.h"

#include <openssl/crypto.h>

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

/* Forget the secret, leaving no copy of it in memory */
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

/* Create a key without a secret, which lives as long as its owner */
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

/*
 * Return what is wrong with a secret, in the server encoding, or SECRET_USABLE.
 * Sets *utf8 to it in UTF-8, and *length to the length of that; a converted
 * copy is the caller's to wipe.
 */
static SecretStatus
to_utf8(char *secret, int *length, char **utf8)
{
	if (*length == 0)
		return SECRET_EMPTY;
	if (has_white_space_around(secret, *length))
		return SECRET_HAS_WHITE_SPACE;
	*utf8 = utf8_from_server(secret, length);
	return *utf8 == NULL ? SECRET_NOT_UTF8 : SECRET_USABLE;
}

/* Wipe and free a converted copy, unless it is the secret itself */
static void
wipe_converted(char *utf8, int length, const char *secret)
{
	if (utf8 != secret)
	{
		OPENSSL_cleanse(utf8, length);
		pfree(utf8);
	}
}

/*
 * Return what is wrong with an apikey or a secret, in the server encoding, or
 * SECRET_USABLE.  Sets *utf8_length to its length as it is signed with, if it can
 * be.
 */
SecretStatus
secret_status(char *secret, int length, int *utf8_length)
{
	char	   *utf8;
	SecretStatus status;

	*utf8_length = length;
	status = to_utf8(secret, utf8_length, &utf8);
	if (status == SECRET_USABLE)
		wipe_converted(utf8, *utf8_length, secret);
	return status;
}

/* The rule that a secret breaks, to follow its name; NULL if none of its own */
const char *
secret_rule(SecretStatus status)
{
	switch (status)
	{
		case SECRET_EMPTY:
			return "must not be empty";
		case SECRET_HAS_WHITE_SPACE:
			return "must not start or end with white space";
		case SECRET_NOT_UTF8:
			return "cannot be written as UTF-8";
		case SECRET_USABLE:
		case SECRET_CRYPTO_FAILED:
			break;
	}
	return NULL;
}

/* Replace the secret, if the new one can be used */
static SecretStatus
replace(SigningKey *key, char *secret, int length)
{
	int			utf8_length = length;
	char	   *utf8;
	SecretStatus status = to_utf8(secret, &utf8_length, &utf8);

	if (status != SECRET_USABLE)
		return status;

	wipe(key);
	key->hmac = hmac_sha256_new((uint8_t *) utf8, utf8_length);
	wipe_converted(utf8, utf8_length, secret);
	if (key->hmac == NULL)
		return SECRET_CRYPTO_FAILED;

	key->secret = MemoryContextAlloc(key->owner, length);
	key->length = length;
	memcpy(key->secret, secret, length);
	return SECRET_USABLE;
}

/*
 * Sign with this secret from now on, in the server encoding.  The HMAC is keyed
 * anew only if its bytes differ from those before.  Returns SECRET_USABLE, or
 * what is wrong; then the secret before stays, but for SECRET_CRYPTO_FAILED.
 */
SecretStatus
signing_key_set(SigningKey *key, char *secret, int length)
{
	return signing_key_is(key, secret, length) ? SECRET_USABLE :
		replace(key, secret, length);
}

/* Forget the secret */
void
signing_key_clear(SigningKey *key)
{
	wipe(key);
}

/* The HMAC keyed with the last secret that could be used; NULL if none could */
HmacSha256 *
signing_key_hmac(const SigningKey *key)
{
	return key->hmac;
}

/* True if these bytes, in the server encoding, are the secret */
bool
signing_key_is(const SigningKey *key, const char *text, int length)
{
	return key->secret != NULL && key->length == length &&
		CRYPTO_memcmp(key->secret, text, length) == 0;
}
