/*
 * json_flat.c: the plainest JSON objects, read without PostgreSQL's parser
 *
 * Nearly all payloads are of this grammar, a part of that of RFC 8259:
 *
 *	object  = "{" [ member *( "," member ) ] "}"
 *	member  = string ":" ( string / integer / array / object / literal )
 *	literal = "true" / "false" / "null"
 *	array   = "[" [ string *( "," string ) ] "]"
 *	integer = "0" / %x31-39 *16DIGIT
 *	string  = %x22 *( %x20-21 / %x23-5B / %x5D-7E ) %x22
 *
 * with no two members of one name in an object, at most MAX_MEMBERS members in an
 * object and those around it, and MAX_ELEMENTS elements in all arrays together.
 * Any other text is declined, whether it is JSON or not: jsonb_in judges it.  What is
 * accepted here, jsonb_in accepts and reads as the same value.  It is ASCII, which
 * every server encoding contains, so nothing is converted; it has no escapes, no long
 * numbers, and no more levels than MAX_MEMBERS + 1.  JsonbValueToJsonb neither sorts
 * members nor drops duplicates, so members are sorted here, and duplicates declined.
 */
#include "postgres.h"

#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "json_flat.h"
#include "jsonb_walk.h"

#define MAX_MEMBERS		32
#define MAX_ELEMENTS	32
#define MAX_DIGITS		17		/* fit into an int64 */

/* What has been read, and where to go on: the text ends with a NUL */
typedef struct Reader
{
	char	   *next;
	int			member_count;	/* of the objects that have not ended */
	int			element_count;
	JsonbPair	members[MAX_MEMBERS];	/* in jsonb's order in each object */
	JsonbValue	elements[MAX_ELEMENTS]; /* of one array after the other */
} Reader;

/* True for printable ASCII that stands for itself in a string */
static inline bool
is_plain(char c)
{
	return c >= ' ' && c <= '~' && c != '"' && c != '\\';
}

static inline bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* As jsonb orders the names of members */
static int
compare_names(const JsonbPair *one, const JsonbPair *other)
{
	return jsonb_compare_to_key(one->key.val.string.val,
								one->key.val.string.len, &other->key);
}

/*
 * Move the last member to its place among the others from the first of its object
 * on; false if its name is there
 */
static bool
sort_last_member(Reader *reader, int first)
{
	JsonbPair  *members = reader->members + first;
	int			last = reader->member_count - 1 - first;
	int			place = last;
	int			order = 1;

	while (place > 0 &&
		   (order = compare_names(&members[last], &members[place - 1])) < 0)
		place--;
	if (order == 0)
		return false;
	if (place < last)
	{
		JsonbPair	member = members[last];

		memmove(&members[place + 1], &members[place],
				(last - place) * sizeof(JsonbPair));
		members[place] = member;
	}
	return true;
}

/* Each of the following reads one thing; false if the text has another */

static inline bool
read_char(Reader *reader, char expected)
{
	if (*reader->next != expected)
		return false;
	reader->next++;
	return true;
}

static bool
read_string(Reader *reader, JsonbValue *string)
{
	char	   *start = reader->next + 1;
	char	   *end = start;

	if (*reader->next != '"')
		return false;
	while (is_plain(*end))
		end++;
	if (*end != '"')
		return false;

	string->type = jbvString;
	string->val.string.val = start;
	string->val.string.len = (int) (end - start);
	reader->next = end + 1;
	return true;
}

static bool
read_integer(Reader *reader, JsonbValue *number)
{
	char	   *start = reader->next;
	char	   *end = start;
	int64		integer = 0;

	while (is_digit(*end) && end - start < MAX_DIGITS)
		integer = integer * 10 + (*end++ - '0');
	if (end == start || (*start == '0' && end - start > 1))
		return false;

	number->type = jbvNumeric;
	number->val.numeric = int64_to_numeric(integer);
	reader->next = end;
	return true;
}

static bool
read_element(Reader *reader)
{
	return reader->element_count < MAX_ELEMENTS &&
		read_string(reader, &reader->elements[reader->element_count++]);
}

static bool
read_array(Reader *reader, JsonbValue *array)
{
	int			first = reader->element_count;

	if (!read_char(reader, '['))
		return false;
	if (!read_char(reader, ']'))
	{
		do
		{
			if (!read_element(reader))
				return false;
		} while (read_char(reader, ','));
		if (!read_char(reader, ']'))
			return false;
	}

	array->type = jbvArray;
	array->val.array.nElems = reader->element_count - first;
	array->val.array.elems = &reader->elements[first];
	array->val.array.rawScalar = false;
	return true;
}

static bool
read_literal(Reader *reader, const char *literal)
{
	size_t		length = strlen(literal);

	if (strncmp(reader->next, literal, length) != 0)
		return false;
	reader->next += length;
	return true;
}

static bool read_object(Reader *reader, JsonbValue *object);

static bool
read_value(Reader *reader, JsonbValue *value)
{
	switch (*reader->next)
	{
		case '{':
			return read_object(reader, value);
		case 't':
		case 'f':
			value->type = jbvBool;
			value->val.boolean = *reader->next == 't';
			return read_literal(reader, value->val.boolean ? "true" : "false");
		case 'n':
			value->type = jbvNull;
			return read_literal(reader, "null");
		case '"':
			return read_string(reader, value);
		case '[':
			return read_array(reader, value);
		default:
			return read_integer(reader, value);
	}
}

static bool
read_member(Reader *reader, int first)
{
	JsonbPair  *member = &reader->members[reader->member_count];

	if (reader->member_count == MAX_MEMBERS)
		return false;
	reader->member_count++;
	return read_string(reader, &member->key) &&
		read_char(reader, ':') &&
		read_value(reader, &member->value) &&
		sort_last_member(reader, first);
}

static bool
read_members(Reader *reader, int first)
{
	if (read_char(reader, '}'))
		return true;
	do
	{
		if (!read_member(reader, first))
			return false;
	} while (read_char(reader, ','));
	return read_char(reader, '}');
}

/* The members are copied, to make room for those that follow in the object around */
static bool
read_object(Reader *reader, JsonbValue *object)
{
	int			first = reader->member_count;
	int			count;
	size_t		size;

	if (!read_char(reader, '{') || !read_members(reader, first))
		return false;

	count = reader->member_count - first;
	size = count * sizeof(JsonbPair);
	object->type = jbvObject;
	object->val.object.nPairs = count;
	object->val.object.pairs = memcpy(palloc(size), &reader->members[first], size);
	reader->member_count = first;
	return true;
}

/*
 * Read a text that ends with a NUL.  Returns NULL if it declines the text, else
 * what jsonb_in returns for it, to the byte.
 */
Jsonb *
json_flat_read(char *text, int length)
{
	Reader		reader;
	JsonbValue	object;

	reader.next = text;
	reader.member_count = 0;
	reader.element_count = 0;
	if (!read_object(&reader, &object) || reader.next != text + length)
		return NULL;
	return JsonbValueToJsonb(&object);
}
