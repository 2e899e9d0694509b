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

/* Values of a claim */
typedef struct ValueList
{
	int			count;
	const char *const *values;
} ValueList;

/* Is a value of a jsonb this string? */
static inline bool
is_string(const JsonbValue *value, const char *string)
{
	return value->type == jbvString &&
		value->val.string.len == (int) strlen(string) &&
		memcmp(value->val.string.val, string, value->val.string.len) == 0;
}

extern const ValueList known_permissions;
extern const ValueList known_roles;

extern const char *claim_name(Claim claim);
extern void claims_find(Jsonb *payload, Claims *claims);
extern bool claims_find_misspelt(Jsonb *payload, const Claims *claims,
								 JsonbValue *key, Claim *claim);
extern bool is_listed(const JsonbValue *value, const ValueList *list);
extern char *value_list_describe(const ValueList *list);

#endif							/* CLAIMS_H */
