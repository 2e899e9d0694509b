/*
 * hmac_sha256.c: any bytes as a key and two texts that it signs, one after the
 * other
 *
 * The oracle is OpenSSL's one-shot HMAC().
 */
#include "fuzz.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "bytes/hmac_sha256.h"

/* A piece of an input, whose first two bytes say how long the first two pieces are: a key and a text */
typedef struct Part
{
	uint8_t    *bytes;
	size_t		length;
} Part;

/* The next bytes of an input, or as many as there are, in room of their own; moves on behind them */
static Part
take(const uint8_t **data, size_t *size, size_t length)
{
	Part		part = {.length = length < *size ? length : *size};

	part.bytes = make_room_for(part.length);
	memcpy(part.bytes, *data, part.length);
	*data += part.length;
	*size -= part.length;
	return part;
}

/* Require that a signature equals itself, and not what differs in a bit */
static void
check_comparison(const uint8_t *signature, int bit)
{
	uint8_t		other[HMAC_SHA256_LENGTH];

	memcpy(other, signature, HMAC_SHA256_LENGTH);
	REQUIRE(hmac_sha256_equal(signature, other));
	other[bit / 8] ^= (uint8_t) (1 << bit % 8);
	REQUIRE(!hmac_sha256_equal(signature, other));
}

/* Require the signature that OpenSSL's HMAC() gives */
static void
check_signature(HmacSha256 *hmac, const Part *secret, const Part *text)
{
	uint8_t		signature[HMAC_SHA256_LENGTH];
	uint8_t		expected[EVP_MAX_MD_SIZE];

	REQUIRE(hmac_sha256_sign(hmac, text->bytes, text->length, signature));
	REQUIRE(HMAC(EVP_sha256(), secret->bytes, (int) secret->length,
				 text->bytes, text->length, expected, NULL) != NULL);
	REQUIRE(memcmp(signature, expected, HMAC_SHA256_LENGTH) == 0);
	check_comparison(signature, expected[0]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t		lengths[] = {size > 0 ? data[0] : 0, size > 1 ? data[1] : 0};
	size_t		used = size < 2 ? size : 2;
	HmacSha256 *hmac;
	Part		secret;
	Part		text;
	Part		rest;

	data += used;
	size -= used;
	secret = take(&data, &size, lengths[0]);
	text = take(&data, &size, lengths[1]);
	rest = take(&data, &size, size);

	hmac = hmac_sha256_new(secret.bytes, secret.length);
	REQUIRE(hmac != NULL);
	check_signature(hmac, &secret, &text);
	check_signature(hmac, &secret, &rest);

	hmac_sha256_free(hmac);
	free(secret.bytes);
	free(text.bytes);
	free(rest.bytes);
	return 0;
}
