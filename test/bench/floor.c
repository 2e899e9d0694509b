/*
 * floor.c SECRET SAMPLE SECONDS: print what no implementation can avoid, in
 * nanoseconds a token, each in a tight loop: OpenSSL's HMAC-SHA256 ("hmac"), and
 * to write the payload and encode it and the signature ("base64url")
 */
#include "timing.h"

#include "bytes/base64url.h"
#include "bytes/hmac_sha256.h"

static HmacSha256 *hmac;
static uint8_t signature[HMAC_SHA256_LENGTH];
static char payload[MAX_LENGTH];
static char text[2 * MAX_LENGTH];

/* guard.py counts the instructions of these two by their names */
static __attribute__((noinline)) void
compute_hmac(const Sample *sample, int line)
{
	const char *token = sample->columns[line][TOKEN];

	if (!hmac_sha256_sign(hmac, token, strrchr(token, '.') - token, signature))
		exit(1);
}

static __attribute__((noinline)) void
encode(const Sample *sample, int line)
{
	const char *body = sample->columns[line][TOKEN_BODY];
	size_t		length = strlen(body);

	memcpy(payload, body, length);
	base64url_encode((const uint8_t *) payload, length, text);
	base64url_encode(signature, sizeof(signature), text + MAX_LENGTH);
}

int
main(int argc, char **argv)
{
	static Sample sample;
	double		seconds;

	if (argc != 4)
		return 2;
	hmac = hmac_sha256_new((const uint8_t *) argv[1], strlen(argv[1]));
	read_sample(argv[2], &sample);
	seconds = atof(argv[3]);

	printf("{\"hmac\": %f, ", nanoseconds_each(compute_hmac, &sample, seconds));
	printf("\"base64url\": %f}\n", nanoseconds_each(encode, &sample, seconds));
	hmac_sha256_free(hmac);
	return 0;
}
