/*
 * claims.h: VideoSDK's vocabulary, the names of its claims and their values
 */
#ifndef CLAIMS_H
#define CLAIMS_H

#include "utils/jsonb.h"

/*
 * Stays in jsonb's order of their names, by length and then by bytes: claims_find
 * and signing merge by it
 */
typedef enum Claim
{
	CLAIM_EXP,
	CLAIM_IAT,
	CLAIM_NBF,
	CLAIM_ROLES,
	CLAIM_APIKEY,
	CLAIM_ROOM_ID,
	CLAIM_VERSION,
	CLAIM_PERMISSIONS,
	CLAIM_PARTICIPANT_ID
} Claim;

#define CLAIM_COUNT	(CLAIM_PARTICIPANT_ID + 1)

/* A payload's claims, and its members that are no claim of VideoSDK's */
typedef struct Claims
{
	bool		present[CLAIM_COUNT];
	JsonbValue	values[CLAIM_COUNT];	/* where present */
	int			other_count;
	JsonbPair  *others;			/* in jsonb's order */
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
#define ALLOW_JOIN	"allow_join"
#define ASK_JOIN	"ask_join"
#define ALLOW_MOD	"allow_mod"
#define CRAWLER		"crawler"
#define RTC			"rtc"

/* What the permissions of a token do together for who joins a meeting */
typedef enum PermissionsStatus
{
	PERMISSIONS_ADMIT,
	PERMISSIONS_ADMIT_WHO_ASKS,
	PERMISSIONS_CONFLICT,		/* "ask_join" beside another */
	PERMISSIONS_ONLY_MODERATE,	/* "allow_mod" alone, which admits nobody */
	PERMISSIONS_UNKNOWN			/* none that VideoSDK documents */
} PermissionsStatus;

extern const WordList known_permissions;
extern const WordList known_roles;

extern const char *claim_name(Claim claim);
extern const Word *claim_name_in_json(Claim claim);
extern int	claim_compare(Claim claim, const JsonbValue *key);
extern void claims_find(Jsonb *payload, Claims *claims);
extern const JsonbValue *claims_find_misspelt(const Claims *claims,
											  Claim *claim);
extern const JsonbValue *claims_find_other(const Claims *claims,
										   const Word *name);
extern bool claims_are_for_meetings(const Claims *claims);
extern PermissionsStatus claims_permissions_status(const Claims *claims);
extern bool is_listed(const char *text, int length, const WordList *list);
extern bool is_listed_string(const JsonbValue *value, const WordList *list);
extern bool is_version_two(Numeric number);
extern char *word_list_describe(const WordList *list);

#endif							/* CLAIMS_H */
