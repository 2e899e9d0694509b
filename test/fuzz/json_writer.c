/*
 * json_writer.c: any JSON as a value to write
 *
 * The oracle is jsonb_out: what we write is what it writes without its blanks.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/jsonb.h"

#include "backend.h"
#include "bytes/json_limits.h"
#include "json_reader.h"
#include "json_writer.h"

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
	JsonWriter	writer;
	char	   *expected = compact_json(json);

	if (!JsonbExtractScalar(&json->root, &value))
	{
		value.type = jbvBinary;
		value.val.binary.data = &json->root;
		value.val.binary.len = VARSIZE(json) - VARHDRSZ;
	}
	json_writer_start(&writer, 1000000);
	json_write_value(&writer, &value);
	if (writer.status == JSON_WRITE_NUMBER_TOO_LONG)
	{
		REQUIRE(has_number_longer_than(expected, JSON_MAX_NUMBER_LENGTH));
		return;
	}
	REQUIRE(writer.status == JSON_WRITE_OK);
	REQUIRE((size_t) writer.out.len == strlen(expected));
	REQUIRE(memcmp(writer.out.data, expected, writer.out.len) == 0);
}

int
fuzz_json_writer(const uint8_t *data, size_t size)
{
	Jsonb	   *json;

	if (json_read(palloc_with_nul(data, size), (int) size, &json) == JSON_READ_OK)
		check_value(json);
	return 0;
}
