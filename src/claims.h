/*
 * claims.h: VideoSDK's vocabulary, the names of its claims and their values
 */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "utils/jsonb.h"

typedef enum Claim
{
	CLAIM_APIKEY,
	CLAIM_PERMISSIONS,
	CLAIM_VERSION,
	CLAIM_ROOM_ID,
	CLAIM_PARTICIPANT_ID,
	CLAIM_ROLES,
	CLAIM_IAT,
	CLAIM_NBF,
	CLAIM_EXP
} Claim;

#define CLAIM_COUNT	(CLAIM_EXP + 1)

typedef struct Claims
{
	bool		present[CLAIM_COUNT];
	JsonbValue	values[CLAIM_COUNT];	/* where present */
	bool		has_others;
} Claims;

/* A text that ends with a NUL, and its length */
typedef struct Word
{
	const char *text;
	int			length;
} Word;

#define WORD(literal)	{literal, sizeof(literal) - 1}

/* Values of a claim */
typedef struct ValueList
{
	int			count;
	const Word *values;
} ValueList;

/* Is a value of a jsonb a string of these bytes? */
static inline bool
is_bytes(const JsonbValue *value, const char *bytes, int length)
{
	return value->type == jbvString && value->val.string.len == length &&
		memcmp(value->val.string.val, bytes, length) == 0;
}

/* Is a value of a jsonb this string? */
static inline bool
is_string(const JsonbValue *value, const char *string)
{
	return is_bytes(value, string, (int) strlen(string));
}

extern const ValueList known_permissions;
extern const ValueList known_roles;

extern const char *claim_name(Claim claim);
extern void claims_find(Jsonb *payload, Claims *claims);
extern bool claims_find_misspelt(Jsonb *payload, const Claims *claims,
								 JsonbValue *key, Claim *claim);
extern bool is_listed(const JsonbValue *value, const ValueList *list);
extern bool is_version_two(const JsonbValue *value);
extern char *value_list_describe(const ValueList *list);

#endif							/* CLAIMS_H */
