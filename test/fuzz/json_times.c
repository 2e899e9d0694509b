/*
 * json_times.c: any text, and with members and times made of it
 *
 * PostgreSQL's parser says whether what was JSON is JSON.
 */
#include "fuzz.h"

#include "json_oracle.h"
#include "json_times.h"

/* Count how often each byte is there */
static void
count_bytes(const char *text, size_t length, size_t counts[256])
{
	memset(counts, 0, 256 * sizeof(counts[0]));
	for (size_t i = 0; i < length; i++)
		counts[(uint8_t) text[i]]++;
}

/* The same bytes in another order, as much JSON as before, as many members */
static void
check_moved(char *text, size_t length, char *moved)
{
	size_t		before[256];
	size_t		after[256];
	JsonFacts	facts = json_facts(text, length);
	JsonFacts	moved_facts = json_facts(moved, length);

	REQUIRE(strlen(moved) == length);
	count_bytes(text, length, before);
	count_bytes(moved, length, after);
	REQUIRE(memcmp(before, after, sizeof(before)) == 0);
	REQUIRE(strncmp(moved, "{\"exp\":", 7) == 0);

	REQUIRE(facts.is_json == moved_facts.is_json);
	REQUIRE(facts.members == moved_facts.members || !facts.is_json);
}

/* Were the times found?  What is moved then is checked */
static bool
check_text(char *text, size_t length)
{
	char	   *moved = make_room_for(length + 1);
	bool		has_times = json_times_to_front(text, length, moved);

	if (has_times)
		check_moved(text, length, moved);
	free(moved);
	return has_times;
}

/* The input as the members before some times */
static void
check_members(const char *members, size_t length)
{
	static const char times[] = PAYLOAD_TIMES;
	char	   *text = make_room_for(1 + length + sizeof(times));

	text[0] = '{';
	memcpy(text + 1, members, length);
	memcpy(text + 1 + length, times, sizeof(times));
	REQUIRE(check_text(text, length + strlen(times) + 1));
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	   *text = copy_with_nul(data, size);
	size_t		length = strlen(text);

	(void) check_text(text, length);
	check_members(text, length);
	free(text);
	return 0;
}
