/*
 * token_result.h: a judgement of a token as an error or as a row
 */
#ifndef TOKEN_RESULT_H
#define TOKEN_RESULT_H

#include "access/tupdesc.h"
#include "token_check.h"

extern void require_judged(const TokenCheck *check);
extern void require_valid(const TokenCheck *check);
extern Datum make_check_row(TupleDesc type, const TokenCheck *check);
extern void raise_crypto_failure(void);

#endif							/* TOKEN_RESULT_H */
