/*
 * token_sign.h: a payload made into a token
 */
#ifndef TOKEN_SIGN_H
#define TOKEN_SIGN_H

#include "bytes/hmac_sha256.h"
#include "datatype/timestamp.h"
#include "signing_policy.h"

extern text *token_sign(Datum payload, const Interval *expires_in,
						const SigningPolicy *policy, HmacSha256 *hmac);

#endif							/* TOKEN_SIGN_H */
