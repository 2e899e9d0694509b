/*
 * token_sign.h: a payload made into a token
 */
#ifndef TOKEN_SIGN_H
#define TOKEN_SIGN_H

#include "datatype/timestamp.h"
#include "signing_policy.h"

extern text *token_sign(Datum payload, const Interval *expires_in,
						const SigningPolicy *policy);

#endif							/* TOKEN_SIGN_H */
