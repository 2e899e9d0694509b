/*
 * claims.c: VideoSDK's vocabulary, the names of its claims and their values
 */
#include "postgres.h"

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"
#include "utils/numeric.h"

#include "claims.h"
#include "compat.h"
#include "jsonb_walk.h"

#define ENOUGH_TO_READ	200

static const Word names[CLAIM_COUNT] = {
	[CLAIM_APIKEY] = WORD("apikey"),
	[CLAIM_PERMISSIONS] = WORD("permissions"),
	[CLAIM_VERSION] = WORD("version"),
	[CLAIM_ROOM_ID] = WORD("roomId"),
	[CLAIM_PARTICIPANT_ID] = WORD("participantId"),
	[CLAIM_ROLES] = WORD("roles"),
	[CLAIM_IAT] = WORD("iat"),
	[CLAIM_NBF] = WORD("nbf"),
	[CLAIM_EXP] = WORD("exp"),
};

/* What people write instead: the names of older examples, and singulars */
static const struct
{
	Word		name;
	Claim		claim;
}			other_names[] = {
	{WORD("meetingId"), CLAIM_ROOM_ID},
	{WORD("peerId"), CLAIM_PARTICIPANT_ID},
	{WORD("permission"), CLAIM_PERMISSIONS},
	{WORD("role"), CLAIM_ROLES},
};

static const Word permissions[] = {WORD("allow_join"), WORD("ask_join"), WORD("allow_mod")};
static const Word roles[] = {WORD("crawler"), WORD("rtc")};

const WordList known_permissions = {lengthof(permissions), permissions};
const WordList known_roles = {lengthof(roles), roles};

/* The name of a claim */
const char *
claim_name(Claim claim)
{
	return names[claim].text;
}

/*
 * Compare the name of a claim with the key of a member as jsonb orders them, by
 * length and then by bytes; returns less than, equal to or greater than zero
 */
int
claim_compare(Claim claim, const JsonbValue *key)
{
	const Word *name = &names[claim];

	if (name->length != key->val.string.len)
		return name->length < key->val.string.len ? -1 : 1;
	return memcmp(name->text, key->val.string.val, name->length);
}

/* True if a text is in a list */
bool
is_listed(const char *text, int length, const WordList *list)
{
	for (int i = 0; i < list->count; i++)
	{
		if (list->words[i].length == length &&
			memcmp(list->words[i].text, text, length) == 0)
			return true;
	}
	return false;
}

/* True if a value is a string that is in a list */
bool
is_listed_string(const JsonbValue *value, const WordList *list)
{
	return value->type == jbvString &&
		is_listed(value->val.string.val, value->val.string.len, list);
}

/* The claim of that name; CLAIM_COUNT if there is none */
static Claim
find_claim(const JsonbValue *key)
{
	int			claim = 0;

	while (claim < CLAIM_COUNT &&
		   !jsonb_is_string(key, names[claim].text, names[claim].length))
		claim++;
	return claim;
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

/* True if a key is a name but for case, "_" and "-" */
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

/* True if a value is a role, or an array that has one */
static bool
has_role(const JsonbValue *value)
{
	JsonbWalk	walk;
	JsonbValue	element;

	if (value->type != jbvBinary ||
		!JsonContainerIsArray(value->val.binary.data))
		return is_listed_string(value, &known_roles);

	jsonb_walk_start(&walk, value->val.binary.data);
	while (jsonb_walk_element(&walk, &element))
	{
		if (is_listed_string(&element, &known_roles))
			return true;
	}
	return false;
}

/* The claim that a member is meant to be; CLAIM_COUNT if none */
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
		if (jsonb_is_string(key, other_names[i].name.text,
							other_names[i].name.length) &&
			(other_names[i].claim != CLAIM_ROLES || has_role(value)))
			return other_names[i].claim;
	}
	return CLAIM_COUNT;
}

/*
 * Find a member that is meant to be a claim which is not there.  VideoSDK would
 * ignore it, and the token would be wider than meant.  Returns false if there is
 * none, or sets *key to its name and *claim to the one meant.
 */
bool
claims_find_misspelt(Jsonb *payload, const Claims *claims,
					 JsonbValue *key, Claim *claim)
{
	JsonbWalk	walk;
	JsonbValue	value = {0};	/* gcc does not see that its type is asked first */

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
 * True for 2, 2.0 and the like.  Nearly all versions are the 2 that integers give,
 * which is told by its bytes: to make a numeric for each token takes longer than
 * the other rules.
 */
bool
is_version_two(Numeric number)
{
	static Numeric two = NULL;	/* made once in a session */

	if (two == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		two = int64_to_numeric(2);
		MemoryContextSwitchTo(caller);
	}
	return (VARSIZE(number) == VARSIZE(two) &&
			memcmp(number, two, VARSIZE(two)) == 0) ||
		DatumGetBool(DirectFunctionCall2(numeric_eq,
										 NumericGetDatum(number),
										 NumericGetDatum(two)));
}

/* The words of a list for a message, palloc'd; cut if there are many */
char *
word_list_describe(const WordList *list)
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
						 list->words[i].text);
	}
	return out.data;
}
