/*
 * token_result.h: a judgement of a token as an error or as a row
 */
#ifndef TOKEN_RESULT_H
#define TOKEN_RESULT_H

#include "fmgr.h"
#include "token_check.h"

extern void raise_unless_valid(const TokenCheck *check);
extern Datum make_check_row(FunctionCallInfo fcinfo, const TokenCheck *check);
extern Datum make_null_row(FunctionCallInfo fcinfo);

#endif							/* TOKEN_RESULT_H */
