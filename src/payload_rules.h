/*
 * payload_rules.h: VideoSDK's rules for a payload
 */
#ifndef PAYLOAD_RULES_H
#define PAYLOAD_RULES_H

#include "claims.h"
#include "datatype/timestamp.h"
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

/* What may be signed with a server's credential; each NULL: anything */
typedef struct ServerLimits
{
	const Interval *max_expires_in;
	const ValueList *permissions;
	const ValueList *roles;
} ServerLimits;

/* What may be signed */
typedef struct SigningPolicy
{
	bool		allow_unknown_values;
	const char *apikey;			/* of the server; NULL with a secret in hand */
	const ServerLimits *limits; /* of the server; NULL with a secret in hand */
} SigningPolicy;

extern bool payload_may_be_signed(Jsonb *payload, const SigningPolicy *policy,
								  PayloadTimes *times,
								  PayloadProblem *problem);
extern bool payload_is_acceptable(Jsonb *payload, const char *apikey,
								  PayloadTimes *times,
								  PayloadProblem *problem);

#endif							/* PAYLOAD_RULES_H */
