/*
 * base64url.c: any bytes as bytes to encode and as text to decode
 *
 * The oracle is OpenSSL's EVP_EncodeBlock.  The other path of base64url.c, that
 * of processors without SSSE3, is compiled in under another name.
 */
#include "fuzz.h"

#include <openssl/evp.h>

#include "bytes/base64url.h"

extern void plain_base64url_encode(const uint8_t *bytes, size_t length,
								   char *text);
extern Base64urlStatus plain_base64url_decode(const char *text, size_t length,
											  uint8_t *bytes);

typedef void (*Encoder) (const uint8_t *bytes, size_t length, char *text);
typedef Base64urlStatus (*Decoder) (const char *text, size_t length,
									uint8_t *bytes);

/* Bytes as base64url, by OpenSSL; it ends with a NUL */
static char *
encode_by_openssl(const uint8_t *bytes, size_t length)
{
	unsigned char *text = make_room_for((length + 2) / 3 * 4 + 1);
	char	   *p;

	EVP_EncodeBlock(text, bytes, (int) length);
	for (p = (char *) text; *p != '\0' && *p != '='; p++)
	{
		if (*p == '+')
			*p = '-';
		else if (*p == '/')
			*p = '_';
	}
	*p = '\0';
	return (char *) text;
}

/* Require that bytes are encoded as OpenSSL encodes them, and decoded to themselves */
static void
check_bytes(Encoder encode, Decoder decode, const uint8_t *bytes, size_t length)
{
	char	   *expected = encode_by_openssl(bytes, length);
	size_t		text_length = base64url_encoded_length(length);
	char	   *text = make_room_for(text_length);
	uint8_t    *decoded = make_room_for(length);

	encode(bytes, length, text);
	REQUIRE(strlen(expected) == text_length);
	REQUIRE(memcmp(text, expected, text_length) == 0);

	REQUIRE(base64url_decoded_length(text_length) == length);
	REQUIRE(decode(text, text_length, decoded) == BASE64URL_OK);
	REQUIRE(memcmp(decoded, bytes, length) == 0);
	free(expected);
	free(text);
	free(decoded);
}

/* Require that text that can be decoded is encoded to itself: there is one spelling */
static void
check_text(Encoder encode, Decoder decode, const char *text, size_t length)
{
	size_t		decoded_length = base64url_decoded_length(length);
	uint8_t    *decoded = make_room_for(decoded_length);
	char	   *encoded = make_room_for(length);

	if (decode(text, length, decoded) == BASE64URL_OK)
	{
		REQUIRE(base64url_encoded_length(decoded_length) == length);
		encode(decoded, decoded_length, encoded);
		REQUIRE(memcmp(encoded, text, length) == 0);
	}
	free(decoded);
	free(encoded);
}

/* Require the same answer of both paths, whatever it is */
static void
check_paths_agree(const char *text, size_t length)
{
	uint8_t    *decoded = make_room_for(base64url_decoded_length(length));

	REQUIRE(base64url_decode(text, length, decoded) ==
			plain_base64url_decode(text, length, decoded));
	free(decoded);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	/* A copy without the room that libFuzzer leaves */
	uint8_t    *bytes = make_room_for(size);

	memcpy(bytes, data, size);
	check_bytes(base64url_encode, base64url_decode, bytes, size);
	check_bytes(plain_base64url_encode, plain_base64url_decode, bytes, size);
	check_text(base64url_encode, base64url_decode, (char *) bytes, size);
	check_text(plain_base64url_encode, plain_base64url_decode,
			   (char *) bytes, size);
	check_paths_agree((char *) bytes, size);
	free(bytes);
	return 0;
}
