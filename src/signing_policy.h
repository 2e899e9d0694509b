/*
 * signing_policy.h: what may be signed, and what a token may have been signed with,
 * as credentials say it and the rooms above keep it
 */
#ifndef SIGNING_POLICY_H
#define SIGNING_POLICY_H

#include "claims.h"
#include "datatype/timestamp.h"
#include "signing_key.h"

/* What may be signed with a server's credential; each NULL: anything */
typedef struct ServerLimits
{
	const Interval *max_expires_in;
	const WordList *permissions;
	const WordList *roles;
	const WordList *required;	/* members that must be there */
} ServerLimits;

/* What may be signed, and with what */
typedef struct SigningPolicy
{
	const SigningKey *key;
	bool		allow_unknown_values;	/* never with the key of a server */
	const char *apikey;			/* of the server; NULL with a secret in hand */
	const ServerLimits *limits; /* of the server; NULL with a secret in hand */
} SigningPolicy;

/* What a token may have been signed with */
typedef struct TokenKey
{
	HmacSha256 *hmac;
	const char *apikey;			/* of its tokens; NULL: any */
	const TimestampTz *until;	/* accepted before this; NULL: always */
} TokenKey;

/* A server's current key, and the one before */
#define MAX_TOKEN_KEYS	2

#endif							/* SIGNING_POLICY_H */
