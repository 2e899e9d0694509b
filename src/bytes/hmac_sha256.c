/*
 * hmac_sha256.c: HMAC-SHA256 (RFC 2104) over OpenSSL's EVP_MAC, keyed once
 *
 * An HmacSha256 is OpenSSL's own context, which wipes the key when it is
 * freed.  It can sign any number of texts, one after the other.
 */
#include "hmac_sha256.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include "openssl_memory.h"

/*
 * Before 3.0.3, EVP_MAC_init() without a key claims to rewind the context and
 * does nothing (openssl/openssl issue 17811).
 */
#define FIRST_OPENSSL_THAT_REWINDS	0x30000030UL

/* Before 3.0.4, EVP_MAC_CTX_dup() frees too much if it fails (issue 18493) */
#define FIRST_OPENSSL_THAT_COPIES	0x30000040UL

/* Several times what OpenSSL 3.0 takes to fetch HMAC and SHA-256, 36 kB */
#define ENOUGH_TO_FETCH	((size_t) 256 * 1024)

/* A new context keyed with a secret; NULL if OpenSSL has no HMAC-SHA256, or no memory */
static EVP_MAC_CTX *
new_context(const uint8_t *secret, size_t length)
{
	EVP_MAC    *hmac = openssl_has_memory(ENOUGH_TO_FETCH) ?
		EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL) : NULL;
	EVP_MAC_CTX *context = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
	char		digest[] = OSSL_DIGEST_NAME_SHA2_256;
	OSSL_PARAM	parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()
	};

	EVP_MAC_free(hmac);			/* the context keeps what it needs */
	if (context == NULL || !EVP_MAC_init(context, secret, length, parameters))
	{
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

/*
 * A copy, keyed with a secret, of a context that is made once in a process: to
 * find SHA-256 takes OpenSSL as long as the rest.  NULL as for new_context.
 */
static EVP_MAC_CTX *
copy_context(const uint8_t *secret, size_t length)
{
	static EVP_MAC_CTX *template = NULL;

	/* No secret, but as long as one: FIPS providers refuse short keys */
	static const uint8_t zeros[HMAC_SHA256_LENGTH] = {0};
	EVP_MAC_CTX *context;

	if (template == NULL)
		template = new_context(zeros, sizeof(zeros));
	context = template == NULL ? NULL : EVP_MAC_CTX_dup(template);
	if (context == NULL || !EVP_MAC_init(context, secret, length, NULL))
	{
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

/*
 * Create an HMAC keyed with a secret.  Returns NULL if OpenSSL has no
 * HMAC-SHA256 to offer, or no memory.
 */
HmacSha256 *
hmac_sha256_new(const uint8_t *secret, size_t length)
{
	EVP_MAC_CTX *context = OpenSSL_version_num() >= FIRST_OPENSSL_THAT_COPIES ?
		copy_context(secret, length) : new_context(secret, length);

	if (context == NULL)
		ERR_clear_error();
	return context;
}

/* Free an HMAC, and wipe its key */
void
hmac_sha256_free(HmacSha256 *hmac)
{
	EVP_MAC_CTX_free(hmac);
}

/* Sign with a context that has not been given any text; false if OpenSSL fails */
static bool
sign_from_start(EVP_MAC_CTX *context, const void *data, size_t length,
				uint8_t *signature)
{
	size_t		signature_length;

	return EVP_MAC_update(context, data, length) &&
		EVP_MAC_final(context, signature, &signature_length,
					  HMAC_SHA256_LENGTH) &&
		signature_length == HMAC_SHA256_LENGTH;
}

/* Sign a text; false if OpenSSL fails */
bool
hmac_sha256_sign(HmacSha256 *hmac, const void *data, size_t length,
				 uint8_t signature[HMAC_SHA256_LENGTH])
{
	bool		signed_it;

	if (OpenSSL_version_num() >= FIRST_OPENSSL_THAT_REWINDS)
		signed_it = EVP_MAC_init(hmac, NULL, 0, NULL) &&
			sign_from_start(hmac, data, length, signature);
	else
	{
		EVP_MAC_CTX *copy = EVP_MAC_CTX_dup(hmac);

		signed_it = copy != NULL &&
			sign_from_start(copy, data, length, signature);
		EVP_MAC_CTX_free(copy);
	}

	if (!signed_it)
		ERR_clear_error();
	return signed_it;
}

/* True if two signatures are equal; its time does not tell where they differ */
bool
hmac_sha256_equal(const uint8_t *one, const uint8_t *other)
{
	return CRYPTO_memcmp(one, other, HMAC_SHA256_LENGTH) == 0;
}
