/*
 * payload_rules.c: VideoSDK's rules for a payload
 *
 * A rule is a function that returns true if it holds; else it returns false and
 * sets *problem.  Signing raises that, verifying reports it.  Rules about a claim
 * hold where it is absent, unless their comment says that it is there.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "claims.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "numeric_date.h"
#include "payload_rules.h"

#define TO_RENEW \
	"To renew a decoded payload, pass payload - 'iat' - 'exp'."
#define EXP_HINT	"Pass expires_in.  " TO_RENEW
#define IAT_HINT	"A token is issued now.  " TO_RENEW

/* Set *problem and return false, for "return problem_with(...)" in a rule */
static bool
problem_with(PayloadProblem *problem, const char *message,
			 const JsonbValue *found, const char *hint)
{
	problem->message = message;
	problem->found = found == NULL ? NULL : json_excerpt(found);
	problem->hint = hint;
	return false;
}

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

	/* Name only the type: the value may be a token */
	problem_with(problem, "payload must be a JSON object", NULL, NULL);
	problem->found = psprintf("a JSON %s", JsonbTypeName(&found));
	return false;
}

/* No member is meant to be a claim that is not there */
static bool
is_spelt_right(const Claims *claims, PayloadProblem *problem)
{
	Claim		claim;
	const JsonbValue *key = claims_find_misspelt(claims, &claim);

	if (key == NULL)
		return true;
	return problem_with(problem,
						psprintf("claim %s must be spelt \"%s\"",
								 json_excerpt(key), claim_name(claim)),
						NULL,
						claim == CLAIM_EXP ? EXP_HINT :
						"VideoSDK ignores claims that it does not know, so the token would be good for more than meant.");
}

/* A claim is there */
static bool
has_claim(const Claims *claims, Claim claim, const char *hint,
		  PayloadProblem *problem)
{
	if (claims->present[claim])
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" is missing", claim_name(claim)),
						NULL, hint);
}

/* A claim is a string and not empty */
static inline bool
is_string(const Claims *claims, Claim claim, const char *hint_for_null,
		  PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];

	if (!claims->present[claim] ||
		(value->type == jbvString && value->val.string.len > 0))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must be a non-empty string",
								 claim_name(claim)),
						value, value->type == jbvNull ? hint_for_null : NULL);
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

/* A claim is an array of strings, and not empty unless that is allowed */
static inline bool
is_array_of_strings(const Claims *claims, Claim claim, bool may_be_empty,
					PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];

	if (!claims->present[claim] ||
		(value->type == jbvBinary &&
		 JsonContainerIsArray(value->val.binary.data) &&
		 (may_be_empty || JsonContainerSize(value->val.binary.data) > 0) &&
		 jsonb_has_strings_only(value->val.binary.data)))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must be %s array of strings",
								 claim_name(claim),
								 may_be_empty ? "an" : "a non-empty"),
						value, NULL);
}

/* An array of strings has only values that VideoSDK documents */
static inline bool
has_known_values(const Claims *claims, Claim claim, const WordList *known,
				 PayloadProblem *problem)
{
	JsonbValue	element;

	if (!claims->present[claim] ||
		are_listed(&claims->values[claim], known, &element))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" has an unknown value",
								 claim_name(claim)),
						&element,
						psprintf("Known are %s.  To sign others, set videosdk_token.allow_unknown_values.",
								 word_list_describe(known)));
}

/*
 * An array of strings is there and has only values that the server lists; holds
 * if it lists none, and allowed is NULL
 */
static bool
has_allowed_values(const Claims *claims, Claim claim, const WordList *allowed,
				   PayloadProblem *problem)
{
	JsonbValue	element;
	char	   *hint;

	if (allowed == NULL || (claims->present[claim] &&
							are_listed(&claims->values[claim], allowed,
									   &element)))
		return true;

	hint = psprintf("The server allows %s.", word_list_describe(allowed));
	if (!claims->present[claim])
		return has_claim(claims, claim, hint, problem);
	return problem_with(problem,
						psprintf("claim \"%s\" has a value that the server does not allow",
								 claim_name(claim)),
						&element, hint);
}

/* The apikey is that of the server, which signing adds */
static bool
has_apikey(const Claims *claims, const char *apikey, PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[CLAIM_APIKEY];

	if (!claims->present[CLAIM_APIKEY] ||
		jsonb_is_string(value, apikey, (int) strlen(apikey)))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" must be that of the server's credential",
								 claim_name(CLAIM_APIKEY)),
						value, "Leave it out: the server's is added.");
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

/*
 * A claim is a NumericDate, and a whole one if it must be.  Sets *present and
 * *time if it can be read.
 */
static inline bool
is_time(const Claims *claims, Claim claim, bool must_be_whole,
		bool *present, TimestampTz *time, PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];
	bool		whole = false;

	*present = false;
	if (!claims->present[claim])
		return true;

	*present = value->type == jbvNumeric &&
		numeric_date_read(value->val.numeric, time, &whole);
	if (*present && (whole || !must_be_whole))
		return true;
	if (!*present && value->type == jbvNumeric &&
		numeric_date_is_in_milliseconds(value->val.numeric))
		return problem_with(problem,
							psprintf("claim \"%s\" must be in seconds, not milliseconds",
									 claim_name(claim)),
							value, NULL);
	return problem_with(problem,
						psprintf("claim \"%s\" must be a %s from 0 to " INT64_FORMAT,
								 claim_name(claim),
								 must_be_whole ? "whole number" : "number",
								 NUMERIC_DATE_MAX),
						value, NULL);
}

/* The times can be read; sets in *times those that can, also if one is wrong */
static inline bool
are_times(const Claims *claims, bool must_be_whole, PayloadTimes *times,
		  PayloadProblem *problem)
{
	bool		good = true;

	good &= is_time(claims, CLAIM_EXP, must_be_whole, &times->has_exp,
					&times->exp, problem);
	good &= is_time(claims, CLAIM_NBF, must_be_whole, &times->has_nbf,
					&times->nbf, problem);
	good &= is_time(claims, CLAIM_IAT, must_be_whole, &times->has_iat,
					&times->iat, problem);
	return good;
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

/* The claims have their types, in tokens that we sign and in those of others */
static bool
have_types(const Claims *claims, bool signing, PayloadTimes *times,
		   PayloadProblem *problem)
{
	bool		may_be_empty = !signing;

	return is_string(claims, CLAIM_APIKEY, NULL, problem) &&
		has_claim(claims, CLAIM_PERMISSIONS,
				  "It is an array such as [\"allow_join\"].", problem) &&
		is_array_of_strings(claims, CLAIM_PERMISSIONS, may_be_empty, problem) &&
		is_string(claims, CLAIM_ROOM_ID,
				  "Leave it out only if the token may enter every room.",
				  problem) &&
		is_string(claims, CLAIM_PARTICIPANT_ID,
				  "Leave it out only if the token is for any participant.",
				  problem) &&
		is_array_of_strings(claims, CLAIM_ROLES, may_be_empty, problem) &&
		are_times(claims, signing, times, problem);
}

/* The apikey is there */
static bool
has_any_apikey(const Claims *claims, PayloadProblem *problem)
{
	return has_claim(claims, CLAIM_APIKEY,
					 "It is the API key of the VideoSDK account.", problem);
}

/* The payload keeps the limits of a server, but for that of its lifetime */
static bool
keeps_limits(const Claims *claims, const ServerLimits *limits,
			 PayloadProblem *problem)
{
	/* An iat would move the lifetime that the server limits */
	return lacks_claim(claims, CLAIM_IAT, IAT_HINT, problem) &&
		has_allowed_values(claims, CLAIM_PERMISSIONS, limits->permissions,
						   problem) &&
		has_allowed_values(claims, CLAIM_ROLES, limits->roles, problem);
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
	bool		any = policy->allow_unknown_values;

	if (!is_object(payload, problem))
		return false;
	claims_find(payload, claims);

	return is_spelt_right(claims, problem) &&
		lacks_claim(claims, CLAIM_EXP, EXP_HINT, problem) &&
		(policy->apikey != NULL || has_any_apikey(claims, problem)) &&
		have_types(claims, true, times, problem) &&
		is_known_version(claims, any, problem) &&
		has_needed_version(claims, problem) &&
		(any || has_known_values(claims, CLAIM_PERMISSIONS,
								 &known_permissions, problem)) &&
		(any || has_known_values(claims, CLAIM_ROLES, &known_roles,
								 problem)) &&
		(policy->apikey == NULL ||
		 has_apikey(claims, policy->apikey, problem)) &&
		(policy->limits == NULL ||
		 keeps_limits(claims, policy->limits, problem));
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
		have_types(&claims, false, times, problem) &&
		has_claim(&claims, CLAIM_EXP, "A token must expire.", problem) &&
		(apikey == NULL || has_apikey(&claims, apikey, problem)))
		return true;

	(void) are_times(&claims, false, times, &ignored);
	return false;
}
