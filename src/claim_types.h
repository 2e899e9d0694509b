/*
 * claim_types.h: the types of a payload's claims
 */
#ifndef CLAIM_TYPES_H
#define CLAIM_TYPES_H

#include "claims.h"
#include "datatype/timestamp.h"

/* The times of a payload, as far as they are there and can be read */
typedef struct PayloadTimes
{
	bool		has_iat;
	bool		has_nbf;
	bool		has_exp;
	bool		iat_is_whole;	/* in seconds; if not, iat is rounded up to a microsecond */
	TimestampTz iat;
	TimestampTz nbf;
	TimestampTz exp;
} PayloadTimes;

/* What is wrong with a payload */
typedef struct PayloadProblem
{
	const char *message;		/* a primary message */
	const char *found;			/* JSON, or NULL */
	const char *hint;			/* or NULL */
} PayloadProblem;

extern bool problem_with(PayloadProblem *problem, const char *message,
						 const JsonbValue *found, const char *hint);
extern bool problem_with_type(PayloadProblem *problem, const char *message,
							  JsonbValue *found, const char *hint);
extern bool problem_missing(PayloadProblem *problem, const char *name,
							const char *hint);
extern bool problem_no_string(PayloadProblem *problem, const char *name,
							  const JsonbValue *found, const char *hint);
extern bool is_filled_string(const JsonbValue *value);
extern bool has_claim(const Claims *claims, Claim claim, const char *hint,
					  PayloadProblem *problem);
extern bool claims_have_types(const Claims *claims, bool signing,
							  PayloadTimes *times, PayloadProblem *problem);
extern bool claims_have_times(const Claims *claims, bool must_be_whole,
							  PayloadTimes *times, PayloadProblem *problem);

#endif							/* CLAIM_TYPES_H */
