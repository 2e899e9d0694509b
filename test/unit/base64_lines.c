/*
 * base64_lines.c: answers lines of "decode HEX"
 *
 * An answer is a line.  Input and output have just the room that they need, so
 * that a sanitizer sees what goes beyond.
 */
#include "hex.h"

#include "bytes/base64.h"

static void
answer_decode(uint8_t *text, size_t length)
{
	uint8_t    *bytes = malloc(base64url_decoded_length(length));
	size_t		bytes_length;

	if (base64_decode((char *) text, length, bytes, &bytes_length) != BASE64URL_OK)
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
		size_t		length;
		uint8_t    *text = read_hex(line + strlen("decode "), &length);

		answer_decode(text, length);
		free(text);
	}
	return 0;
}
