/*
 * payload_json.c: a jsonb payload as compact UTF-8 JSON
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "claims.h"
#include "encoding.h"
#include "json_limits.h"
#include "jsonb_walk.h"
#include "jwt.h"
#include "payload_json.h"

/*
 * No payload that fits into a token takes more bytes than this in any server
 * encoding: UTF-8 is at most half as long, and base64url makes it longer.
 */
#define MAX_WRITTEN_LENGTH		(2 * JWT_MAX_LENGTH)

#define EXCERPT_CHARACTERS		64
#define MAX_EXCERPT_LENGTH		(EXCERPT_CHARACTERS * MAX_MULTIBYTE_CHAR_LEN)

typedef struct Writer
{
	StringInfoData out;			/* in the server encoding */
	int			max_length;		/* stop soon after */
	int			depth;
	PayloadJsonStatus status;
} Writer;

static void
start_writer(Writer *writer, int max_length)
{
	initStringInfo(&writer->out);
	writer->max_length = max_length;
	writer->depth = 0;
	writer->status = PAYLOAD_JSON_OK;
}

/* Where the next bytes go; there is room for that many, and no final NUL */
static inline char *
make_room(Writer *writer, int length)
{
	StringInfo	out = &writer->out;

	if (out->maxlen - out->len <= length)
		enlargeStringInfo(out, length);
	return out->data + out->len;
}

static inline void
write_bytes(Writer *writer, const char *bytes, int length)
{
	memcpy(make_room(writer, length), bytes, length);
	writer->out.len += length;
}

#define write_literal(writer, literal) \
	write_bytes(writer, literal "", sizeof(literal) - 1)

static inline void
write_char(Writer *writer, char c)
{
	*make_room(writer, 1) = c;
	writer->out.len++;
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

static void
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

static void
write_integer(Writer *writer, int64 number)
{
	writer->out.len += pg_lltoa(number, make_room(writer, MAXINT8LEN + 1));
}

static void write_value(Writer *writer, const JsonbValue *value);

static void
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

static void
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

/* The first member of an object that cannot be written as UTF-8 */
static char *
find_unwritable_claim(Jsonb *payload)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;

	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_member(&walk, &key, &value))
	{
		Writer		writer;

		start_writer(&writer, MAX_WRITTEN_LENGTH);
		write_key(&writer, &key);
		write_value(&writer, &value);
		if (utf8_from_server(writer.out.data, &writer.out.len) == NULL)
			break;
	}
	return payload_json_excerpt(&key);
}

/* Does a member stand behind "apikey" in jsonb's order, length before bytes? */
static bool
is_behind_apikey(const JsonbValue *key)
{
	int			length = strlen("apikey");

	return key->val.string.len > length ||
		(key->val.string.len == length &&
		 memcmp(key->val.string.val, "apikey", length) > 0);
}

static void
write_apikey(Writer *writer, const char *apikey)
{
	write_literal(writer, "\"apikey\":");
	write_string(writer, apikey, (int) strlen(apikey));
	write_char(writer, ',');
}

/*
 * Write an object with its times: its own members without iat, then iat, then
 * exp.  An apikey, if not NULL, replaces the object's or is added in its place.
 * json->claim is set where the status is about a single claim.
 */
PayloadJsonStatus
payload_json_write(Jsonb *payload, const char *apikey,
				   const SignedTimes *times, PayloadJson *json)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;
	Writer		writer;

	start_writer(&writer, MAX_WRITTEN_LENGTH);
	writer.depth = 1;
	write_char(&writer, '{');
	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_member(&walk, &key, &value))
	{
		if (is_string(&key, "iat") ||
			(apikey != NULL && is_string(&key, "apikey")))
			continue;
		if (apikey != NULL && is_behind_apikey(&key))
		{
			write_apikey(&writer, apikey);
			apikey = NULL;
		}
		write_key(&writer, &key);
		if (is_string(&key, "nbf"))
			write_integer(&writer, times->nbf);
		else
			write_value(&writer, &value);
		write_char(&writer, ',');
		if (writer.status != PAYLOAD_JSON_OK)
		{
			json->claim = payload_json_excerpt(&key);
			return writer.status;
		}
	}
	if (apikey != NULL)
		write_apikey(&writer, apikey);
	write_literal(&writer, "\"iat\":");
	write_integer(&writer, times->iat);
	write_literal(&writer, ",\"exp\":");
	write_integer(&writer, times->exp);
	write_char(&writer, '}');

	json->length = writer.out.len;
	json->text = utf8_from_server(writer.out.data, &json->length);
	if (json->text == NULL)
	{
		json->claim = find_unwritable_claim(payload);
		return PAYLOAD_JSON_NOT_UTF8;
	}
	return jwt_length(json->length) > JWT_MAX_LENGTH ?
		PAYLOAD_JSON_TOO_LONG : PAYLOAD_JSON_OK;
}

/*
 * How many bytes the first characters of an excerpt take; up to one that is
 * none, since jsonb may hold such in EUC_JIS_2004.  In SQL_ASCII, where
 * PostgreSQL sees no characters, they are those of UTF-8.
 */
static int
clip(const char *text, int length)
{
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
		clipped += size;
	}
	return clipped;
}

/* The beginning of a value as JSON, in the server encoding, for messages */
char *
payload_json_excerpt(const JsonbValue *value)
{
	Writer		writer;
	StringInfo	out = &writer.out;
	int			length;

	start_writer(&writer, MAX_EXCERPT_LENGTH);
	write_value(&writer, value);

	length = clip(out->data, out->len);
	if (length < out->len)
	{
		out->len = length;
		write_literal(&writer, "...");
	}
	write_char(&writer, '\0');
	return out->data;
}
