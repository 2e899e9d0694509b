/*
 * encoding.h: text in UTF-8, in the server encoding and in the client's
 */
#ifndef ENCODING_H
#define ENCODING_H

#include "mb/pg_wchar.h"

/* True for white space of ASCII, \v included */
static inline bool
is_white_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* True if a text starts or ends with white space, like a file's newline */
static inline bool
has_white_space_around(const char *text, int length)
{
	return length > 0 &&
		(is_white_space(text[0]) || is_white_space(text[length - 1]));
}

/* The next character of a text in UTF-8, which *text is moved behind */
static inline pg_wchar
utf8_next(const char **text)
{
	const unsigned char *character = (const unsigned char *) *text;

	*text += pg_utf_mblen(character);
	return utf8_to_unicode(character);
}

extern bool text_has_form(const char *text, int length, const char *form);
extern bool utf8_is_valid(const char *text, int length);
extern char *utf8_from_server(char *text, int *length);
extern char *utf8_to_server(char *text, int *length);
extern bool is_unicode_white_space(pg_wchar c);
extern pg_wchar first_white_space(char *text, int length);
extern bool client_can_read_all(void);
extern char *text_for_client(const char *text);

#endif							/* ENCODING_H */
