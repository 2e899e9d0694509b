/*
 * claim_types.c: the types of a payload's claims, in tokens that we sign and in
 * those of others
 *
 * A rule is a function that returns true if it holds; else it returns false and
 * sets *problem.  Signing raises that, verifying reports it.  Rules about a claim
 * hold where it is absent, unless their comment says that it is there.
 */
#include "postgres.h"

#include "utils/jsonb.h"

#include "claim_types.h"
#include "claims.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "numeric_date.h"

/* Set *problem and return false, for "return problem_with(...)" in a rule */
bool
problem_with(PayloadProblem *problem, const char *message,
			 const JsonbValue *found, const char *hint)
{
	problem->message = message;
	problem->found = found == NULL ? NULL : json_excerpt(found);
	problem->hint = hint;
	return false;
}

/* The same, with only the type of what was found: the value may be a secret or a token */
bool
problem_with_type(PayloadProblem *problem, const char *message,
				  JsonbValue *found, const char *hint)
{
	problem_with(problem, message, NULL, hint);
	problem->found = found->type == jbvString && found->val.string.len == 0 ?
		"an empty string" : psprintf("a JSON %s", JsonbTypeName(found));
	return false;
}

/* Set *problem to a member that is missing, and return false */
bool
problem_missing(PayloadProblem *problem, const char *name, const char *hint)
{
	return problem_with(problem, psprintf("claim \"%s\" is missing", name),
						NULL, hint);
}

/* Set *problem to a member that is no string, or an empty one, and return false */
bool
problem_no_string(PayloadProblem *problem, const char *name,
				  const JsonbValue *found, const char *hint)
{
	return problem_with(problem,
						psprintf("claim \"%s\" must be a non-empty string", name),
						found, hint);
}

/* A claim is there */
bool
has_claim(const Claims *claims, Claim claim, const char *hint,
		  PayloadProblem *problem)
{
	return claims->present[claim] ||
		problem_missing(problem, claim_name(claim), hint);
}

/* True if a value is a string and not empty */
bool
is_filled_string(const JsonbValue *value)
{
	return value->type == jbvString && value->val.string.len > 0;
}

/* A claim is a string and not empty */
static inline bool
is_string(const Claims *claims, Claim claim, const char *hint_for_null,
		  PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];

	if (!claims->present[claim] || is_filled_string(value))
		return true;
	return problem_no_string(problem, claim_name(claim), value,
							 value->type == jbvNull ? hint_for_null : NULL);
}

/* The apikey is a string and not empty */
static inline bool
is_apikey(const Claims *claims, PayloadProblem *problem)
{
	JsonbValue	value = claims->values[CLAIM_APIKEY];

	if (!claims->present[CLAIM_APIKEY] || is_filled_string(&value))
		return true;
	return problem_with_type(problem,
							 psprintf("claim \"%s\" must be a non-empty string",
									  claim_name(CLAIM_APIKEY)),
							 &value, NULL);
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

/*
 * A claim is a NumericDate, and a whole one if it must be.  Sets *present, and *time
 * and *whole if it can be read.
 */
static inline bool
is_time(const Claims *claims, Claim claim, bool must_be_whole,
		bool *present, TimestampTz *time, bool *whole, PayloadProblem *problem)
{
	const JsonbValue *value = &claims->values[claim];

	*present = false;
	if (!claims->present[claim])
		return true;

	*present = value->type == jbvNumeric &&
		numeric_date_read(value->val.numeric, time, whole);
	if (*present && (*whole || !must_be_whole))
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
bool
claims_have_times(const Claims *claims, bool must_be_whole,
				  PayloadTimes *times, PayloadProblem *problem)
{
	bool		good = true;
	bool		whole;

	good &= is_time(claims, CLAIM_EXP, must_be_whole, &times->has_exp,
					&times->exp, &whole, problem);
	good &= is_time(claims, CLAIM_NBF, must_be_whole, &times->has_nbf,
					&times->nbf, &whole, problem);
	good &= is_time(claims, CLAIM_IAT, must_be_whole, &times->has_iat,
					&times->iat, &times->iat_is_whole, problem);
	return good;
}

/* The claims have their types, in tokens that we sign and in those of others */
bool
claims_have_types(const Claims *claims, bool signing, PayloadTimes *times,
				  PayloadProblem *problem)
{
	bool		may_be_empty = !signing;

	return is_apikey(claims, problem) &&
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
		claims_have_times(claims, signing, times, problem);
}
