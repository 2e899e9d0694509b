/*
 * webhook_floor.c PUBLIC_KEY SAMPLE SECONDS: print how long OpenSSL takes to verify
 * RSA with SHA-256, in nanoseconds a body, with a key that is parsed and a context
 * for each
 */
#include "timing.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

/* The columns of a line */
enum
{
	BODY,
	SIGNATURE					/* in base64 */
};

/* A signature, decoded; OpenSSL's decoder leaves zeros for the padding */
typedef struct Signature
{
	unsigned char bytes[1024];
	size_t		length;
} Signature;

static EVP_PKEY *key;
static Signature signatures[MAX_LINES];

static void
read_key(const char *path)
{
	FILE	   *file = fopen(path, "r");

	key = file == NULL ? NULL : PEM_read_PUBKEY(file, NULL, NULL, NULL);
	if (key == NULL)
		exit(1);
	fclose(file);
}

static void
decode_signatures(const Sample *sample)
{
	for (int i = 0; i < sample->count; i++)
	{
		const char *text = sample->columns[i][SIGNATURE];

		signatures[i].length = EVP_PKEY_get_size(key);
		if (strlen(text) > sizeof(signatures[i].bytes) ||
			EVP_DecodeBlock(signatures[i].bytes, (const unsigned char *) text, (int) strlen(text)) < 0)
			exit(1);
	}
}

static void
verify(const Sample *sample, int line)
{
	const char *body = sample->columns[line][BODY];
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	if (EVP_DigestVerifyInit(context, NULL, EVP_sha256(), NULL, key) != 1 ||
		EVP_DigestVerify(context, signatures[line].bytes, signatures[line].length,
						 (const unsigned char *) body, strlen(body)) != 1)
		exit(1);
	EVP_MD_CTX_free(context);
}

int
main(int argc, char **argv)
{
	static Sample sample;

	if (argc != 4)
		return 2;
	read_key(argv[1]);
	read_sample(argv[2], &sample);
	decode_signatures(&sample);

	printf("{\"verify\": %f}\n", nanoseconds_each(verify, &sample, atof(argv[3])));
	EVP_PKEY_free(key);
	return 0;
}
