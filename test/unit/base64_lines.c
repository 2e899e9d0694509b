/*
 * base64_lines.c: answers lines of "encode HEX" and "decode HEX", for base64url, and
 * "decode_padded HEX", for base64
 *
 * An answer is a line.  Input and output have just the room that they need, so
 * that a sanitizer sees what goes beyond.
 */
#include <stdbool.h>

#include "hex.h"

#include "bytes/base64.h"
#include "bytes/base64url.h"

static void
answer_encode(const uint8_t *bytes, size_t length)
{
	size_t		text_length = base64url_encoded_length(length);
	char	   *text = malloc(text_length);

	base64url_encode(bytes, length, text);
	printf("%.*s\n", (int) text_length, text);
	free(text);
}

static void
answer_decode(uint8_t *text, size_t length, bool padded)
{
	size_t		bytes_length = base64url_decoded_length(length);
	uint8_t    *bytes = malloc(bytes_length);
	Base64urlStatus status = padded ?
		base64_decode((char *) text, length, bytes, &bytes_length) :
		base64url_decode((const char *) text, length, bytes);

	if (status != BASE64URL_OK)
		printf("refused");
	else
		print_hex(bytes, bytes_length);
	printf("\n");
	free(bytes);
}

int
main(void)
{
	static char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		const char *hex = strchr(line, ' ') + 1;
		size_t		length;
		uint8_t    *bytes = read_hex(hex, &length);

		if (strncmp(line, "encode ", strlen("encode ")) == 0)
			answer_encode(bytes, length);
		else
			answer_decode(bytes, length, strncmp(line, "decode_padded", strlen("decode_padded")) == 0);
		free(bytes);
	}
	return 0;
}
