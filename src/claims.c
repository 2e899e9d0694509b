/*
 * claims.c: VideoSDK's vocabulary, the names of its claims and their values
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "claims.h"
#include "compat.h"
#include "jsonb_walk.h"

#define ENOUGH_TO_READ	200

/* DO(claim, name) for each claim */
#define FOR_EACH_CLAIM(DO) \
	DO(CLAIM_APIKEY, "apikey") \
	DO(CLAIM_PERMISSIONS, "permissions") \
	DO(CLAIM_VERSION, "version") \
	DO(CLAIM_ROOM_ID, "roomId") \
	DO(CLAIM_PARTICIPANT_ID, "participantId") \
	DO(CLAIM_ROLES, "roles") \
	DO(CLAIM_IAT, "iat") \
	DO(CLAIM_NBF, "nbf") \
	DO(CLAIM_EXP, "exp")

#define NAME_OF_CLAIM(claim, name) \
	[claim] = (name),

#define RETURN_CLAIM_IF_NAMED(claim, name) \
	if (is_string(key, name)) \
		return claim;

static const char *const names[CLAIM_COUNT] = {
	FOR_EACH_CLAIM(NAME_OF_CLAIM)
};

static const Word permissions[] = {WORD("allow_join"), WORD("ask_join"), WORD("allow_mod")};
static const Word roles[] = {WORD("crawler"), WORD("rtc")};

const ValueList known_permissions = {lengthof(permissions), permissions};
const ValueList known_roles = {lengthof(roles), roles};

/* What people write instead: the names of older examples, and singulars */
static const struct
{
	const char *name;
	Claim		claim;
}			other_names[] = {
	{"meetingId", CLAIM_ROOM_ID},
	{"peerId", CLAIM_PARTICIPANT_ID},
	{"permission", CLAIM_PERMISSIONS},
	{"role", CLAIM_ROLES},
};

/* The name of a claim */
const char *
claim_name(Claim claim)
{
	return names[claim];
}

/* Is a value of a jsonb one of these? */
bool
is_listed(const JsonbValue *value, const ValueList *list)
{
	for (int i = 0; i < list->count; i++)
	{
		if (is_bytes(value, list->values[i].text, list->values[i].length))
			return true;
	}
	return false;
}

/* The claim of that name; CLAIM_COUNT if there is none */
static Claim
find_claim(const JsonbValue *key)
{
	FOR_EACH_CLAIM(RETURN_CLAIM_IF_NAMED)
	return CLAIM_COUNT;
}

/* Find the claims of an object, in one pass over its members */
void
claims_find(Jsonb *payload, Claims *claims)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;

	memset(claims->present, 0, sizeof(claims->present));
	claims->has_others = false;

	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_member(&walk, &key, &value))
	{
		Claim		claim = find_claim(&key);

		if (claim < CLAIM_COUNT)
		{
			claims->present[claim] = true;
			claims->values[claim] = value;
		}
		else
			claims->has_others = true;
	}
}

/* Are two names the same but for case, "_" and "-"? */
static bool
is_nearly(const JsonbValue *key, const char *name)
{
	const char *p = key->val.string.val;
	const char *end = p + key->val.string.len;

	for (; p < end; p++)
	{
		if (*p == '_' || *p == '-')
			continue;
		if (*name == '\0' ||
			pg_ascii_tolower((unsigned char) *p) !=
			pg_ascii_tolower((unsigned char) *name))
			return false;
		name++;
	}
	return *name == '\0';
}

/* Is it a role, or does it hold one? */
static bool
has_role(const JsonbValue *value)
{
	JsonbWalk	walk;
	JsonbValue	element;

	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return is_listed(value, &known_roles);

	jsonb_walk_start(&walk, value->val.binary.data);
	while (jsonb_walk_element(&walk, &element))
	{
		if (is_listed(&element, &known_roles))
			return true;
	}
	return false;
}

/* Which claim does a name mean that is none; CLAIM_COUNT if none */
static Claim
meant_claim(const JsonbValue *key, const JsonbValue *value)
{
	for (int claim = 0; claim < CLAIM_COUNT; claim++)
	{
		if (is_nearly(key, names[claim]))
			return claim;
	}
	for (size_t i = 0; i < lengthof(other_names); i++)
	{
		/* "role" is a common word, and may mean anything else */
		if (is_string(key, other_names[i].name) &&
			(other_names[i].claim != CLAIM_ROLES || has_role(value)))
			return other_names[i].claim;
	}
	return CLAIM_COUNT;
}

/*
 * Find a member whose name is nearly that of a claim which is not there.
 * VideoSDK would ignore it, and the token would be wider than meant.
 */
bool
claims_find_misspelt(Jsonb *payload, const Claims *claims,
					 JsonbValue *key, Claim *claim)
{
	JsonbWalk	walk;
	JsonbValue	value;

	if (!claims->has_others)
		return false;

	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_member(&walk, key, &value))
	{
		*claim = meant_claim(key, &value);
		if (*claim < CLAIM_COUNT && !claims->present[*claim])
			return true;
	}
	return false;
}

/*
 * Is a value the number 2, written as integers are?  All VideoSDK tokens have
 * that version, and few another number, so that it need not be calculated with.
 */
bool
is_version_two(const JsonbValue *value)
{
	static Numeric two = NULL;	/* made once */

	if (two == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		two = int64_to_numeric(2);
		MemoryContextSwitchTo(caller);
	}
	return value->type == jbvNumeric &&
		VARSIZE(value->val.numeric) == VARSIZE(two) &&
		memcmp(value->val.numeric, two, VARSIZE(two)) == 0;
}

/* The values of a list, for a message */
char *
value_list_describe(const ValueList *list)
{
	StringInfoData out;

	initStringInfo(&out);
	for (int i = 0; i < list->count; i++)
	{
		if (out.len > ENOUGH_TO_READ)
		{
			appendStringInfoString(&out, ", ...");
			break;
		}
		appendStringInfo(&out, i == 0 ? "\"%s\"" : ", \"%s\"",
						 list->values[i].text);
	}
	return out.data;
}
