/*
 * signing_policy.h: what may be signed, as credentials say it and the rules for
 * payloads keep it
 */
#ifndef SIGNING_POLICY_H
#define SIGNING_POLICY_H

#include "claims.h"
#include "datatype/timestamp.h"

/* What may be signed with a server's credential; each NULL: anything */
typedef struct ServerLimits
{
	const Interval *max_expires_in;
	const WordList *permissions;
	const WordList *roles;
} ServerLimits;

/* What may be signed */
typedef struct SigningPolicy
{
	bool		allow_unknown_values;
	const char *apikey;			/* of the server; NULL with a secret in hand */
	const ServerLimits *limits; /* of the server; NULL with a secret in hand */
} SigningPolicy;

#endif							/* SIGNING_POLICY_H */
