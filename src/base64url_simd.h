/*
 * base64url_simd.h: base64url, sixteen characters at a time
 */
#ifndef BASE64URL_SIMD_H
#define BASE64URL_SIMD_H

#include <stddef.h>
#include <stdint.h>

extern size_t base64url_simd_encode(const uint8_t *bytes, size_t length,
									char *text);
extern size_t base64url_simd_decode(const char *text, size_t length,
									uint8_t *bytes);

#endif							/* BASE64URL_SIMD_H */
