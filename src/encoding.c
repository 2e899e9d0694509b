/*
 * encoding.c: text in UTF-8, in the server encoding and in the client's
 *
 * PostgreSQL's own conversions raise errors that print the bytes they choke
 * on, and they are looked up along the search_path, where anybody may plant a
 * CREATE DEFAULT CONVERSION.  These do neither.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_conversion.h"
#include "catalog/pg_namespace.h"
#include "mb/pg_wchar.h"
#include "utils/memutils.h"

#include "encoding.h"

/*
 * True if a text has a digit for each "0" of a form, a hexadecimal one for each "x",
 * and else the form's characters
 */
bool
text_has_form(const char *text, int length, const char *form)
{
	if (length != (int) strlen(form))
		return false;
	for (; *form != '\0'; form++, text++)
	{
		if (*form == '0' ? !isdigit((unsigned char) *text) :
			*form == 'x' ? !isxdigit((unsigned char) *text) :
			*text != *form)
			return false;
	}
	return true;
}

/* True if no byte is above 127 */
static bool
is_ascii(const char *text, int length)
{
	const char *end = text + length;

	for (; text < end; text++)
	{
		if (IS_HIGHBIT_SET(*text))
			return false;
	}
	return true;
}

/*
 * Convert with pg_catalog's conversion.  Returns a palloc'd text and sets
 * *length, or NULL if a character has no equal there.
 */
static char *
convert(char *text, int *length, int from, int to)
{
	Oid			procedure = FindDefaultConversion(PG_CATALOG_NAMESPACE,
												  from, to);
	Size		size = ((Size) *length + 1) * MAX_CONVERSION_GROWTH;
	char	   *converted;

	if (!OidIsValid(procedure) || size > MaxAllocSize)
		return NULL;

	converted = palloc(size);
	if (pg_do_encoding_conversion_buf(procedure, from, to,
									  (unsigned char *) text, *length,
									  (unsigned char *) converted, (int) size,
									  true) != *length)
	{
		OPENSSL_cleanse(converted, size);
		pfree(converted);
		return NULL;
	}
	*length = (int) strlen(converted);
	return converted;
}

/* True if these bytes are UTF-8 without a NUL */
bool
utf8_is_valid(const char *text, int length)
{
	return pg_verify_mbstr(PG_UTF8, text, length, true);
}

/*
 * Text of this database as UTF-8.  Returns the text itself or a converted copy,
 * and sets *length, or returns NULL if it cannot be written as UTF-8.  In
 * SQL_ASCII, where nobody knows the encoding, the bytes are taken as they are
 * if they are UTF-8.
 */
char *
utf8_from_server(char *text, int *length)
{
	int			encoding = GetDatabaseEncoding();

	if (encoding == PG_UTF8 || is_ascii(text, *length))
		return text;
	if (encoding == PG_SQL_ASCII)
		return utf8_is_valid(text, *length) ? text : NULL;
	return convert(text, length, encoding, PG_UTF8);
}

/*
 * UTF-8 as text of this database.  Returns the text itself or a converted copy,
 * and sets *length, or returns NULL if it has a character that this database
 * cannot hold.
 */
char *
utf8_to_server(char *text, int *length)
{
	int			encoding = GetDatabaseEncoding();

	if (encoding == PG_UTF8 || encoding == PG_SQL_ASCII ||
		is_ascii(text, *length))
		return text;

	/* Some conversions to EUC_JIS_2004 give what is not EUC_JIS_2004 */
	text = convert(text, length, PG_UTF8, encoding);
	if (text == NULL || !pg_verify_mbstr(encoding, text, *length, true))
		return NULL;
	return text;
}

/*
 * True for Unicode's White_Space and U+FEFF, and so for all that \s matches in
 * JavaScript
 */
bool
is_unicode_white_space(pg_wchar c)
{
	return (c >= 0x09 && c <= 0x0D) || c == 0x20 || c == 0x85 || c == 0xA0 ||
		c == 0x1680 || (c >= 0x2000 && c <= 0x200A) ||
		c == 0x2028 || c == 0x2029 || c == 0x202F || c == 0x205F ||
		c == 0x3000 || c == 0xFEFF;
}

/* True if none of eight bytes is a control character, a blank or above 127; may be false if none is */
static inline bool
are_visible(const char *text)
{
	uint64		bytes;

	memcpy(&bytes, text, 8);
	return (((bytes - UINT64CONST(0x2121212121212121)) | bytes) &
			UINT64CONST(0x8080808080808080)) == 0;
}

/*
 * True only if a text is ASCII without white space, as nearly all ids are; eight
 * bytes at a time, the last of which may overlap those before
 */
static bool
is_visible_ascii(const char *text, int length)
{
	if (length < 8)
		return false;
	for (int i = 0; i < length - 8; i += 8)
	{
		if (!are_visible(text + i))
			return false;
	}
	return are_visible(text + length - 8);
}

/* The first white space of ASCII in a text of this database; 0 if there is none */
static pg_wchar
first_ascii_white_space(const char *text, int length)
{
	for (int i = 0; i < length; i++)
	{
		if (is_white_space(text[i]))
			return text[i];
	}
	return 0;
}

/*
 * The first white space of Unicode in a text of this database, or of ASCII if the text
 * cannot be written as UTF-8; 0 if there is none
 */
pg_wchar
first_white_space(char *text, int length)
{
	const char *p;
	const char *end;

	if (is_visible_ascii(text, length))
		return 0;
	p = utf8_from_server(text, &length);
	if (p == NULL)
		return first_ascii_white_space(text, length);
	end = p + length;
	while (p < end)
	{
		pg_wchar	c = utf8_next(&p);

		if (is_unicode_white_space(c))
			return c;
	}
	return 0;
}

/* True if this text of this database can be sent to the client */
static bool
client_can_read(char *text, int length)
{
	int			encoding = GetDatabaseEncoding();
	int			client = pg_get_client_encoding();

	if (client == encoding || client == PG_SQL_ASCII || is_ascii(text, length))
		return true;
	if (encoding == PG_SQL_ASCII)
		return pg_verify_mbstr(client, text, length, true);
	return convert(text, &length, encoding, client) != NULL;
}

/* True if any text of this database can be sent to the client */
bool
client_can_read_all(void)
{
	int			encoding = GetDatabaseEncoding();
	int			client = pg_get_client_encoding();

	return client == encoding || client == PG_SQL_ASCII ||
		(client == PG_UTF8 && encoding != PG_SQL_ASCII);
}

/*
 * A copy of a text for a message of ours: with a "?" for each byte that is not
 * ASCII if the client's encoding lacks one of its characters
 */
char *
text_for_client(const char *text)
{
	char	   *copy = pstrdup(text);

	if (!client_can_read(copy, (int) strlen(copy)))
	{
		for (char *p = copy; *p != '\0'; p++)
		{
			if (IS_HIGHBIT_SET(*p))
				*p = '?';
		}
	}
	return copy;
}
