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
#include "utils/varlena.h"

#include "claims.h"
#include "compat.h"
#include "encoding.h"
#include "jsonb_walk.h"

#define ENOUGH_TO_READ	200

/* One more than the longest name has, which may be one edit away from it */
#define MAX_FOLDED_LENGTH	((int) sizeof("participantId"))

/* In a shorter name, one edit makes another word */
#define MIN_LENGTH_TO_EDIT	6

#define NAME(literal)	{WORD(literal), WORD("\"" literal "\":")}

static const struct
{
	Word		name;
	Word		in_json;		/* what is written before a value */
}			names[CLAIM_COUNT] = {
	[CLAIM_EXP] = NAME("exp"),
	[CLAIM_IAT] = NAME("iat"),
	[CLAIM_NBF] = NAME("nbf"),
	[CLAIM_ROLES] = NAME("roles"),
	[CLAIM_APIKEY] = NAME("apikey"),
	[CLAIM_ROOM_ID] = NAME("roomId"),
	[CLAIM_VERSION] = NAME("version"),
	[CLAIM_PERMISSIONS] = NAME("permissions"),
	[CLAIM_PARTICIPANT_ID] = NAME("participantId"),
};

/*
 * What people write instead, folded: the names of VideoSDK's older examples, and
 * shorter ones.  A singular "permission" is one edit away.
 */
static const struct
{
	Word		name;
	Claim		claim;
}			other_names[] = {
	{WORD("meetingid"), CLAIM_ROOM_ID},
	{WORD("meeting"), CLAIM_ROOM_ID},
	{WORD("room"), CLAIM_ROOM_ID},
	{WORD("peerid"), CLAIM_PARTICIPANT_ID},
	{WORD("peer"), CLAIM_PARTICIPANT_ID},
	{WORD("participant"), CLAIM_PARTICIPANT_ID},
	{WORD("role"), CLAIM_ROLES},
};

static const Word permissions[] = {WORD(ALLOW_JOIN), WORD(ASK_JOIN), WORD(ALLOW_MOD)};
static const Word roles[] = {WORD(CRAWLER), WORD(RTC)};

const WordList known_permissions = {lengthof(permissions), permissions};
const WordList known_roles = {lengthof(roles), roles};

/* The name of a claim */
const char *
claim_name(Claim claim)
{
	return names[claim].name.text;
}

/* The name of a claim as it stands before a value: in quotes, with a colon */
const Word *
claim_name_in_json(Claim claim)
{
	return &names[claim].in_json;
}

/* Compare the name of a claim with the key of a member, as jsonb_compare_to_key */
int
claim_compare(Claim claim, const JsonbValue *key)
{
	return jsonb_compare_to_key(names[claim].name.text,
								names[claim].name.length, key);
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

/* True if the claims are in jsonb's order */
pg_attribute_unused()
static bool
are_in_order(void)
{
	for (int claim = 1; claim < CLAIM_COUNT; claim++)
	{
		const Word *name = &names[claim].name;
		JsonbValue	key = {
			.type = jbvString,
			.val.string = {name->length, (char *) name->text}
		};

		if (claim_compare(claim - 1, &key) >= 0)
			return false;
	}
	return true;
}

/* Room for one more other member; all of the payload's would fit */
static JsonbPair *
add_other(Claims *claims, Jsonb *payload)
{
	if (claims->others == NULL)
		claims->others = palloc(JB_ROOT_COUNT(payload) * sizeof(JsonbPair));
	return &claims->others[claims->other_count++];
}

/* Find the claims of an object, in one pass: claims and members are both in jsonb's order */
void
claims_find(Jsonb *payload, Claims *claims)
{
	int			claim = 0;
	JsonbWalk	walk;
	JsonbValue	key;

	Assert(are_in_order());
	memset(claims->present, 0, sizeof(claims->present));
	claims->other_count = 0;
	claims->others = NULL;

	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_key(&walk, &key))
	{
		int			order = -1;

		while (claim < CLAIM_COUNT &&
			   (order = claim_compare(claim, &key)) < 0)
			claim++;
		if (order == 0)
		{
			claims->present[claim] = true;
			jsonb_walk_value(&walk, &claims->values[claim++]);
		}
		else
		{
			JsonbPair  *other = add_other(claims, payload);

			other->key = key;
			jsonb_walk_value(&walk, &other->value);
		}
	}
}

/* True if a value is this string, a literal */
#define IS_LITERAL(value, literal) \
	jsonb_is_string(value, literal, sizeof(literal) - 1)

/* True if the roles, an array if they are there, let the token into meetings */
bool
claims_are_for_meetings(const Claims *claims)
{
	JsonbWalk	walk;
	JsonbValue	element;

	if (!claims->present[CLAIM_ROLES])
		return true;
	jsonb_walk_start(&walk, claims->values[CLAIM_ROLES].val.binary.data);
	while (jsonb_walk_element(&walk, &element))
	{
		if (IS_LITERAL(&element, RTC))
			return true;
	}
	return false;
}

/* What the permissions, an array that is there, do together */
PermissionsStatus
claims_permissions_status(const Claims *claims)
{
	bool		allow_join = false;
	bool		ask_join = false;
	bool		allow_mod = false;
	JsonbWalk	walk;
	JsonbValue	element;

	jsonb_walk_start(&walk, claims->values[CLAIM_PERMISSIONS].val.binary.data);
	while (jsonb_walk_element(&walk, &element))
	{
		allow_join |= IS_LITERAL(&element, ALLOW_JOIN);
		ask_join |= IS_LITERAL(&element, ASK_JOIN);
		allow_mod |= IS_LITERAL(&element, ALLOW_MOD);
	}
	if (ask_join && (allow_join || allow_mod))
		return PERMISSIONS_CONFLICT;
	if (allow_join)
		return PERMISSIONS_ADMIT;
	if (ask_join)
		return PERMISSIONS_ADMIT_WHO_ASKS;
	return allow_mod ? PERMISSIONS_ONLY_MODERATE : PERMISSIONS_UNKNOWN;
}

/* A name without case, "_", "-" and white space */
typedef struct FoldedName
{
	char		text[MAX_FOLDED_LENGTH];
	int			length;
} FoldedName;

/*
 * Fold a text of this database, with "?" for each character that is not ASCII.
 * Returns false if it is too long for the name of a claim, or cannot be written
 * as UTF-8.
 */
static bool
fold(const char *text, int length, FoldedName *folded)
{
	const char *p = utf8_from_server((char *) text, &length);
	const char *end;

	if (p == NULL)
		return false;
	end = p + length;
	folded->length = 0;
	while (p < end)
	{
		pg_wchar	c = utf8_next(&p);

		if (c == '_' || c == '-' || is_unicode_white_space(c))
			continue;
		if (folded->length == MAX_FOLDED_LENGTH)
			return false;
		folded->text[folded->length++] = c > 127 ? '?' : pg_ascii_tolower(c);
	}
	return true;
}

/* True if a folded key is the name of a claim, or within one edit of a long one */
static bool
is_nearly(const FoldedName *key, Claim claim)
{
	FoldedName	name;

	if (abs(key->length - names[claim].name.length) > 1 ||
		!fold(names[claim].name.text, names[claim].name.length, &name))
		return false;
	if (name.length < MIN_LENGTH_TO_EDIT)
		return key->length == name.length &&
			memcmp(key->text, name.text, name.length) == 0;
	return varstr_levenshtein_less_equal(key->text, key->length,
										 name.text, name.length,
										 1, 1, 1, 1, true) <= 1;
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

/* The absent claim that a member is meant to be; CLAIM_COUNT if none */
static Claim
meant_claim(const Claims *claims, const JsonbPair *member)
{
	FoldedName	key;

	if (!fold(member->key.val.string.val, member->key.val.string.len, &key))
		return CLAIM_COUNT;
	for (int claim = 0; claim < CLAIM_COUNT; claim++)
	{
		if (!claims->present[claim] && is_nearly(&key, claim))
			return claim;
	}
	for (size_t i = 0; i < lengthof(other_names); i++)
	{
		Claim		claim = other_names[i].claim;

		/* "role" is a common word, and may mean anything else */
		if (!claims->present[claim] &&
			key.length == other_names[i].name.length &&
			memcmp(key.text, other_names[i].name.text, key.length) == 0 &&
			(claim != CLAIM_ROLES || has_role(&member->value)))
			return claim;
	}
	return CLAIM_COUNT;
}

/*
 * Find a member that is meant to be a claim which is not there.  VideoSDK would
 * ignore it, and the token would be wider than meant.  Returns its name, and sets
 * *claim to the one meant; NULL if there is none.
 */
const JsonbValue *
claims_find_misspelt(const Claims *claims, Claim *claim)
{
	for (int i = 0; i < claims->other_count; i++)
	{
		*claim = meant_claim(claims, &claims->others[i]);
		if (*claim < CLAIM_COUNT)
			return &claims->others[i].key;
	}
	return NULL;
}

/* The member of that name which is no claim of VideoSDK's; NULL if there is none */
const JsonbValue *
claims_find_other(const Claims *claims, const Word *name)
{
	for (int i = 0; i < claims->other_count; i++)
	{
		if (jsonb_compare_to_key(name->text, name->length,
								 &claims->others[i].key) == 0)
			return &claims->others[i].value;
	}
	return NULL;
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
