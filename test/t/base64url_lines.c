/*
 * base64url_lines.c: answers lines of "encode HEX" and "decode HEX"
 *
 * Input and output have just the room that they need, so that a sanitizer sees
 * what goes beyond.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64url.h"

static uint8_t *
read_hex(const char *hex, size_t *length)
{
	uint8_t    *bytes;

	*length = strcspn(hex, "\n") / 2;
	bytes = malloc(*length);
	for (size_t i = 0; i < *length; i++)
	{
		char		digits[3] = {hex[2 * i], hex[2 * i + 1], '\0'};

		bytes[i] = (uint8_t) strtol(digits, NULL, 16);
	}
	return bytes;
}

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
answer_decode(const uint8_t *text, size_t length)
{
	size_t		bytes_length = base64url_decoded_length(length);
	uint8_t    *bytes = malloc(bytes_length);

	if (base64url_decode((const char *) text, length, bytes) != BASE64URL_OK)
		printf("refused");
	else
	{
		for (size_t i = 0; i < bytes_length; i++)
			printf("%02x", bytes[i]);
	}
	printf("\n");
	free(bytes);
}

int
main(void)
{
	static char line[1024];

	while (fgets(line, sizeof(line), stdin) != NULL)
	{
		const char *hex = line + strlen("encode ");
		size_t		length;
		uint8_t    *bytes = read_hex(hex, &length);

		if (strncmp(line, "encode ", strlen("encode ")) == 0)
			answer_encode(bytes, length);
		else
			answer_decode(bytes, length);
		free(bytes);
	}
	return 0;
}
