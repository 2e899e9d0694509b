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

/* Escape a character as jsonb does */
static void
write_escape(StringInfo out, char c)
{
	switch (c)
	{
		case '\b':
			appendStringInfoString(out, "\\b");
			break;
		case '\f':
			appendStringInfoString(out, "\\f");
			break;
		case '\n':
			appendStringInfoString(out, "\\n");
			break;
		case '\r':
			appendStringInfoString(out, "\\r");
			break;
		case '\t':
			appendStringInfoString(out, "\\t");
			break;
		case '"':
		case '\\':
			appendStringInfoChar(out, '\\');
			appendStringInfoChar(out, c);
			break;
		default:
			appendStringInfo(out, "\\u%04x", (unsigned char) c);
			break;
	}
}

static void
write_string(Writer *writer, const char *text, int length)
{
	StringInfo	out = &writer->out;
	const char *end = text + Min(length, writer->max_length);
	const char *run = text;		/* of characters that stand for themselves */
	const char *p;

	if (length > writer->max_length)
		writer->status = PAYLOAD_JSON_TOO_LONG;

	appendStringInfoChar(out, '"');
	for (p = text; p < end; p++)
	{
		if ((unsigned char) *p >= ' ' && *p != '"' && *p != '\\')
			continue;
		appendBinaryStringInfo(out, run, p - run);
		write_escape(out, *p);
		run = p + 1;
	}
	appendBinaryStringInfo(out, run, end - run);
	appendStringInfoChar(out, '"');
}

static void
write_number(Writer *writer, Numeric number)
{
	char	   *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(number)));

	if (strlen(text) > JSON_MAX_NUMBER_LENGTH)
		writer->status = PAYLOAD_JSON_NUMBER_TOO_LONG;
	appendStringInfoString(&writer->out, text);
	pfree(text);
}

static void
write_integer(Writer *writer, int64 number)
{
	char		digits[MAXINT8LEN + 1];

	pg_lltoa(number, digits);
	appendStringInfoString(&writer->out, digits);
}

static void write_value(Writer *writer, const JsonbValue *value);

static void
write_key(Writer *writer, const JsonbValue *key)
{
	write_string(writer, key->val.string.val, key->val.string.len);
	appendStringInfoChar(&writer->out, ':');
}

/* An array or an object below another */
static void
write_container(Writer *writer, JsonbContainer *container)
{
	bool		is_object = JsonContainerIsObject(container);
	JsonbIterator *iterator = JsonbIteratorInit(container);
	JsonbIteratorToken token;
	JsonbValue	value;
	bool		first = true;

	if (++writer->depth > JSON_MAX_DEPTH)
	{
		writer->status = PAYLOAD_JSON_TOO_DEEP;
		return;
	}

	appendStringInfoChar(&writer->out, is_object ? '{' : '[');
	while (writer->status == PAYLOAD_JSON_OK &&
		   (token = JsonbIteratorNext(&iterator, &value, true)) != WJB_DONE)
	{
		if (token != WJB_KEY && token != WJB_ELEM)
			continue;			/* the value of a key is read with it */
		if (!first)
			appendStringInfoChar(&writer->out, ',');
		first = false;
		if (token == WJB_KEY)
		{
			write_key(writer, &value);
			(void) JsonbIteratorNext(&iterator, &value, true);
		}
		write_value(writer, &value);
	}
	appendStringInfoChar(&writer->out, is_object ? '}' : ']');
	writer->depth--;
}

static void
write_value(Writer *writer, const JsonbValue *value)
{
	switch (value->type)
	{
		case jbvNull:
			appendStringInfoString(&writer->out, "null");
			break;
		case jbvBool:
			appendStringInfoString(&writer->out,
								   value->val.boolean ? "true" : "false");
			break;
		case jbvNumeric:
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
	JsonbIterator *iterator = JsonbIteratorInit(&payload->root);
	JsonbValue	key;
	JsonbValue	value;

	(void) JsonbIteratorNext(&iterator, &key, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		Writer		writer;

		(void) JsonbIteratorNext(&iterator, &value, true);
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
	appendStringInfoString(&writer->out, "\"apikey\":");
	write_string(writer, apikey, (int) strlen(apikey));
	appendStringInfoChar(&writer->out, ',');
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
	JsonbIterator *iterator = JsonbIteratorInit(&payload->root);
	JsonbValue	key;
	JsonbValue	value;
	Writer		writer;

	start_writer(&writer, MAX_WRITTEN_LENGTH);
	writer.depth = 1;
	appendStringInfoChar(&writer.out, '{');
	(void) JsonbIteratorNext(&iterator, &key, true);
	while (JsonbIteratorNext(&iterator, &key, true) == WJB_KEY)
	{
		(void) JsonbIteratorNext(&iterator, &value, true);
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
		appendStringInfoChar(&writer.out, ',');
		if (writer.status != PAYLOAD_JSON_OK)
		{
			json->claim = payload_json_excerpt(&key);
			return writer.status;
		}
	}
	if (apikey != NULL)
		write_apikey(&writer, apikey);
	appendStringInfoString(&writer.out, "\"iat\":");
	write_integer(&writer, times->iat);
	appendStringInfoString(&writer.out, ",\"exp\":");
	write_integer(&writer, times->exp);
	appendStringInfoChar(&writer.out, '}');

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
		appendStringInfoString(out, "...");
	}
	return out->data;
}
