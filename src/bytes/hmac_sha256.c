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

/*
 * Before 3.0.3, EVP_MAC_init() without a key claims to rewind the context and
 * does nothing (openssl/openssl issue 17811).
 */
#define FIRST_OPENSSL_THAT_REWINDS	0x30000030UL

/* Several times what OpenSSL 3.0 takes to fetch HMAC and SHA-256, 36 kB */
#define ENOUGH_TO_FETCH	((size_t) 256 * 1024)

/*
 * True if there is memory to fetch algorithms.  OpenSSL constructs them once in
 * a process, and does not try again those that failed for lack of memory
 * (ossl_method_construct in crypto/core_fetch.c): a session would be left
 * without HMAC when there is memory again.
 */
static bool
has_memory_to_fetch(void)
{
	void	   *memory = OPENSSL_malloc(ENOUGH_TO_FETCH);

	OPENSSL_free(memory);
	return memory != NULL;
}

/* An HMAC-SHA256 keyed with a secret that is none; NULL if OpenSSL has none, or no memory */
static EVP_MAC_CTX *
make_template(void)
{
	EVP_MAC    *hmac = EVP_MAC_fetch(NULL, OSSL_MAC_NAME_HMAC, NULL);
	EVP_MAC_CTX *context = hmac == NULL ? NULL : EVP_MAC_CTX_new(hmac);
	uint8_t		no_secret[1] = {0};
	char		digest[] = OSSL_DIGEST_NAME_SHA2_256;
	OSSL_PARAM	parameters[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end()
	};

	EVP_MAC_free(hmac);			/* the context keeps what it needs */
	if (context == NULL ||
		!EVP_MAC_init(context, no_secret, sizeof(no_secret), parameters))
	{
		EVP_MAC_CTX_free(context);
		return NULL;
	}
	return context;
}

/*
 * Create an HMAC keyed with a secret.  Returns NULL if OpenSSL has no
 * HMAC-SHA256 to offer, or no memory.
 *
 * It is a copy of one that is made once in a process, because to find SHA-256
 * takes OpenSSL as long as the rest.
 */
HmacSha256 *
hmac_sha256_new(const uint8_t *secret, size_t length)
{
	static EVP_MAC_CTX *template = NULL;
	EVP_MAC_CTX *context = NULL;

	if (template == NULL && has_memory_to_fetch())
		template = make_template();
	if (template != NULL)
		context = EVP_MAC_CTX_dup(template);
	if (context == NULL || !EVP_MAC_init(context, secret, length, NULL))
	{
		EVP_MAC_CTX_free(context);
		ERR_clear_error();
		return NULL;
	}
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
