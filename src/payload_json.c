/*
 * payload_json.c: a jsonb payload as compact UTF-8 JSON
 */
#include "postgres.h"

#include "mb/pg_wchar.h"
#include "utils/jsonb.h"

#include "claims.h"
#include "encoding.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "bytes/jwt.h"
#include "payload_json.h"

/*
 * No payload that fits into a token takes more bytes than this in any server
 * encoding: UTF-8 is at most half as long, and base64url makes it longer.
 */
#define MAX_WRITTEN_LENGTH		(2 * JWT_MAX_LENGTH)

#define EXCERPT_CHARACTERS		64
#define MAX_EXCERPT_LENGTH		(EXCERPT_CHARACTERS * MAX_MULTIBYTE_CHAR_LEN)

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

		json_writer_start(&writer, MAX_WRITTEN_LENGTH);
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

	json_writer_start(&writer, MAX_WRITTEN_LENGTH);
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

	json_writer_start(&writer, MAX_EXCERPT_LENGTH);
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
