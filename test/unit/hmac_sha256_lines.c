/*
 * hmac_sha256_lines.c: answers lines of "key HEX", "sign HEX" and "equal HEX HEX"
 *
 * An answer is a line.  A context is made for a key and signs all texts that
 * follow it, as an expression does from row to row.
 */
#include "hex.h"

#include "bytes/hmac_sha256.h"

#define LONGEST_LINE	400000

static void
answer_key(HmacSha256 **hmac, const char *hex)
{
	size_t		length;
	uint8_t    *key = read_hex(hex, &length);

	hmac_sha256_free(*hmac);
	*hmac = hmac_sha256_new(key, length);
	printf("%s\n", *hmac != NULL ? "keyed" : "refused");
	free(key);
}

static void
answer_sign(HmacSha256 *hmac, const char *hex)
{
	size_t		length;
	uint8_t    *text = read_hex(hex, &length);
	uint8_t		signature[HMAC_SHA256_LENGTH];

	if (!hmac_sha256_sign(hmac, text, length, signature))
		printf("refused");
	else
		print_hex(signature, HMAC_SHA256_LENGTH);
	printf("\n");
	free(text);
}

static void
answer_equal(const char *hex)
{
	size_t		length;
	uint8_t    *one = read_hex(hex, &length);
	uint8_t    *other = read_hex(hex + 2 * length + 1, &length);

	printf("%s\n", hmac_sha256_equal(one, other) ? "equal" : "different");
	free(one);
	free(other);
}

int
main(void)
{
	static char line[LONGEST_LINE];
	HmacSha256 *hmac = NULL;

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		if (strncmp(line, "key ", strlen("key ")) == 0)
			answer_key(&hmac, line + strlen("key "));
		else if (strncmp(line, "sign ", strlen("sign ")) == 0)
			answer_sign(hmac, line + strlen("sign "));
		else
			answer_equal(line + strlen("equal "));
	}
	hmac_sha256_free(hmac);
	return 0;
}
