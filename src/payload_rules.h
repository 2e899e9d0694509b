/*
 * payload_rules.h: VideoSDK's rules for a payload
 */
#ifndef PAYLOAD_RULES_H
#define PAYLOAD_RULES_H

#include "claims.h"
#include "datatype/timestamp.h"
#include "signing_policy.h"
#include "utils/jsonb.h"

/* The times of a payload, as far as they are there and can be read */
typedef struct PayloadTimes
{
	bool		has_iat;
	bool		has_nbf;
	bool		has_exp;
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

extern bool payload_may_be_signed(Jsonb *payload, const SigningPolicy *policy,
								  Claims *claims, PayloadTimes *times,
								  PayloadProblem *problem);
extern bool payload_is_acceptable(Jsonb *payload, const char *apikey,
								  PayloadTimes *times,
								  PayloadProblem *problem);

#endif							/* PAYLOAD_RULES_H */
