/*
 * rsa_sha256.h: RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017 section 8.2.2) over
 * OpenSSL's EVP_DigestVerify, with keys that are parsed once
 */
#ifndef RSA_SHA256_H
#define RSA_SHA256_H

#include <stddef.h>
#include <stdint.h>

#define RSA_MIN_BITS	2048
#define RSA_MAX_BITS	8192
#define RSA_MAX_KEYS	16
#define RSA_MAX_PEMS_LENGTH	65536

/* The length of the longest signature */
#define RSA_MAX_SIGNATURE_LENGTH	(RSA_MAX_BITS / 8)

typedef enum RsaKeysStatus
{
	RSA_KEYS_OK,
	RSA_KEYS_NOT_PEM,			/* no PEM that can be read, or something beside it */
	RSA_KEYS_PRIVATE,			/* a private key among them */
	RSA_KEYS_NOT_PUBLIC,		/* a PEM of something else, such as a certificate */
	RSA_KEYS_NOT_RSA,			/* not an RSA key that can be used */
	RSA_KEYS_BAD_SIZE,
	RSA_KEYS_TOO_MANY,			/* or too long a text */
	RSA_KEYS_CRYPTO_FAILED		/* OpenSSL has no RSA or SHA-256 to offer, or no memory */
} RsaKeysStatus;

typedef enum RsaVerifyStatus
{
	RSA_VERIFIED,
	RSA_NOT_VERIFIED,
	RSA_VERIFY_CRYPTO_FAILED
} RsaVerifyStatus;

typedef struct RsaKeys RsaKeys;

extern RsaKeysStatus rsa_keys_read(const char *pems, size_t length,
								   RsaKeys **keys);
extern void rsa_keys_free(RsaKeys *keys);
extern RsaVerifyStatus rsa_sha256_verify(const RsaKeys *keys,
										 const void *data, size_t length,
										 const uint8_t *signature,
										 size_t signature_length);

#endif							/* RSA_SHA256_H */
