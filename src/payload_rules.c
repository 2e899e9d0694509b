/*
 * payload_rules.c: VideoSDK's rules for a payload
 *
 * A rule is a function that answers whether it holds, and if not, notes what
 * is wrong.  Signing raises that, verifying reports it.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/numeric.h"

#include "claims.h"
#include "jsonb_walk.h"
#include "numeric_date.h"
#include "payload_json.h"
#include "payload_rules.h"

#define EXP_HINT \
	"Pass expires_in.  To renew a decoded payload, pass payload - 'iat' - 'exp'."

/* Note what is wrong; for "return problem_with(...)" in a rule */
static bool
problem_with(PayloadProblem *problem, const char *message,
			 const JsonbValue *found, const char *hint)
{
	problem->message = message;
	problem->found = found == NULL ? NULL : payload_json_excerpt(found);
	problem->hint = hint;
	return false;
}

/* A JSON object? */
static bool
check_object(Jsonb *payload, PayloadProblem *problem)
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

	/* Not what it says: it may be a token */
	problem_with(problem, "payload must be a JSON object", NULL, NULL);
	problem->found = psprintf("a JSON %s", JsonbTypeName(&found));
	return false;
}

/* No claim that is meant to be another? */
static bool
check_spelling(Jsonb *payload, const Claims *claims, PayloadProblem *problem)
{
	JsonbValue	key;
	Claim		claim;

	if (!claims_find_misspelt(payload, claims, &key, &claim))
		return true;
	return problem_with(problem,
						psprintf("claim %s must be spelt \"%s\"",
								 payload_json_excerpt(&key), claim_name(claim)),
						NULL,
						claim == CLAIM_EXP ? EXP_HINT :
						"VideoSDK ignores claims that it does not know, so the token would be good for more than meant.");
}

/* There? */
static bool
check_present(const Claims *claims, Claim claim, const char *hint,
			  PayloadProblem *problem)
{
	if (claims->present[claim])
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" is missing", claim_name(claim)),
						NULL, hint);
}

/* A string, and not empty, if there? */
static bool
check_string(const Claims *claims, Claim claim, const char *hint_for_null,
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

/* Is each element of an array of strings in a list?  If not, the first */
static bool
all_listed(const JsonbValue *array, const ValueList *list, JsonbValue *element)
{
	JsonbWalk	walk;

	jsonb_walk_start(&walk, array->val.binary.data);
	while (jsonb_walk_element(&walk, element))
	{
		if (!is_listed(element, list))
			return false;
	}
	return true;
}

/* An array of strings, if there?  And not empty, unless that is allowed */
static bool
check_strings(const Claims *claims, Claim claim, bool may_be_empty,
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

/* Only values that VideoSDK documents, if there?  An array of strings */
static bool
check_known(const Claims *claims, Claim claim, const ValueList *known,
			PayloadProblem *problem)
{
	JsonbValue	element;

	if (!claims->present[claim] ||
		all_listed(&claims->values[claim], known, &element))
		return true;
	return problem_with(problem,
						psprintf("claim \"%s\" has an unknown value",
								 claim_name(claim)),
						&element,
						psprintf("Known are %s.  To sign others, set videosdk_token.allow_unknown_values.",
								 value_list_describe(known)));
}

/* Only values that the server allows?  An array of strings, if there */
static bool
check_allowed(const Claims *claims, Claim claim, const ValueList *allowed,
			  PayloadProblem *problem)
{
	JsonbValue	element;
	char	   *hint;

	if (allowed == NULL || (claims->present[claim] &&
							all_listed(&claims->values[claim], allowed,
									   &element)))
		return true;

	hint = psprintf("The server allows %s.", value_list_describe(allowed));
	if (!claims->present[claim])
		return check_present(claims, claim, hint, problem);
	return problem_with(problem,
						psprintf("claim \"%s\" has a value that the server does not allow",
								 claim_name(claim)),
						&element, hint);
}

/* The server's, if there?  Signing adds it */
static bool
check_apikey(const Claims *claims, const char *apikey, PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[CLAIM_APIKEY];

	if (!claims->present[CLAIM_APIKEY] || is_string(value, apikey))
		return true;
	return problem_with(problem,
						"claim \"apikey\" must be that of the server's credential",
						value, "Leave it out: the server's is added.");
}

/* Also 2.0 and the like */
static bool
is_equal_to_two(Numeric number)
{
	return DatumGetBool(DirectFunctionCall2(numeric_eq,
											NumericGetDatum(number),
											NumericGetDatum(int64_to_numeric(2))));
}

/* The number 2, if there?  Or any number, if that is allowed */
static bool
check_version(const Claims *claims, bool any, PayloadProblem *problem)
{
	const JsonbValue *version = &claims->values[CLAIM_VERSION];

	if (!claims->present[CLAIM_VERSION])
		return true;
	if (is_version_two(version) ||
		(version->type == jbvNumeric &&
		 (any || is_equal_to_two(version->val.numeric))))
		return true;
	return problem_with(problem,
						any ? "claim \"version\" must be a number" :
						"claim \"version\" must be the number 2",
						version, NULL);
}

/* There, where it is needed? */
static bool
check_version_present(const Claims *claims, PayloadProblem *problem)
{
	if (!claims->present[CLAIM_ROOM_ID] &&
		!claims->present[CLAIM_PARTICIPANT_ID] &&
		!claims->present[CLAIM_ROLES])
		return true;
	return check_present(claims, CLAIM_VERSION,
						 "VideoSDK needs \"version\": 2 for \"roomId\", \"participantId\" and \"roles\".",
						 problem);
}

/* A NumericDate, if there?  A whole one, if it must be */
static bool
check_time(const Claims *claims, Claim claim, bool must_be_whole,
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
		numeric_date_in_milliseconds(value->val.numeric))
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

/* Read the times; all of them, also if one is wrong */
static bool
check_times(const Claims *claims, bool must_be_whole, PayloadTimes *times,
			PayloadProblem *problem)
{
	bool		good = true;

	good &= check_time(claims, CLAIM_EXP, must_be_whole, &times->has_exp,
					   &times->exp, problem);
	good &= check_time(claims, CLAIM_NBF, must_be_whole, &times->has_nbf,
					   &times->nbf, problem);
	good &= check_time(claims, CLAIM_IAT, must_be_whole, &times->has_iat,
					   &times->iat, problem);
	return good;
}

/* Not there, because signing writes it? */
static bool
check_no_exp(const Claims *claims, PayloadProblem *problem)
{
	if (!claims->present[CLAIM_EXP])
		return true;
	return problem_with(problem, "claim \"exp\" must not be in the payload",
						&claims->values[CLAIM_EXP],
						EXP_HINT);
}

/* Not there, because it would move the lifetime that the server limits? */
static bool
check_no_iat(const Claims *claims, PayloadProblem *problem)
{
	if (!claims->present[CLAIM_IAT])
		return true;
	return problem_with(problem, "claim \"iat\" must not be in the payload",
						&claims->values[CLAIM_IAT],
						"A token is issued now.  To renew a decoded payload, pass payload - 'iat' - 'exp'.");
}

/* The rules that hold for tokens that we sign and for those of others */
static bool
check_types(const Claims *claims, bool signing, PayloadTimes *times,
			PayloadProblem *problem)
{
	bool		may_be_empty = !signing;

	return check_string(claims, CLAIM_APIKEY, NULL, problem) &&
		check_present(claims, CLAIM_PERMISSIONS,
					  "It is an array such as [\"allow_join\"].", problem) &&
		check_strings(claims, CLAIM_PERMISSIONS, may_be_empty, problem) &&
		check_string(claims, CLAIM_ROOM_ID,
					 "Leave it out only if the token may enter every room.",
					 problem) &&
		check_string(claims, CLAIM_PARTICIPANT_ID,
					 "Leave it out only if the token is for any participant.",
					 problem) &&
		check_strings(claims, CLAIM_ROLES, may_be_empty, problem) &&
		check_times(claims, signing, times, problem);
}

/* There, where no server adds it? */
static bool
check_apikey_present(const Claims *claims, PayloadProblem *problem)
{
	return check_present(claims, CLAIM_APIKEY,
						 "It is the API key of the VideoSDK account.", problem);
}

/* What a server limits */
static bool
check_limits(const Claims *claims, const ServerLimits *limits,
			 PayloadProblem *problem)
{
	return check_no_iat(claims, problem) &&
		check_allowed(claims, CLAIM_PERMISSIONS, limits->permissions,
					  problem) &&
		check_allowed(claims, CLAIM_ROLES, limits->roles, problem);
}

/* May a payload be signed?  Its times, or what is wrong */
bool
payload_may_be_signed(Jsonb *payload, const SigningPolicy *policy,
					  PayloadTimes *times, PayloadProblem *problem)
{
	bool		any = policy->allow_unknown_values;
	Claims		claims;

	if (!check_object(payload, problem))
		return false;
	claims_find(payload, &claims);

	return check_spelling(payload, &claims, problem) &&
		check_no_exp(&claims, problem) &&
		(policy->apikey != NULL || check_apikey_present(&claims, problem)) &&
		check_types(&claims, true, times, problem) &&
		check_version(&claims, any, problem) &&
		check_version_present(&claims, problem) &&
		(any || check_known(&claims, CLAIM_PERMISSIONS, &known_permissions,
							problem)) &&
		(any || check_known(&claims, CLAIM_ROLES, &known_roles, problem)) &&
		(policy->apikey == NULL ||
		 check_apikey(&claims, policy->apikey, problem)) &&
		(policy->limits == NULL ||
		 check_limits(&claims, policy->limits, problem));
}

/*
 * Is the payload of a signed token, an object, that of a VideoSDK token, and of
 * this apikey if there is one?  Its times, as far as they can be read, and what
 * is wrong.
 */
bool
payload_is_acceptable(Jsonb *payload, const char *apikey, PayloadTimes *times,
					  PayloadProblem *problem)
{
	Claims		claims;
	PayloadProblem ignored;

	claims_find(payload, &claims);
	if (check_apikey_present(&claims, problem) &&
		check_types(&claims, false, times, problem) &&
		check_present(&claims, CLAIM_EXP, "A token must expire.", problem) &&
		(apikey == NULL || check_apikey(&claims, apikey, problem)))
		return true;

	(void) check_times(&claims, false, times, &ignored);
	return false;
}
