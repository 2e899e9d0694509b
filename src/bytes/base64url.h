/*
 * base64url.h: base64url without padding (RFC 4648 section 5, RFC 7515
 * section 2)
 */
#ifndef BASE64URL_H
#define BASE64URL_H

#include <stddef.h>
#include <stdint.h>

typedef enum Base64urlStatus
{
	BASE64URL_OK,
	BASE64URL_BAD_CHARACTER,
	BASE64URL_BAD_LENGTH,
	BASE64URL_TRAILING_BITS
} Base64urlStatus;

/* How many characters that many bytes become */
static inline size_t
base64url_encoded_length(size_t length)
{
	return length / 3 * 4 + (length % 3 * 4 + 2) / 3;
}

/* How many bytes that many characters become */
static inline size_t
base64url_decoded_length(size_t length)
{
	return length / 4 * 3 + length % 4 * 3 / 4;
}

extern void base64url_encode(const uint8_t *bytes, size_t length, char *text);
extern Base64urlStatus base64url_decode(const char *text, size_t length,
										uint8_t *bytes);

#endif							/* BASE64URL_H */
