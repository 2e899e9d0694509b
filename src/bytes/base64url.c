/*
 * base64url.c: base64url without padding (RFC 4648 section 5, RFC 7515
 * section 2)
 *
 * Decoding is strict, so that every byte string has exactly one spelling: no
 * padding, no white space, no other alphabet, and the bits that the last
 * character has to spare are zero (RFC 4648 section 3.5).
 */
#include "base64url.h"

#include "base64url_simd.h"

static const char alphabet[] =
"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

/* Not in the alphabet; has bits that no value has */
#define XX	0xC0

/* The value of each character */
static const uint8_t values[256] = {
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, 62, XX, XX,
	52, 53, 54, 55, 56, 57, 58, 59, 60, 61, XX, XX, XX, XX, XX, XX,
	XX,  0,  1,  2,  3,  4,  5,  6,  7,  8,  9, 10, 11, 12, 13, 14,
	15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, XX, XX, XX, XX, 63,
	XX, 26, 27, 28, 29, 30, 31, 32, 33, 34, 35, 36, 37, 38, 39, 40,
	41, 42, 43, 44, 45, 46, 47, 48, 49, 50, 51, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
	XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX, XX,
};

/*
 * Write base64url_encoded_length(length) characters, without a final NUL
 */
void
base64url_encode(const uint8_t *bytes, size_t length, char *text)
{
	size_t		done = base64url_simd_encode(bytes, length, text);

	bytes += done;
	length -= done;
	text += base64url_encoded_length(done);
	for (; length >= 3; bytes += 3, length -= 3)
	{
		uint32_t	group = (uint32_t) bytes[0] << 16 | bytes[1] << 8 | bytes[2];

		*text++ = alphabet[group >> 18];
		*text++ = alphabet[group >> 12 & 63];
		*text++ = alphabet[group >> 6 & 63];
		*text++ = alphabet[group & 63];
	}

	if (length == 2)
	{
		*text++ = alphabet[bytes[0] >> 2];
		*text++ = alphabet[(bytes[0] << 4 | bytes[1] >> 4) & 63];
		*text++ = alphabet[bytes[1] << 2 & 63];
	}
	else if (length == 1)
	{
		*text++ = alphabet[bytes[0] >> 2];
		*text++ = alphabet[bytes[0] << 4 & 63];
	}
}

/*
 * Write base64url_decoded_length(length) bytes.  They mean nothing unless
 * BASE64URL_OK is returned.
 */
Base64urlStatus
base64url_decode(const char *text, size_t length, uint8_t *bytes)
{
	size_t		done = base64url_simd_decode(text, length, bytes);
	const uint8_t *in = (const uint8_t *) text + done;
	uint8_t		seen = 0;		/* bits of all values, to look for XX once */
	uint8_t		spare = 0;		/* bits of the last character that no byte takes */
	uint8_t		a,
				b,
				c;

	length -= done;
	bytes += base64url_decoded_length(done);
	for (; length >= 4; in += 4, length -= 4)
	{
		uint8_t		d = values[in[3]];

		a = values[in[0]];
		b = values[in[1]];
		c = values[in[2]];
		seen |= a | b | c | d;
		*bytes++ = (uint8_t) (a << 2 | b >> 4);
		*bytes++ = (uint8_t) (b << 4 | c >> 2);
		*bytes++ = (uint8_t) (c << 6 | d);
	}

	if (length >= 2)
	{
		a = values[in[0]];
		b = values[in[1]];
		seen |= a | b;
		*bytes++ = (uint8_t) (a << 2 | b >> 4);
		spare = b & 0x0F;
	}
	if (length == 3)
	{
		c = values[in[2]];
		seen |= c;
		*bytes++ = (uint8_t) (b << 4 | c >> 2);
		spare = c & 0x03;
	}

	if (seen & XX)
		return BASE64URL_BAD_CHARACTER;
	if (length == 1)
		return BASE64URL_BAD_LENGTH;
	if (spare != 0)
		return BASE64URL_TRAILING_BITS;
	return BASE64URL_OK;
}
