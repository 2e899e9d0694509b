/*
 * base64.h: base64 with padding (RFC 4648 section 4)
 */
#ifndef BASE64_H
#define BASE64_H

#include "base64url.h"

extern Base64urlStatus base64_decode(char *text, size_t length,
									 uint8_t *bytes, size_t *decoded_length);

#endif							/* BASE64_H */
