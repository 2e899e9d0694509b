/*
 * json_flat.c: any bytes as the plainest JSON, and the plainest JSON broken in
 * one place
 *
 * The oracle is jsonb_in: what is read without it is what it reads, to the byte.
 */
#include "postgres.h"

#include "common/hashfn.h"
#include "common/pg_prng.h"
#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "backend.h"
#include "bytes/json_limits.h"
#include "compat.h"
#include "json_flat.h"

#define MOST	32				/* members of objects that are one in the other, and elements */

/* Values that are declined; some are JSON, some are not */
static const char *const declined_values[] = {
	"00", "01", "-1", "-0", "+1", "1.0", "1e1", ".1", "0x1", "100000000000000000", "000000000000000001",
	"True", "tru", "truefalse", "nul", "{", "{,}", "{\"a\"}", "{\"a\":1,\"a\":2}", "{\"b\":1,\"a\":2,\"b\":{}}", "[{}]", "[[]]", "[1]", "[null]", "[\"a\",]", "[,\"a\"]", "[\"a\"\"b\"]", "[\"a\"",
	"", "a", "'a'", "\"a", "a\"", "\"a\"b\"", "\"a\"\"b\"", "\"\\u0000\"", "\"\\ud83d\"", "\"\\n\"", "\"\\\"", "\"\xc3\xa9\"",
	" 1", "1 ", "[ ]", "[\"a\", \"b\"]", "1,", "1,,", "1}", "1]", "1:2"
};

/* Bytes that are declined wherever they stand, NUL among them */
static const char declined_bytes[] = "\b\t\n\f\r\x01\x1f\x7f\x80\xc0\xc3\xed\xf5\xff\\";

typedef struct Object
{
	int			count;
	char	   *names[MOST + 1];
	char	   *values[MOST + 1];
} Object;

static pg_prng_state choices;

/* A number from 0 to below limit */
static int
choose(int limit)
{
	return (int) pg_prng_uint64_range(&choices, 0, limit - 1);
}

/* A string of printable ASCII, with this at its beginning */
static char *
make_string(const char *prefix)
{
	char		text[20];
	int			length = choose(sizeof(text));

	for (int i = 0; i < length; i++)
	{
		text[i] = (char) (' ' + choose('~' - ' ' + 1));
		if (text[i] == '"' || text[i] == '\\')
			text[i] = ':';
	}
	return psprintf("\"%s%.*s\"", prefix, length, text);
}

/* A whole number of at most 17 digits */
static char *
make_number(void)
{
	uint64		limit = 1;

	for (int digits = choose(18); digits > 0; digits--)
		limit *= 10;
	return psprintf(UINT64_FORMAT,
					pg_prng_uint64_range(&choices, 0, limit - 1));
}

/* An array of that many strings */
static char *
make_array(int count)
{
	StringInfoData out;

	initStringInfo(&out);
	appendStringInfoChar(&out, '[');
	for (int i = 0; i < count; i++)
		appendStringInfo(&out, i == 0 ? "%s" : ",%s", make_string(""));
	appendStringInfoChar(&out, ']');
	return out.data;
}

/* A string, a number or a literal */
static char *
make_scalar(void)
{
	static const char *const literals[] = {"true", "false", "null"};

	switch (choose(4))
	{
		case 0:
			return make_number();
		case 1:
			return pstrdup(literals[choose(lengthof(literals))]);
		default:
			return make_string("");
	}
}

/* An object with objects in it, and at most that many members that are open at once */
static char *
make_nested(int most)
{
	StringInfoData out;
	int			count = choose(most + 1);

	initStringInfo(&out);
	for (int i = 0; i < count; i++)
		appendStringInfo(&out, "%c%s:%s", i == 0 ? '{' : ',', make_string(psprintf("%d:", i)),
						 choose(8) == 0 ? make_nested(most - i - 1) : make_scalar());
	appendStringInfoString(&out, count == 0 ? "{}" : "}");
	return out.data;
}

/* Make the members of an object, each with another name, with that many elements in all */
static void
make_members(Object *object, int count, int elements)
{
	object->count = count;
	for (int i = 0; i < count; i++)
	{
		int			few = i == count - 1 ? elements : choose(elements + 1);

		object->names[i] = make_string(psprintf("%d:", i));
		if (i == count - 1 || choose(3) == 0)
		{
			object->values[i] = make_array(few);
			elements -= few;
		}
		else
			object->values[i] = choose(4) == 0 && i < MOST ? make_nested(MOST - i - 1) : make_scalar();
	}
}

static StringInfo
write_object(const Object *object)
{
	StringInfo	out = makeStringInfo();

	for (int i = 0; i < object->count; i++)
		appendStringInfo(out, "%c%s:%s", i == 0 ? '{' : ',',
						 object->names[i], object->values[i]);
	appendStringInfoChar(out, '}');
	return out;
}

/* Any of the bytes that are declined wherever they stand */
static char
declined_byte(void)
{
	return declined_bytes[choose(sizeof(declined_bytes))];
}

/* Put a byte anywhere into a text */
static void
insert_byte(StringInfo text, char byte)
{
	int			place = choose(text->len + 1);

	appendStringInfoChar(text, '\0');
	memmove(text->data + place + 1, text->data + place, text->len - place);
	text->data[place] = byte;
}

/* An object that is declined for one reason */
static StringInfo
make_declined(void)
{
	Object		object;
	StringInfo	text;
	int			way = choose(8);

	make_members(&object, way == 0 ? MOST + 1 : 2 + choose(MOST - 1),
				 way == 1 ? MOST + 1 : choose(MOST + 1));
	if (way == 2)
		object.names[object.count - 1] = object.names[choose(object.count - 1)];
	if (way == 3)
		object.values[choose(object.count)] =
			pstrdup(declined_values[choose(lengthof(declined_values))]);

	text = write_object(&object);
	if (way == 4)
		insert_byte(text, declined_byte());
	if (way == 5)
		text->data[choose(text->len)] = declined_byte();
	if (way == 6)
		text->len = choose(text->len);
	if (way == 7)
		appendStringInfoChar(text, (char) choose(256));
	return text;
}

/* Require that a text is declined, or that jsonb_in reads the same; true if it was read */
static bool
is_read_right(const uint8_t *data, size_t size)
{
	char	   *text = copy_with_nul(data, size);
	Jsonb	   *json = json_flat_read(text, (int) size);
	Datum		expected = 0;

	if (json != NULL)
	{
		REQUIRE(strlen(text) == size);
		REQUIRE(json_limits_status(text) == JSON_WITHIN_LIMITS);
		for (size_t i = 0; i < size; i++)
			REQUIRE(!IS_HIGHBIT_SET(text[i]));
		REQUIRE(soft_input(jsonb_in, text, &expected) == 0);
		REQUIRE(VARSIZE(json) == VARSIZE(DatumGetJsonbP(expected)));
		REQUIRE(memcmp(json, DatumGetJsonbP(expected), VARSIZE(json)) == 0);
	}
	free(text);
	return json != NULL;
}

/* Require that an object is read, and that one with a defect is declined */
static void
check_objects(uint64 seed)
{
	Object		object;
	StringInfo	text;

	pg_prng_seed(&choices, seed);
	make_members(&object, 1 + choose(MOST), choose(MOST + 1));
	text = write_object(&object);
	REQUIRE(is_read_right((uint8_t *) text->data, text->len));

	text = make_declined();
	REQUIRE(!is_read_right((uint8_t *) text->data, text->len));
	(void) fuzz_json_reader((uint8_t *) text->data, text->len);
}

/* The input as it is; and from each eighth, since that takes longer, objects */
int
fuzz_json_flat(const uint8_t *data, size_t size)
{
	uint64		hash = hash_bytes_extended(data, (int) size, 0);

	(void) is_read_right(data, size);
	if (hash % 8 == 0)
		check_objects(hash);
	return 0;
}
