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

/* The claims of a payload */
typedef struct Claims
{
	bool		present[CLAIM_COUNT];
	JsonbValue	values[CLAIM_COUNT];	/* where present */
	bool		has_others;		/* members that are no claim of VideoSDK's */
} Claims;

/* A text that ends with a NUL, and its length */
typedef struct Word
{
	const char *text;
	int			length;
} Word;

#define WORD(literal)	{literal, sizeof(literal) - 1}

typedef struct WordList
{
	int			count;
	const Word *words;
} WordList;

/* The values that VideoSDK documents */
extern const WordList known_permissions;
extern const WordList known_roles;

extern const char *claim_name(Claim claim);
extern int	claim_compare(Claim claim, const JsonbValue *key);
extern void claims_find(Jsonb *payload, Claims *claims);
extern bool claims_find_misspelt(Jsonb *payload, const Claims *claims,
								 JsonbValue *key, Claim *claim);
extern bool is_listed(const char *text, int length, const WordList *list);
extern bool is_listed_string(const JsonbValue *value, const WordList *list);
extern bool is_version_two(Numeric number);
extern char *word_list_describe(const WordList *list);

#endif							/* CLAIMS_H */
