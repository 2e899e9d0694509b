/*
 * token_check.h: the one judgement of a token
 */
#ifndef TOKEN_CHECK_H
#define TOKEN_CHECK_H

#include "payload_rules.h"
#include "signing_policy.h"
#include "utils/jsonb.h"

typedef enum TokenStatus
{
	TOKEN_MALFORMED,			/* also zero, so that what was forgotten is not valid */
	TOKEN_VALID,
	TOKEN_UNVERIFIED,			/* nothing wrong, but no secret to verify it */
	TOKEN_MISSING,				/* a NULL */
	TOKEN_BAD_SIGNATURE,
	TOKEN_BAD_PAYLOAD,
	TOKEN_REVOKED,
	TOKEN_EXPIRED,
	TOKEN_NOT_YET_VALID,
	TOKEN_CRYPTO_FAILED			/* OpenSSL's fault, not the token's */
} TokenStatus;

/* When and with what to verify a token */
typedef struct TokenVerifier
{
	int			key_count;		/* 0: do not verify the signature */
	TokenKey	keys[MAX_TOKEN_KEYS];
	const TimestampTz *revoked_before;	/* in whole seconds; NULL: never */
	int64		leeway;			/* microseconds */
	TimestampTz valid_at;
} TokenVerifier;

typedef struct TokenCheck
{
	TokenStatus status;
	const char *detail;			/* a sentence, or NULL */
	const char *hint;			/* a sentence, or NULL */
	Jsonb	   *header;			/* NULL where not read */
	Jsonb	   *payload;
	PayloadTimes times;
} TokenCheck;

extern void token_verify(Datum token, const TokenVerifier *verifier,
						 TokenCheck *check);
extern void token_inspect(Datum token, const TokenVerifier *verifier,
						  TokenCheck *check);
extern void token_inspect_signed(Datum token, const TokenVerifier *verifier,
								 TokenCheck *check);
extern void token_decode(Datum token, TokenCheck *check);

#endif							/* TOKEN_CHECK_H */
