/*
 * hmac_sha256.h: HMAC-SHA256 (RFC 2104) over OpenSSL's EVP_MAC, keyed once
 */
#ifndef HMAC_SHA256_H
#define HMAC_SHA256_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HMAC_SHA256_LENGTH	32

typedef struct evp_mac_ctx_st HmacSha256;

extern HmacSha256 *hmac_sha256_new(const uint8_t *secret, size_t length);
extern void hmac_sha256_free(HmacSha256 *hmac);
extern bool hmac_sha256_sign(HmacSha256 *hmac, const void *data, size_t length,
							 uint8_t signature[HMAC_SHA256_LENGTH]);
extern bool hmac_sha256_equal(const uint8_t *one, const uint8_t *other);

#endif							/* HMAC_SHA256_H */
