/*
 * json_times.c: a payload's iat and exp, moved to where jsonb has them
 *
 * jsonb keeps the members of an object in the order of their names, the
 * shortest first, and jsonb_in takes a quarter of its time to sort them, unless
 * they come sorted.  Tokens, ours and those of others, have the members of a
 * payload as it was, then iat and exp: at the end the names that belong first.
 */
#include "json_times.h"

#include <string.h>

#define IAT		",\"iat\":"
#define EXP		",\"exp\":"

/* The start of the member, a name and any digits, that ends there; or NULL */
static const char *
find_member_before(const char *start, const char *end, const char *name)
{
	size_t		length = strlen(name);
	const char *digits = end;

	while (digits > start && digits[-1] >= '0' && digits[-1] <= '9')
		digits--;
	if ((size_t) (digits - start) < length ||
		memcmp(digits - length, name, length) != 0)
		return NULL;
	return digits - length;
}

static char *
append(char *out, const char *start, const char *end)
{
	memcpy(out, start, end - start);
	return out + (end - start);
}

/*
 * Write {"exp":2,"iat":1,"a":0} and a NUL for {"a":0,"iat":1,"exp":2}; false
 * if the text does not end like that.  The text may be anything: what is valid
 * JSON stays so, and what is not, too.
 */
bool
json_times_to_front(const char *json, size_t length, char *moved)
{
	const char *end = json + length;
	const char *exp;
	const char *iat;

	if (length < 2 || json[0] != '{' || end[-1] != '}')
		return false;
	exp = find_member_before(json + 1, end - 1, EXP);
	if (exp == NULL)
		return false;
	iat = find_member_before(json + 1, exp, IAT);
	if (iat == NULL)
		return false;

	*moved++ = '{';
	moved = append(moved, exp + 1, end - 1);
	moved = append(moved, iat, exp);
	*moved++ = ',';
	moved = append(moved, json + 1, iat);
	*moved++ = '}';
	*moved = '\0';
	return true;
}
