/*
 * rsa_sha256.c: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.2) over
 * OpenSSL's EVP_DigestVerify, with keys that are parsed once
 *
 * A key is public, so nothing here is wiped.
 */
#include "rsa_sha256.h"

#include <limits.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

#include "openssl_memory.h"

#define BEGIN	"-----BEGIN "
#define DASHES	"-----"
#define PRIVATE_KEY	"PRIVATE KEY-----"

#define MAX_EXPONENT_BITS	64

/* More than twice what OpenSSL 3.0 takes at first to read a key and to verify, 407 kB */
#define ENOUGH_TO_FETCH	((size_t) 1024 * 1024)

/* The contexts that copies verify with, one for each key */
struct RsaKeys
{
	int			count;
	EVP_MD_CTX *contexts[RSA_MAX_KEYS];
};

/* True for what may stand between PEMs */
static bool
is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True if a text, which has so many bytes, begins with a word */
static bool
begins_with(const char *text, size_t length, const char *word)
{
	return length >= strlen(word) && memcmp(text, word, strlen(word)) == 0;
}

/* Where a word begins in a text; NULL if it does not */
static const char *
find_word(const char *text, const char *end, const char *word)
{
	size_t		length = strlen(word);

	for (; (size_t) (end - text) >= length; text++)
	{
		if (memcmp(text, word, length) == 0)
			return text;
	}
	return NULL;
}

/* True if a text begins on a new line and has only what base64 is written with */
static bool
is_base64_lines(const char *text, const char *end)
{
	static const char base64[] =
		"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=";

	if (text == end || (*text != '\n' && *text != '\r'))
		return false;
	for (; text < end; text++)
	{
		if (!is_blank(*text) &&
			(*text == '\0' || strchr(base64, *text) == NULL))
			return false;
	}
	return true;
}

/*
 * The end of the PEM (RFC 7468) that a text begins with, up to its last dash.
 * Sets *label to what it is a PEM of, and *label_length; NULL if there is none.
 */
static const char *
find_pem_end(const char *text, const char *end, const char **label,
			 size_t *label_length)
{
	char		footer[64];
	const char *label_end;
	const char *footer_start;

	if (!begins_with(text, end - text, BEGIN))
		return NULL;
	*label = text + strlen(BEGIN);
	label_end = find_word(*label, end, DASHES);
	if (label_end == NULL || label_end - *label > 32)
		return NULL;
	*label_length = label_end - *label;
	snprintf(footer, sizeof(footer), "-----END %.*s-----",
			 (int) *label_length, *label);
	footer_start = find_word(label_end, end, footer);
	if (footer_start == NULL ||
		!is_base64_lines(label_end + strlen(DASHES), footer_start))
		return NULL;
	return footer_start + strlen(footer);
}

/* What a PEM with this label is, as far as that tells */
static RsaKeysStatus
status_of_label(const char *label, size_t length)
{
	if ((length == strlen("PUBLIC KEY") && memcmp(label, "PUBLIC KEY", length) == 0) ||
		(length == strlen("RSA PUBLIC KEY") && memcmp(label, "RSA PUBLIC KEY", length) == 0))
		return RSA_KEYS_OK;
	return RSA_KEYS_NOT_PUBLIC;
}

/* Answer that there is no password, where OpenSSL would ask a terminal */
static int
no_password(char *buffer, int size, int writing, void *argument)
{
	(void) buffer;
	(void) size;
	(void) writing;
	(void) argument;
	return -1;
}

/* True if a parameter of a key is odd, more than one, and has at most so many bits */
static bool
is_odd_above_one(EVP_PKEY *key, const char *parameter, int max_bits)
{
	BIGNUM	   *number = NULL;
	bool		good = EVP_PKEY_get_bn_param(key, parameter, &number) == 1 &&
		BN_is_odd(number) && !BN_is_one(number) &&
		BN_num_bits(number) <= max_bits;

	BN_free(number);
	return good;
}

/*
 * What a key is.  One with an even modulus or exponent is none; with the exponent
 * 1, everybody can sign; with one of more than 64 bits, OpenSSL does not verify if the
 * modulus is long (rsa_ossl_public_decrypt in crypto/rsa/rsa_ossl.c).
 */
static RsaKeysStatus
status_of_key(EVP_PKEY *key)
{
	if (!EVP_PKEY_is_a(key, "RSA") ||
		!is_odd_above_one(key, OSSL_PKEY_PARAM_RSA_N, INT_MAX) ||
		!is_odd_above_one(key, OSSL_PKEY_PARAM_RSA_E, MAX_EXPONENT_BITS))
		return RSA_KEYS_NOT_RSA;
	if (EVP_PKEY_get_bits(key) < RSA_MIN_BITS ||
		EVP_PKEY_get_bits(key) > RSA_MAX_BITS)
		return RSA_KEYS_BAD_SIZE;
	return RSA_KEYS_OK;
}

/* SHA-256, fetched once in a process; NULL if OpenSSL has none, or no memory */
static EVP_MD *
sha256(void)
{
	static EVP_MD *digest = NULL;

	if (digest == NULL && openssl_has_memory(ENOUGH_TO_FETCH))
		digest = EVP_MD_fetch(NULL, OSSL_DIGEST_NAME_SHA2_256, NULL);
	return digest;
}

/* True if OpenSSL can read RSA keys, and verify with them */
static bool
has_rsa(void)
{
	EVP_SIGNATURE *rsa = openssl_has_memory(ENOUGH_TO_FETCH) ?
		EVP_SIGNATURE_fetch(NULL, "RSA", NULL) : NULL;

	EVP_SIGNATURE_free(rsa);
	return rsa != NULL;
}

/* A context that verifies with a key; NULL if OpenSSL cannot */
static EVP_MD_CTX *
new_context(EVP_PKEY *key)
{
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (context == NULL ||
		EVP_DigestVerifyInit(context, NULL, sha256(), NULL, key) != 1)
	{
		EVP_MD_CTX_free(context);
		return NULL;
	}
	return context;
}

/* Add the key of a PEM, unless memory is short, which may look like a bad key */
static RsaKeysStatus
try_key(RsaKeys *keys, const char *pem, size_t length)
{
	BIO		   *bio = BIO_new_mem_buf(pem, (int) length);
	EVP_PKEY   *key = bio == NULL ? NULL :
		PEM_read_bio_PUBKEY(bio, NULL, no_password, NULL);
	RsaKeysStatus status = key == NULL ? RSA_KEYS_NOT_PEM : status_of_key(key);

	BIO_free(bio);
	if (status == RSA_KEYS_OK)
	{
		keys->contexts[keys->count] = new_context(key);
		if (keys->contexts[keys->count] == NULL)
			status = RSA_KEYS_CRYPTO_FAILED;
		else
			keys->count++;
	}
	EVP_PKEY_free(key);
	return status;
}

/*
 * Add the key of a PEM.  One that is refused is tried again when there is memory:
 * OpenSSL's decoders do not tell that there was none.
 */
static RsaKeysStatus
add_key(RsaKeys *keys, const char *pem, size_t length)
{
	RsaKeysStatus status = try_key(keys, pem, length);

	if (status == RSA_KEYS_OK)
		return status;
	return openssl_has_memory(ENOUGH_TO_FETCH) ? try_key(keys, pem, length) :
		RSA_KEYS_CRYPTO_FAILED;
}

/* Add the keys of PEMs with white space between them, and nothing else */
static RsaKeysStatus
add_keys(RsaKeys *keys, const char *text, const char *end)
{
	if (end - text > RSA_MAX_PEMS_LENGTH)
		return RSA_KEYS_TOO_MANY;
	if (find_word(text, end, PRIVATE_KEY) != NULL)
		return RSA_KEYS_PRIVATE;
	while (true)
	{
		const char *label;
		size_t		label_length;
		const char *pem_end;
		RsaKeysStatus status;

		while (text < end && is_blank(*text))
			text++;
		if (text == end)
			return keys->count > 0 ? RSA_KEYS_OK : RSA_KEYS_NOT_PEM;
		if (keys->count == RSA_MAX_KEYS)
			return RSA_KEYS_TOO_MANY;

		pem_end = find_pem_end(text, end, &label, &label_length);
		if (pem_end == NULL)
			return RSA_KEYS_NOT_PEM;
		status = status_of_label(label, label_length);
		if (status == RSA_KEYS_OK)
			status = add_key(keys, text, pem_end - text);
		if (status != RSA_KEYS_OK)
			return status;
		text = pem_end;
	}
}

/*
 * Read public keys, PEMs one after the other, each of which may have signed.  Sets
 * *keys if RSA_KEYS_OK is returned.
 */
RsaKeysStatus
rsa_keys_read(const char *pems, size_t length, RsaKeys **keys)
{
	RsaKeysStatus status;

	*keys = OPENSSL_zalloc(sizeof(RsaKeys));
	if (*keys == NULL || sha256() == NULL || !has_rsa())
		status = RSA_KEYS_CRYPTO_FAILED;
	else
		status = add_keys(*keys, pems, pems + length);

	ERR_clear_error();
	if (status != RSA_KEYS_OK)
	{
		rsa_keys_free(*keys);
		*keys = NULL;
	}
	return status;
}

/* True if OpenSSL has met with a lack of memory; empties its queue of errors */
static bool
lacked_memory(void)
{
	unsigned long error;
	bool		lacked = !openssl_has_memory(ENOUGH_TO_FETCH);

	while ((error = ERR_get_error()) != 0)
		lacked |= ERR_GET_REASON(error) == ERR_R_MALLOC_FAILURE;
	return lacked;
}

/* Free keys */
void
rsa_keys_free(RsaKeys *keys)
{
	if (keys == NULL)
		return;
	for (int i = 0; i < keys->count; i++)
		EVP_MD_CTX_free(keys->contexts[i]);
	OPENSSL_free(keys);
}

/*
 * Verify a signature with each of the keys.  The context of a key is copied, which
 * is faster than to make one.
 */
RsaVerifyStatus
rsa_sha256_verify(const RsaKeys *keys, const void *data, size_t length,
				  const uint8_t *signature, size_t signature_length)
{
	EVP_MD_CTX *copy = EVP_MD_CTX_new();
	RsaVerifyStatus status = copy == NULL ? RSA_VERIFY_CRYPTO_FAILED :
		RSA_NOT_VERIFIED;

	ERR_clear_error();
	for (int i = 0; i < keys->count && status == RSA_NOT_VERIFIED; i++)
	{
		if (EVP_MD_CTX_copy_ex(copy, keys->contexts[i]) != 1)
			status = RSA_VERIFY_CRYPTO_FAILED;
		else if (EVP_DigestVerify(copy, signature, signature_length,
								  data, length) == 1)
			status = RSA_VERIFIED;
	}
	EVP_MD_CTX_free(copy);
	if (status == RSA_NOT_VERIFIED && lacked_memory())
		status = RSA_VERIFY_CRYPTO_FAILED;
	ERR_clear_error();
	return status;
}
