/*
 * base64.c: base64 with padding (RFC 4648 section 4)
 *
 * It is as strict as base64url: each byte string has exactly one spelling.
 */
#include "base64.h"

#include <stdbool.h>

/* Change the alphabet of a text to base64url's; false if it has a character of that */
static bool
to_base64url(char *text, size_t length)
{
	for (const char *end = text + length; text < end; text++)
	{
		if (*text == '-' || *text == '_')
			return false;
		if (*text == '+')
			*text = '-';
		else if (*text == '/')
			*text = '_';
	}
	return true;
}

/* The length of a text without the padding that it may have */
static size_t
unpadded_length(const char *text, size_t length)
{
	if (length >= 4 && text[length - 1] == '=')
		length -= text[length - 2] == '=' ? 2 : 1;
	return length;
}

/*
 * Decode a text, which is changed on the way.  Sets *decoded_length to the number of
 * bytes, for which there must be room: base64url_decoded_length(length).  They mean
 * nothing unless BASE64URL_OK is returned.
 */
Base64urlStatus
base64_decode(char *text, size_t length, uint8_t *bytes,
			  size_t *decoded_length)
{
	size_t		unpadded = unpadded_length(text, length);

	*decoded_length = base64url_decoded_length(unpadded);
	if (!to_base64url(text, unpadded))
		return BASE64URL_BAD_CHARACTER;
	if (length % 4 != 0)
		return BASE64URL_BAD_LENGTH;
	return base64url_decode(text, unpadded, bytes);
}
