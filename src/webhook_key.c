/*
 * webhook_key.c: the public keys of webhooks that an expression keeps from row to
 * row, and what they must be
 *
 * To parse a key takes longer than to verify with it.  So keys stay as long as
 * their PEMs are the same, and are freed when the memory context that owns them
 * ends, or others replace them.
 */
#include "postgres.h"

#include "utils/palloc.h"

#include "webhook_key.h"

#define STRINGIFY(number)	#number
#define DIGITS(number)		STRINGIFY(number)

struct WebhookKey
{
	MemoryContext owner;
	MemoryContextCallback callback;
	RsaKeys    *rsa;			/* NULL while there is none */
	char	   *pems;
	int			length;
};

/* Free the keys */
static void
forget(void *argument)
{
	WebhookKey *key = argument;

	rsa_keys_free(key->rsa);
	key->rsa = NULL;
}

/* Make room for keys, which live as long as their owner */
WebhookKey *
webhook_key_create(MemoryContext owner)
{
	WebhookKey *key = MemoryContextAllocZero(owner, sizeof(WebhookKey));

	key->owner = owner;
	key->callback.func = forget;
	key->callback.arg = key;
	MemoryContextRegisterResetCallback(owner, &key->callback);
	return key;
}

/* Raise that OpenSSL has no RSA or SHA-256, as under some of its configurations, or no memory */
void
raise_rsa_failure(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_INVOCATION_EXCEPTION),
			 errmsg("OpenSSL could not verify RSA with SHA-256"),
			 errhint("Check OpenSSL's configuration and providers on the server, and its memory.")));
}

/* The rule that keys break, to follow their name; NULL if none of their own */
static const char *
key_rule(RsaKeysStatus status)
{
	switch (status)
	{
		case RSA_KEYS_NOT_PEM:
			return "must be a PEM with its line breaks, which begins with \"-----BEGIN PUBLIC KEY-----\", or several";
		case RSA_KEYS_PRIVATE:
			return "must not be a private key";
		case RSA_KEYS_NOT_PUBLIC:
			return "must be a public key, and no other PEM";
		case RSA_KEYS_NOT_RSA:
			return "must be an RSA key";
		case RSA_KEYS_BAD_SIZE:
			return "must be an RSA key of " DIGITS(RSA_MIN_BITS) " to " DIGITS(RSA_MAX_BITS) " bits";
		case RSA_KEYS_TOO_MANY:
			return "must not be more than " DIGITS(RSA_MAX_KEYS) " keys, or " DIGITS(RSA_MAX_PEMS_LENGTH) " bytes";
		case RSA_KEYS_OK:
		case RSA_KEYS_CRYPTO_FAILED:
			break;
	}
	return NULL;
}

/* Raise unless keys, which go by this name, can be used */
void
require_usable_keys(RsaKeysStatus status, const char *name)
{
	if (status == RSA_KEYS_CRYPTO_FAILED)
		raise_rsa_failure();
	if (status != RSA_KEYS_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("%s %s", name, key_rule(status))));
}

/* Replace the keys; returns what is wrong with the new ones, and then there are none */
static RsaKeysStatus
replace(WebhookKey *key, const char *pems, int length)
{
	RsaKeysStatus status;

	forget(key);
	if (key->pems != NULL)
		pfree(key->pems);
	key->pems = NULL;
	key->length = 0;

	status = rsa_keys_read(pems, length, &key->rsa);
	if (status != RSA_KEYS_OK)
		return status;
	key->pems = MemoryContextAlloc(key->owner, length);
	memcpy(key->pems, pems, length);
	key->length = length;
	return RSA_KEYS_OK;
}

/*
 * Verify with the keys of these PEMs from now on.  They are parsed anew only if the
 * bytes differ from those before.  Returns RSA_KEYS_OK, or what is wrong.
 */
RsaKeysStatus
webhook_key_set(WebhookKey *key, const char *pems, int length)
{
	if (key->rsa != NULL && key->length == length &&
		memcmp(key->pems, pems, length) == 0)
		return RSA_KEYS_OK;
	return replace(key, pems, length);
}

/* The keys that were set last; NULL if they could not be used */
const RsaKeys *
webhook_key_rsa(const WebhookKey *key)
{
	return key->rsa;
}
