/*
 * base64.c: any bytes as bytes to encode and as text to decode
 *
 * The oracle is OpenSSL's EVP_EncodeBlock: a text is decoded if and only if it is
 * what that writes.
 */
#include "fuzz.h"

#include <openssl/evp.h>

#include "bytes/base64.h"

/* Bytes as base64, by OpenSSL; it ends with a NUL */
static char *
encode(const uint8_t *bytes, size_t length)
{
	unsigned char *text = make_room_for((length + 2) / 3 * 4 + 1);

	EVP_EncodeBlock(text, bytes, (int) length);
	return (char *) text;
}

/* Decode a text, which stays as it is; sets *bytes, to be freed, and *decoded_length */
static Base64urlStatus
decode(const char *text, size_t length, uint8_t **bytes, size_t *decoded_length)
{
	char	   *copy = make_room_for(length);
	Base64urlStatus status;

	memcpy(copy, text, length);
	*bytes = make_room_for(base64url_decoded_length(length));
	status = base64_decode(copy, length, *bytes, decoded_length);
	free(copy);
	return status;
}

/* Require that bytes are decoded to themselves from what OpenSSL writes */
static void
check_bytes(const uint8_t *bytes, size_t length)
{
	char	   *text = encode(bytes, length);
	uint8_t    *decoded;
	size_t		decoded_length;

	REQUIRE(decode(text, strlen(text), &decoded, &decoded_length) == BASE64URL_OK);
	REQUIRE(decoded_length == length);
	REQUIRE(memcmp(decoded, bytes, length) == 0);
	free(decoded);
	free(text);
}

/* Require that a text that can be decoded is encoded to itself: there is one spelling */
static void
check_text(const char *text, size_t length)
{
	uint8_t    *decoded;
	size_t		decoded_length;

	if (decode(text, length, &decoded, &decoded_length) == BASE64URL_OK)
	{
		char	   *encoded = encode(decoded, decoded_length);

		REQUIRE(strlen(encoded) == length);
		REQUIRE(memcmp(encoded, text, length) == 0);
		free(encoded);
	}
	free(decoded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy without the room that libFuzzer leaves */
	uint8_t    *bytes = make_room_for(size);

	memcpy(bytes, data, size);
	check_bytes(bytes, size);
	check_text((char *) bytes, size);
	free(bytes);
	return 0;
}
