/*
 * payload_rules.c: VideoSDK's rules for a payload
 *
 * A rule is a function as claim_types.c describes it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "claims.h"
#include "encoding.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "payload_rules.h"

#define WITHOUT_TIMES \
	"Of a decoded payload, pass payload - 'iat' - 'exp'."
#define EXP_HINT	"Pass expires_in.  " WITHOUT_TIMES
#define IAT_HINT	"A token is issued now.  " WITHOUT_TIMES

/* What a misspelt claim would do, as a hint */
#define UNKNOWN_CLAIM	"VideoSDK ignores a claim that it does not know.  "
static const char *const if_misspelt[CLAIM_COUNT] = {
	[CLAIM_IAT] = "Without \"iat\", the token starts when it is signed.",
	[CLAIM_NBF] = UNKNOWN_CLAIM "Without \"nbf\", the token would be good at once.",
	[CLAIM_ROLES] = UNKNOWN_CLAIM "Without \"roles\", the token would be good for meetings and for the REST API.",
	[CLAIM_APIKEY] = UNKNOWN_CLAIM "Without \"apikey\", it would answer 4001 INVALID_API_KEY.",
	[CLAIM_ROOM_ID] = UNKNOWN_CLAIM "Without \"roomId\", the token would open every room.",
	[CLAIM_VERSION] = UNKNOWN_CLAIM "Without \"version\", it may ignore \"roomId\", \"participantId\" and \"roles\", too.",
	[CLAIM_PERMISSIONS] = UNKNOWN_CLAIM "Without \"permissions\", the token may be good for all of them.",
	[CLAIM_PARTICIPANT_ID] = UNKNOWN_CLAIM "Without \"participantId\", the token would be good for any participant.",
};

/* The payload is a JSON object */
static bool
is_object(Jsonb *payload, PayloadProblem *problem)
{
	JsonbValue	found;

	if (JB_ROOT_IS_OBJECT(payload))
		return true;
	if (!JsonbExtractScalar(&payload->root, &found))
	{
		found.type = jbvBinary;
		found.val.binary.data = &payload->root;
		found.val.binary.len = VARSIZE(payload) - VARHDRSZ;
	}
	return problem_with_type(problem, "payload must be a JSON object",
							 &found, NULL);
}

/*
 * No member is meant to be a claim that is not there; one that is meant to be a time
 * that signing sets must not be there at all
 */
static bool
is_spelt_right(const Claims *claims, bool issuing, PayloadProblem *problem)
{
	Claim		claim;
	const JsonbValue *key = claims_find_misspelt(claims, &claim);

	if (key == NULL)
		return true;
	if (claim == CLAIM_EXP || (claim == CLAIM_IAT && issuing))
		return problem_with(problem,
							psprintf("claim %s must not be in the payload",
									 json_excerpt(key)),
							NULL, claim == CLAIM_EXP ? EXP_HINT : IAT_HINT);
	return problem_with(problem,
						psprintf("claim %s must be spelt \"%s\"",
								 json_excerpt(key), claim_name(claim)),
						NULL, if_misspelt[claim]);
}

/* True if all elements are listed; else sets *element to the first that is not */
static inline bool
are_listed(const JsonbValue *array, const WordList *list, JsonbValue *element)
{
	JsonbWalk	walk;

	jsonb_walk_start(&walk, array->val.binary.data);
	while (jsonb_walk_element(&walk, element))
	{
		if (!is_listed_string(element, list))
			return false;
	}
	return true;
}

/* An array of strings has only values that VideoSDK documents */
static inline bool
has_known_values(const Claims *claims, Claim claim, const WordList *known,
				 const char *to_sign_others, PayloadProblem *problem)
{
	JsonbValue	element;

	if (!claims->present[claim] ||
		are_listed(&claims->values[claim], known, &element))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" has an unknown value",
								 claim_name(claim)),
						&element,
						psprintf("Known are %s.  To sign others, %s.",
								 word_list_describe(known), to_sign_others));
}

/* An array of strings is there and has only values that the server lists */
static bool
has_allowed_values(const Claims *claims, Claim claim, const WordList *allowed,
				   PayloadProblem *problem)
{
	char	   *hint;
	JsonbValue	element;

	if (claims->present[claim] &&
		are_listed(&claims->values[claim], allowed, &element))
		return true;

	hint = psprintf("The server allows %s.", word_list_describe(allowed));
	if (!claims->present[claim])
		return has_claim(claims, claim, hint, problem);
	return problem_with(problem,
						psprintf("claim \"%s\" has a value that the server does not allow",
								 claim_name(claim)),
						&element, hint);
}

/*
 * An array of strings has only values that may be signed: those that the server
 * lists, or else those that VideoSDK documents
 */
static inline bool
has_good_values(const Claims *claims, Claim claim, const WordList *known,
				const WordList *allowed, const SigningPolicy *policy,
				PayloadProblem *problem)
{
	if (allowed != NULL)
		return has_allowed_values(claims, claim, allowed, problem);
	if (policy->allow_unknown_values)
		return true;
	return has_known_values(claims, claim, known,
							policy->limits == NULL ?
							"set videosdk_token.allow_unknown_values" :
							"list them as an option of the server",
							problem);
}

/* The permissions go together, as far as they are known */
static bool
go_together(const Claims *claims, PayloadProblem *problem)
{
	const JsonbValue *permissions = &claims->values[CLAIM_PERMISSIONS];
	PermissionsStatus status = claims_permissions_status(claims);

	if (status == PERMISSIONS_CONFLICT)
		return problem_with(problem,
							psprintf("claim \"%s\" must have \"" ASK_JOIN "\" alone",
									 claim_name(CLAIM_PERMISSIONS)),
							permissions,
							"VideoSDK would answer 4008 INVALID_PERMISSIONS.  Give \"" ASK_JOIN "\" to guests who must ask, the others to those who need not.");
	if (status == PERMISSIONS_ONLY_MODERATE && claims_are_for_meetings(claims))
		return problem_with(problem,
							psprintf("claim \"%s\" must have \"" ALLOW_JOIN "\" with \"" ALLOW_MOD "\"",
									 claim_name(CLAIM_PERMISSIONS)),
							permissions, "\"" ALLOW_MOD "\" alone lets nobody in.");
	return true;
}

/* An id has no white space */
static inline bool
has_no_white_space(const Claims *claims, Claim claim, const char *answer,
				   PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];
	pg_wchar	found;

	if (!claims->present[claim])
		return true;
	found = find_white_space(value->val.string.val, value->val.string.len);
	if (found == 0)
		return true;
	problem_with(problem,
				 psprintf("claim \"%s\" must not have white space",
						  claim_name(claim)),
				 value, answer);
	problem->found = psprintf("%s, which has U+%04X", problem->found, found);
	return false;
}

/* A member that the server requires is there */
static bool
has_required(const Claims *claims, const Word *name, PayloadProblem *problem)
{
	const JsonbValue *value;

	for (int claim = 0; claim < CLAIM_COUNT; claim++)
	{
		if (claims->present[claim] && strcmp(claim_name(claim), name->text) == 0)
			return true;
	}
	value = claims_find_other(claims, name);
	if (value == NULL)
		return problem_missing(problem, name->text, "The server requires it: add it to the payload.");
	return is_filled_string(value) ||
		problem_no_string(problem, name->text, value, "The server requires it.");
}

/* The apikey is this one; whose it is follows the message's "that of" */
static bool
has_apikey(const Claims *claims, const char *apikey, const char *whose,
		   const char *hint, PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[CLAIM_APIKEY];

	if (!claims->present[CLAIM_APIKEY] ||
		jsonb_is_string(value, apikey, (int) strlen(apikey)))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must be that of %s",
								 claim_name(CLAIM_APIKEY), whose),
						NULL, hint);
}

/* The apikey is not the secret, which the token would show to everybody */
static bool
is_not_secret(const Claims *claims, const SigningKey *key,
			  PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[CLAIM_APIKEY];

	if (!claims->present[CLAIM_APIKEY] ||
		!signing_key_is(key, value->val.string.val, value->val.string.len))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must not be the secret",
								 claim_name(CLAIM_APIKEY)),
						NULL, "Whoever has a token can read its claims.");
}

/* The version is the number 2, or any number if that is allowed */
static bool
is_known_version(const Claims *claims, bool any, PayloadProblem *problem)
{
	const JsonbValue *version = &claims->values[CLAIM_VERSION];

	if (!claims->present[CLAIM_VERSION] ||
		(version->type == jbvNumeric && (any || is_version_two(version->val.numeric))))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must be %s",
								 claim_name(CLAIM_VERSION),
								 any ? "a number" : "the number 2"),
						version, NULL);
}

/* The version is there where VideoSDK needs it */
static bool
has_needed_version(const Claims *claims, PayloadProblem *problem)
{
	if (claims->present[CLAIM_VERSION] ||
		(!claims->present[CLAIM_ROOM_ID] &&
		 !claims->present[CLAIM_PARTICIPANT_ID] &&
		 !claims->present[CLAIM_ROLES]))
		return true;
	return has_claim(claims, CLAIM_VERSION,
					 psprintf("VideoSDK needs \"%s\": 2 for \"%s\", \"%s\" and \"%s\".",
							  claim_name(CLAIM_VERSION),
							  claim_name(CLAIM_ROOM_ID),
							  claim_name(CLAIM_PARTICIPANT_ID),
							  claim_name(CLAIM_ROLES)),
					 problem);
}

/* A claim is not there */
static bool
lacks_claim(const Claims *claims, Claim claim, const char *hint,
			PayloadProblem *problem)
{
	if (!claims->present[claim])
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must not be in the payload",
								 claim_name(claim)),
						&claims->values[claim], hint);
}

/* The apikey is there */
static bool
has_any_apikey(const Claims *claims, PayloadProblem *problem)
{
	return has_claim(claims, CLAIM_APIKEY,
					 "It is the API key of the VideoSDK account.", problem);
}

/* The payload keeps the limits of a server that are no list of values or time */
static bool
keeps_limits(const Claims *claims, const ServerLimits *limits,
			 PayloadProblem *problem)
{
	/* An iat would move the lifetime that the server limits */
	if (!lacks_claim(claims, CLAIM_IAT, IAT_HINT, problem))
		return false;
	for (int i = 0; limits->required != NULL && i < limits->required->count; i++)
	{
		if (!has_required(claims, &limits->required->words[i], problem))
			return false;
	}
	return true;
}

/*
 * True if a payload may be signed, and sets *claims and *times to what it has;
 * else sets *problem to what is wrong: the first that is, but of several bad times
 * the last
 */
bool
payload_may_be_signed(Jsonb *payload, const SigningPolicy *policy,
					  Claims *claims, PayloadTimes *times,
					  PayloadProblem *problem)
{
	const ServerLimits *limits = policy->limits;
	bool		any = policy->allow_unknown_values;

	if (!is_object(payload, problem))
		return false;
	claims_find(payload, claims);

	return is_spelt_right(claims, policy->apikey != NULL, problem) &&
		lacks_claim(claims, CLAIM_EXP, EXP_HINT, problem) &&
		(policy->apikey != NULL || has_any_apikey(claims, problem)) &&
		claims_have_types(claims, true, times, problem) &&
		is_not_secret(claims, policy->key, problem) &&
		is_known_version(claims, any, problem) &&
		has_needed_version(claims, problem) &&
		has_no_white_space(claims, CLAIM_ROOM_ID,
						   "VideoSDK would answer 4003 INVALID_MEETING_ID.",
						   problem) &&
		has_no_white_space(claims, CLAIM_PARTICIPANT_ID,
						   "VideoSDK would answer 4004 INVALID_PARTICIPANT_ID.",
						   problem) &&
		has_good_values(claims, CLAIM_PERMISSIONS, &known_permissions,
						limits == NULL ? NULL : limits->permissions, policy,
						problem) &&
		has_good_values(claims, CLAIM_ROLES, &known_roles,
						limits == NULL ? NULL : limits->roles, policy,
						problem) &&
		(any || go_together(claims, problem)) &&
		(policy->apikey == NULL ||
		 has_apikey(claims, policy->apikey, "the server's credential",
					"Leave it out: the server's is added.", problem)) &&
		(limits == NULL || keeps_limits(claims, limits, problem));
}

/*
 * True if the payload of a signed token, a JSON object, is that of a VideoSDK
 * token, and of this apikey if it is not NULL; else sets *problem as
 * payload_may_be_signed does.  Sets in *times the times that can be read, either way.
 */
bool
payload_is_acceptable(Jsonb *payload, const char *apikey, PayloadTimes *times,
					  PayloadProblem *problem)
{
	Claims		claims;
	PayloadProblem ignored;

	claims_find(payload, &claims);
	if (has_any_apikey(&claims, problem) &&
		claims_have_types(&claims, false, times, problem) &&
		has_claim(&claims, CLAIM_EXP, "A token must expire.", problem) &&
		(apikey == NULL ||
		 has_apikey(&claims, apikey, "the credential that signed the token",
					NULL, problem)))
		return true;

	(void) claims_have_times(&claims, false, times, &ignored);
	return false;
}
