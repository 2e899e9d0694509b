/*
 * rsa_sha256.c: any bytes as the PEMs of public keys, and as the DER in one
 *
 * What is accepted is RSA keys of a size that is allowed, which OpenSSL's other
 * decoder, that of DER, finds in the same PEMs; and nothing verifies with them.
 */
#include "fuzz.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>
#include <stdbool.h>

#include "bytes/rsa_sha256.h"

/* How an input is read, by its first byte */
enum
{
	AS_PEMS,					/* as it is */
	AS_KEY,						/* the rest as the DER of a PUBLIC KEY */
	AS_RSA_KEY,					/* the rest as the DER of an RSA PUBLIC KEY */
	WAYS
};

/* The PEM of this label and these bytes; to be freed */
static char *
make_pem(const char *label, const uint8_t *der, size_t size, size_t *length)
{
	BIO		   *bio = BIO_new(BIO_s_mem());
	char	   *start;
	char	   *pem;

	REQUIRE(PEM_write_bio(bio, label, "", der, (long) size) > 0);
	*length = BIO_get_mem_data(bio, &start);
	pem = make_room_for(*length);
	memcpy(pem, start, *length);
	BIO_free(bio);
	return pem;
}

/* The text that an input stands for; to be freed */
static char *
make_pems(const uint8_t *data, size_t size, size_t *length)
{
	char	   *pems;

	if (size > 1 && data[0] % WAYS == AS_KEY)
		return make_pem("PUBLIC KEY", data + 1, size - 1, length);
	if (size > 1 && data[0] % WAYS == AS_RSA_KEY)
		return make_pem("RSA PUBLIC KEY", data + 1, size - 1, length);

	pems = make_room_for(size);
	memcpy(pems, data, size);
	*length = size;
	return pems;
}

/* The RSA key in DER, as either of the labels may have it; NULL if there is none */
static EVP_PKEY *
read_der(const unsigned char *der, long length)
{
	const unsigned char *next = der;
	EVP_PKEY   *key = d2i_PUBKEY(NULL, &next, length);

	next = der;
	return key != NULL ? key : d2i_PublicKey(EVP_PKEY_RSA, NULL, &next, length);
}

static bool
is_odd_above_one(EVP_PKEY *key, const char *parameter)
{
	BIGNUM	   *number = NULL;
	bool		good = EVP_PKEY_get_bn_param(key, parameter, &number) == 1 &&
		BN_is_odd(number) && BN_num_bits(number) > 1;

	BN_free(number);
	return good;
}

/* Require that DER has a key that may be used */
static void
check_key(const unsigned char *der, long length)
{
	EVP_PKEY   *key = read_der(der, length);

	REQUIRE(key != NULL);
	REQUIRE(EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA);
	REQUIRE(EVP_PKEY_get_bits(key) >= 2048 && EVP_PKEY_get_bits(key) <= 8192);
	REQUIRE(is_odd_above_one(key, OSSL_PKEY_PARAM_RSA_N));
	REQUIRE(is_odd_above_one(key, OSSL_PKEY_PARAM_RSA_E));
	EVP_PKEY_free(key);
}

/* Require that PEMs have keys that may be used, at most as many as there may be, and nothing else */
static void
check_keys(const char *pems, size_t length)
{
	BIO		   *bio = BIO_new_mem_buf(pems, (int) length);
	char	   *label;
	char	   *header;
	unsigned char *der;
	long		der_length;
	int			count = 0;

	while (PEM_read_bio(bio, &label, &header, &der, &der_length) == 1)
	{
		REQUIRE(strcmp(label, "PUBLIC KEY") == 0 || strcmp(label, "RSA PUBLIC KEY") == 0);
		check_key(der, der_length);
		OPENSSL_free(label);
		OPENSSL_free(header);
		OPENSSL_free(der);
		count++;
	}
	BIO_free(bio);
	REQUIRE(count >= 1 && count <= 16);
}

/* Require that nothing is signed with keys of which nobody has the private ones */
static void
check_signature(const RsaKeys *keys, const uint8_t *data, size_t size)
{
	uint8_t    *signature = make_room_for(size);

	memcpy(signature, data, size);
	REQUIRE(rsa_sha256_verify(keys, "{}", 2, signature, size) == RSA_NOT_VERIFIED);
	free(signature);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t		length;
	char	   *pems = make_pems(data, size, &length);
	RsaKeys    *keys;
	RsaKeysStatus status = rsa_keys_read(pems, length, &keys);

	REQUIRE(status != RSA_KEYS_CRYPTO_FAILED);
	REQUIRE((keys != NULL) == (status == RSA_KEYS_OK));
	if (status == RSA_KEYS_OK)
	{
		check_keys(pems, length);
		check_signature(keys, data, size < 256 ? size : 256);
	}
	rsa_keys_free(keys);
	free(pems);
	return 0;
}
