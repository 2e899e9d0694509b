/*
 * json_writer.c: any JSON, as a value to write and as a payload to write
 *
 * The oracle is jsonb_out: what we write is what it writes without its blanks.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "backend.h"
#include "bytes/json_limits.h"
#include "json_reader.h"
#include "json_writer.h"
#include "bytes/jwt.h"
#include "soft_input.h"

/* By apikey and times, a payload becomes longer, but not by more than this */
#define MOST_ADDED	100

/* jsonb_out's text without the blanks behind colons and commas */
static char *
compact(Jsonb *json)
{
	char	   *text = JsonbToCString(NULL, &json->root, VARSIZE(json));
	char	   *out = text;
	bool		in_string = false;

	for (char *p = text; *p != '\0'; p++)
	{
		if (*p == ' ' && !in_string)
			continue;
		if (*p == '"')
			in_string = !in_string;
		if (in_string && *p == '\\')
			*out++ = *p++;
		*out++ = *p;
	}
	*out = '\0';
	return text;
}

/* True if a number in compact JSON has more characters than that */
static bool
has_number_longer_than(const char *json, size_t length)
{
	bool		in_string = false;

	for (; *json != '\0'; json++)
	{
		if (!in_string && strspn(json, "-.0123456789") > length)
			return true;
		if (*json == '"')
			in_string = !in_string;
		if (in_string && *json == '\\')
			json++;
	}
	return false;
}

static void
check_value(Jsonb *json)
{
	JsonbValue	value;
	Writer		writer;
	char	   *expected = compact(json);

	if (!JsonbExtractScalar(&json->root, &value))
	{
		value.type = jbvBinary;
		value.val.binary.data = &json->root;
		value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	}
	json_writer_start(&writer, 1000000);
	write_value(&writer, &value);
	if (writer.status == PAYLOAD_JSON_NUMBER_TOO_LONG)
	{
		REQUIRE(has_number_longer_than(expected, JSON_MAX_NUMBER_LENGTH));
		return;
	}
	REQUIRE(writer.status == PAYLOAD_JSON_OK);
	REQUIRE((size_t) writer.out.len == strlen(expected));
	REQUIRE(memcmp(writer.out.data, expected, writer.out.len) == 0);
}

static Jsonb *
parse(const char *text)
{
	Datum		datum = 0;

	REQUIRE(soft_input(jsonb_in, pstrdup(text), &datum) == 0);
	return DatumGetJsonbP(datum);
}

static Jsonb *
concatenate(Jsonb *left, Jsonb *right)
{
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
											  JsonbPGetDatum(left),
											  JsonbPGetDatum(right)));
}

static bool
has_member(Jsonb *object, const char *name)
{
	JsonbValue	ignored;

	return getKeyJsonValueFromContainer(&object->root, name,
										(int) strlen(name), &ignored) != NULL;
}

/* Written with an apikey and times, an object is itself with these */
static void
check_payload(Jsonb *payload)
{
	SignedTimes times = {1795000000, 1795000001, 1795003600};
	Jsonb	   *expected = payload;
	PayloadJson json;
	char	   *text;
	PayloadJsonStatus status =
		payload_json_write(payload, "a \"key\"", &times, &json);

	if (status == PAYLOAD_JSON_NUMBER_TOO_LONG)
	{
		REQUIRE(has_number_longer_than(compact(payload), JSON_MAX_NUMBER_LENGTH));
		return;
	}
	if (status == PAYLOAD_JSON_TOO_LONG)
	{
		REQUIRE(jwt_length(strlen(compact(payload)) + MOST_ADDED) > JWT_MAX_LENGTH);
		return;
	}
	REQUIRE(status == PAYLOAD_JSON_OK);

	text = pnstrdup(json.text, json.length);
	REQUIRE(strlen(text) == (size_t) json.length);

	if (has_member(payload, "nbf"))
		expected = concatenate(expected, parse("{\"nbf\": 1795000001}"));
	expected = concatenate(expected,
						   parse("{\"apikey\": \"a \\\"key\\\"\", \"iat\": 1795000000, \"exp\": 1795003600}"));
	REQUIRE(compareJsonbContainers(&expected->root, &parse(text)->root) == 0);
}

int
fuzz_json_writer(const uint8_t *data, size_t size)
{
	Jsonb	   *json;

	if (json_read(pnstrdup((const char *) data, size), (int) size, &json) != JSON_READ_OK)
		return 0;
	check_value(json);

	/* Signing refuses a payload that has exp */
	if (JB_ROOT_IS_OBJECT(json) && !has_member(json, "exp"))
		check_payload(json);
	return 0;
}
