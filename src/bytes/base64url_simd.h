/*
 * base64url_simd.h: base64url, sixteen characters at a time
 */
#ifndef BASE64URL_SIMD_H
#define BASE64URL_SIMD_H

#include <stddef.h>
#include <stdint.h>

#if defined(__x86_64__) && defined(__GNUC__) && !defined(BASE64URL_PLAIN)
#define BASE64URL_SIMD	1

extern size_t base64url_simd_encode(const uint8_t *bytes, size_t length,
									char *text);
extern size_t base64url_simd_decode(const char *text, size_t length,
									uint8_t *bytes);

#else

/* Nothing is done at once */
static inline size_t
base64url_simd_encode(const uint8_t *bytes, size_t length, char *text)
{
	(void) bytes, (void) length, (void) text;
	return 0;
}

static inline size_t
base64url_simd_decode(const char *text, size_t length, uint8_t *bytes)
{
	(void) text, (void) length, (void) bytes;
	return 0;
}

#endif

#endif							/* BASE64URL_SIMD_H */
