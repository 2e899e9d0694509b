/*
 * json_writer.c: values of a jsonb as compact JSON, in the server encoding
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"

#include "claims.h"
#include "bytes/json_limits.h"
#include "json_writer.h"
#include "jsonb_walk.h"

/* Start with nothing */
void
json_writer_start(Writer *writer, int max_length)
{
	initStringInfo(&writer->out);
	writer->max_length = max_length;
	writer->depth = 0;
	writer->status = PAYLOAD_JSON_OK;
}

static inline bool
is_plain(char c)
{
	return (unsigned char) c >= ' ' && c != '"' && c != '\\';
}

/* Write a character of a string, escaped as jsonb does it */
static void
write_character(Writer *writer, char c)
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

/* Is one of eight bytes below n, at most 128?  Borrowing starts only there */
static inline bool
has_below(uint64 bytes, unsigned char n)
{
	return ((bytes - EIGHT(n)) & ~bytes & EIGHT(0x80)) != 0;
}

/* Does none of eight characters need an escape? */
static inline bool
are_plain(uint64 characters)
{
	return !has_below(characters, ' ') &&
		!has_below(characters ^ EIGHT('"'), 1) &&
		!has_below(characters ^ EIGHT('\\'), 1);
}

/* Copy eight characters; are they plain? */
static inline bool
copy_eight(char *out, const char *text)
{
	uint64		characters;

	memcpy(&characters, text, 8);
	memcpy(out, &characters, 8);
	return are_plain(characters);
}

/* Copy the first four characters and the last four; are they plain? */
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

/*
 * Copy a string, if it is not too short, eight characters at a time, and the
 * last eight wherever they start.  Are they all plain?  If not, the copy means
 * nothing.
 */
static inline bool
copy_plain(char *out, const char *text, int length)
{
	if (length < 4)
		return false;
	if (length < 8)
		return copy_four_to_eight(out, text, length);
	for (int i = 0; i < length - 8; i += 8)
	{
		if (!copy_eight(out + i, text + i))
			return false;
	}
	return copy_eight(out + length - 8, text + length - 8);
}

/* Write a string in quotes */
void
write_string(Writer *writer, const char *text, int length)
{
	char	   *out;

	if (length > writer->max_length)
	{
		writer->status = PAYLOAD_JSON_TOO_LONG;
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

static void
write_number(Writer *writer, Numeric number)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(number)));
	int			length = (int) strlen(text);

	if (length > JSON_MAX_NUMBER_LENGTH)
		writer->status = PAYLOAD_JSON_NUMBER_TOO_LONG;
	write_bytes(writer, text, length);
}

/* Write an integer */
void
write_integer(Writer *writer, int64 number)
{
	writer->out.len += pg_lltoa(number, make_room(writer, MAXINT8LEN + 1));
}

/* Write the name of a member, and a colon */
void
write_key(Writer *writer, const JsonbValue *key)
{
	write_string(writer, key->val.string.val, key->val.string.len);
	write_char(writer, ':');
}

static void
write_object(Writer *writer, JsonbContainer *object)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;
	bool		first = true;

	jsonb_walk_start(&walk, object);
	write_char(writer, '{');
	while (writer->status == PAYLOAD_JSON_OK &&
		   jsonb_walk_member(&walk, &key, &value))
	{
		if (!first)
			write_char(writer, ',');
		first = false;
		write_key(writer, &key);
		write_value(writer, &value);
	}
	write_char(writer, '}');
}

static void
write_array(Writer *writer, JsonbContainer *array)
{
	JsonbWalk	walk;
	JsonbValue	element;
	bool		first = true;

	jsonb_walk_start(&walk, array);
	write_char(writer, '[');
	while (writer->status == PAYLOAD_JSON_OK &&
		   jsonb_walk_element(&walk, &element))
	{
		if (!first)
			write_char(writer, ',');
		first = false;
		write_value(writer, &element);
	}
	write_char(writer, ']');
}

/* An array or an object below another */
static void
write_container(Writer *writer, JsonbContainer *container)
{
	if (++writer->depth > JSON_MAX_DEPTH)
	{
		writer->status = PAYLOAD_JSON_TOO_DEEP;
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
write_value(Writer *writer, const JsonbValue *value)
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
			if (is_version_two(value))
				write_char(writer, '2');
			else
				write_number(writer, value->val.numeric);
			break;
		case jbvString:
			write_string(writer, value->val.string.val, value->val.string.len);
			break;
		case jbvBinary:
			write_container(writer, value->val.binary.data);
			break;
		default:
			Assert(false);		/* nothing else is stored in a jsonb */
	}
	if (writer->status == PAYLOAD_JSON_OK &&
		writer->out.len > writer->max_length)
		writer->status = PAYLOAD_JSON_TOO_LONG;
}
