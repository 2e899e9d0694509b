/*
 * json_writer.c: values of a jsonb as compact JSON, in the server encoding
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "bytes/json_limits.h"
#include "bytes/jwt.h"
#include "json_writer.h"
#include "jsonb_walk.h"

#define EXCERPT_CHARACTERS		64
#define MAX_EXCERPT_LENGTH		(EXCERPT_CHARACTERS * MAX_MULTIBYTE_CHAR_LEN)

/* Start with nothing written */
void
json_writer_start(JsonWriter *writer, int max_length)
{
	initStringInfo(&writer->out);
	writer->max_length = max_length;
	writer->depth = 0;
	writer->status = JSON_WRITE_OK;
}

/* Return where the next bytes go, with room for that many and a NUL */
static inline char *
make_room(JsonWriter *writer, int length)
{
	StringInfo	out = &writer->out;

	if (out->maxlen - out->len <= length)
		enlargeStringInfo(out, length);
	return out->data + out->len;
}

/* Write bytes as they are */
static inline void
write_bytes(JsonWriter *writer, const char *bytes, int length)
{
	memcpy(make_room(writer, length), bytes, length);
	writer->out.len += length;
}

#define write_literal(writer, literal) \
	write_bytes(writer, literal "", sizeof(literal) - 1)

/* Write one byte as it is */
static inline void
write_char(JsonWriter *writer, char c)
{
	*make_room(writer, 1) = c;
	writer->out.len++;
}

/* Write a character that is not part of a string, such as a brace */
void
json_write_char(JsonWriter *writer, char c)
{
	write_char(writer, c);
}

/* True if a character of a string needs no escape */
static inline bool
is_plain(char c)
{
	return (unsigned char) c >= ' ' && c != '"' && c != '\\';
}

/* Write a character of a string, escaped as jsonb does it */
static void
write_character(JsonWriter *writer, char c)
{
	if (is_plain(c))
	{
		write_char(writer, c);
		return;
	}
	switch (c)
	{
		case '\b':
			write_literal(writer, "\\b");
			break;
		case '\f':
			write_literal(writer, "\\f");
			break;
		case '\n':
			write_literal(writer, "\\n");
			break;
		case '\r':
			write_literal(writer, "\\r");
			break;
		case '\t':
			write_literal(writer, "\\t");
			break;
		case '"':
		case '\\':
			write_char(writer, '\\');
			write_char(writer, c);
			break;
		default:
			appendStringInfo(&writer->out, "\\u%04x", (unsigned char) c);
			break;
	}
}

/* Eight bytes with the value n */
#define EIGHT(n)	(UINT64CONST(0x0101010101010101) * (n))

/* True if one of eight bytes is below n, which is at most 128 */
static inline bool
has_below(uint64 bytes, unsigned char n)
{
	return ((bytes - EIGHT(n)) & ~bytes & EIGHT(0x80)) != 0;
}

/* True if none of eight characters needs an escape */
static inline bool
are_plain(uint64 characters)
{
	return !has_below(characters, ' ') &&
		!has_below(characters ^ EIGHT('"'), 1) &&
		!has_below(characters ^ EIGHT('\\'), 1);
}

/* Copy eight characters; true if they are plain */
static inline bool
copy_eight(char *out, const char *text)
{
	uint64		characters;

	memcpy(&characters, text, 8);
	memcpy(out, &characters, 8);
	return are_plain(characters);
}

/* Copy the first four characters and the last four; true if they are plain */
static inline bool
copy_four_to_eight(char *out, const char *text, int length)
{
	uint32		first;
	uint32		last;

	memcpy(&first, text, 4);
	memcpy(&last, text + length - 4, 4);
	memcpy(out, &first, 4);
	memcpy(out + length - 4, &last, 4);
	return are_plain((uint64) first << 32 | last);
}

/* Copy at most three characters; true if they are plain */
static inline bool
copy_few(char *out, const char *text, int length)
{
	for (int i = 0; i < length; i++)
	{
		if (!is_plain(text[i]))
			return false;
		out[i] = text[i];
	}
	return true;
}

/*
 * Copy a string, eight characters at a time; the last eight may overlap those
 * before.  True if all are plain; if not, the copy means nothing.
 */
static inline bool
copy_plain(char *out, const char *text, int length)
{
	if (length < 4)
		return copy_few(out, text, length);
	if (length < 8)
		return copy_four_to_eight(out, text, length);
	for (int i = 0; i < length - 8; i += 8)
	{
		if (!copy_eight(out + i, text + i))
			return false;
	}
	return copy_eight(out + length - 8, text + length - 8);
}

/*
 * Write a string in quotes.  If it is longer than max_length, write only its
 * beginning and set the status.
 */
void
json_write_string(JsonWriter *writer, const char *text, int length)
{
	char	   *out;

	if (length > writer->max_length)
	{
		writer->status = JSON_WRITE_TOO_LONG;
		length = writer->max_length;
	}

	out = make_room(writer, length + 2);
	*out++ = '"';
	if (copy_plain(out, text, length))
	{
		out[length] = '"';
		writer->out.len += length + 2;
		return;
	}
	writer->out.len++;
	for (int i = 0; i < length; i++)
		write_character(writer, text[i]);
	write_char(writer, '"');
}

/* Write a comma unless a member or an element is the first */
static inline void
write_comma(JsonWriter *writer)
{
	char		last = writer->out.len == 0 ? '{' :
		writer->out.data[writer->out.len - 1];

	if (last != '{' && last != '[')
		write_char(writer, ',');
}

/* Write the name of a member, and a comma before it unless it is the first */
void
json_write_name(JsonWriter *writer, const char *name, int length)
{
	write_comma(writer);
	json_write_string(writer, name, length);
	write_char(writer, ':');
}

/* The same with a name that is JSON already, with its colon */
void
json_write_name_in_json(JsonWriter *writer, const char *json, int length)
{
	write_comma(writer);
	write_bytes(writer, json, length);
}

/* Write a number as jsonb prints it */
static void
write_number(JsonWriter *writer, Numeric number)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(number)));
	int			length = (int) strlen(text);

	if (length > JSON_MAX_NUMBER_LENGTH)
		writer->status = JSON_WRITE_NUMBER_TOO_LONG;
	write_bytes(writer, text, length);
}

/* Write an integer */
void
json_write_integer(JsonWriter *writer, int64 number)
{
	writer->out.len += pg_lltoa(number, make_room(writer, MAXINT8LEN + 1));
}

/* Write an object */
static void
write_object(JsonWriter *writer, JsonbContainer *object)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;

	jsonb_walk_start(&walk, object);
	write_char(writer, '{');
	while (writer->status == JSON_WRITE_OK &&
		   jsonb_walk_key(&walk, &key))
	{
		jsonb_walk_value(&walk, &value);
		json_write_name(writer, key.val.string.val, key.val.string.len);
		json_write_value(writer, &value);
	}
	write_char(writer, '}');
}

/* Write an array */
static void
write_array(JsonWriter *writer, JsonbContainer *array)
{
	JsonbWalk	walk;
	JsonbValue	element;

	jsonb_walk_start(&walk, array);
	write_char(writer, '[');
	while (writer->status == JSON_WRITE_OK &&
		   jsonb_walk_element(&walk, &element))
	{
		write_comma(writer);
		json_write_value(writer, &element);
	}
	write_char(writer, ']');
}

/* Write an array or an object, one level below what is being written */
static void
write_container(JsonWriter *writer, JsonbContainer *container)
{
	if (++writer->depth > JSON_MAX_DEPTH)
	{
		writer->status = JSON_WRITE_TOO_DEEP;
		return;
	}

	if (JsonContainerIsObject(container))
		write_object(writer, container);
	else
		write_array(writer, container);
	writer->depth--;
}

/* Write any value of a jsonb */
void
json_write_value(JsonWriter *writer, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			write_literal(writer, "null");
			break;
		case jbvBool:
			if (value->val.boolean)
				write_literal(writer, "true");
			else
				write_literal(writer, "false");
			break;
		case jbvNumeric:
			write_number(writer, value->val.numeric);
			break;
		case jbvString:
			json_write_string(writer, value->val.string.val, value->val.string.len);
			break;
		case jbvBinary:
			write_container(writer, value->val.binary.data);
			break;
		default:
			Assert(false);		/* nothing else is stored in a jsonb */
	}
	if (writer->status == JSON_WRITE_OK &&
		writer->out.len > writer->max_length)
		writer->status = JSON_WRITE_TOO_LONG;
}

/*
 * The length of the first characters of a text, stopping before an invalid one,
 * which a jsonb in EUC_JIS_2004 may hold, and after the start of a token, of
 * which no message shows more.  In SQL_ASCII, where PostgreSQL knows no
 * characters, they are those of UTF-8.
 */
static int
excerpt_length(const char *text, int length)
{
	const int	token_start = (int) strlen(JWT_START);
	int			encoding = GetDatabaseEncoding();
	int			clipped = 0;

	if (encoding == PG_SQL_ASCII)
		encoding = PG_UTF8;
	for (int i = 0; i < EXCERPT_CHARACTERS && clipped < length; i++)
	{
		int			size = pg_encoding_verifymbchar(encoding, text + clipped,
													length - clipped);

		if (size < 0)
			break;
		if (length - clipped > token_start &&
			memcmp(text + clipped, JWT_START, token_start) == 0)
			return clipped + token_start;
		clipped += size;
	}
	return clipped;
}

/* A value as JSON for a message, palloc'd: its first characters, and "..." if it has more */
char *
json_excerpt(const JsonbValue *value)
{
	JsonWriter	writer;
	StringInfo	out = &writer.out;
	int			length;

	json_writer_start(&writer, MAX_EXCERPT_LENGTH);
	json_write_value(&writer, value);

	length = excerpt_length(out->data, out->len);
	if (length < out->len)
	{
		out->len = length;
		write_literal(&writer, "...");
	}
	write_char(&writer, '\0');
	return out->data;
}
