/*
 * rsa_sha256_lines.c: answers lines of "keys HEX" and "verify HEX HEX"
 *
 * An answer is a line.  Keys, PEMs, are read once and verify all signatures that
 * follow them, as those of an expression do from row to row; a signature comes
 * before the text.
 */
#include "hex.h"

#include "bytes/rsa_sha256.h"

#define LONGEST_LINE	400000

static void
answer_keys(RsaKeys **keys, const char *hex)
{
	static const char *const answers[] = {
		[RSA_KEYS_OK] = "good",
		[RSA_KEYS_NOT_PEM] = "no PEM",
		[RSA_KEYS_PRIVATE] = "private",
		[RSA_KEYS_NOT_PUBLIC] = "not public",
		[RSA_KEYS_NOT_RSA] = "no RSA",
		[RSA_KEYS_BAD_SIZE] = "bad size",
		[RSA_KEYS_TOO_MANY] = "too many",
		[RSA_KEYS_CRYPTO_FAILED] = "failed"
	};
	size_t		length;
	uint8_t    *pems = read_hex(hex, &length);

	rsa_keys_free(*keys);
	printf("%s\n", answers[rsa_keys_read((const char *) pems, length, keys)]);
	free(pems);
}

static void
answer_verify(const RsaKeys *keys, const char *hex)
{
	static const char *const answers[] = {
		[RSA_VERIFIED] = "verified",
		[RSA_NOT_VERIFIED] = "refused",
		[RSA_VERIFY_CRYPTO_FAILED] = "failed"
	};
	size_t		signature_length;
	size_t		length;
	uint8_t    *signature = read_hex(hex, &signature_length);
	uint8_t    *text = read_hex(hex + 2 * signature_length + 1, &length);

	if (keys == NULL)
		printf("no keys\n");
	else
		printf("%s\n", answers[rsa_sha256_verify(keys, text, length,
												 signature, signature_length)]);
	free(signature);
	free(text);
}

int
main(void)
{
	static char line[LONGEST_LINE];
	RsaKeys    *keys = NULL;

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		if (strncmp(line, "keys ", strlen("keys ")) == 0)
			answer_keys(&keys, line + strlen("keys "));
		else
			answer_verify(keys, line + strlen("verify "));
	}
	rsa_keys_free(keys);
	return 0;
}
