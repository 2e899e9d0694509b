/*
 * claims.c: VideoSDK's vocabulary, the names of its claims and their values
 */
#include "postgres.h"

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

#include "claims.h"
#include "jsonb_walk.h"

#define ENOUGH_TO_READ	200

#define NAME(name)	{name, sizeof(name) - 1}

static const struct
{
	const char *text;
	int			length;
}			names[CLAIM_COUNT] = {
	[CLAIM_APIKEY] = NAME("apikey"),
	[CLAIM_PERMISSIONS] = NAME("permissions"),
	[CLAIM_VERSION] = NAME("version"),
	[CLAIM_ROOM_ID] = NAME("roomId"),
	[CLAIM_PARTICIPANT_ID] = NAME("participantId"),
	[CLAIM_ROLES] = NAME("roles"),
	[CLAIM_IAT] = NAME("iat"),
	[CLAIM_NBF] = NAME("nbf"),
	[CLAIM_EXP] = NAME("exp"),
};

static const char *const permissions[] = {"allow_join", "ask_join", "allow_mod"};
static const char *const roles[] = {"crawler", "rtc"};

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
	return names[claim].text;
}

/* Is a value of a jsonb one of these? */
bool
is_listed(const JsonbValue *value, const ValueList *list)
{
	for (int i = 0; i < list->count; i++)
	{
		if (is_string(value, list->values[i]))
			return true;
	}
	return false;
}

/* The claim of that name; CLAIM_COUNT if there is none */
static Claim
find_claim(const JsonbValue *key)
{
	int			length = key->val.string.len;

	for (int claim = 0; claim < CLAIM_COUNT; claim++)
	{
		if (names[claim].length == length &&
			memcmp(names[claim].text, key->val.string.val, length) == 0)
			return claim;
	}
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
		if (is_nearly(key, names[claim].text))
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
						 list->values[i]);
	}
	return out.data;
}
