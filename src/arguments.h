/*
 * arguments.h: what the front door takes, and keeps from call to call
 */
#ifndef ARGUMENTS_H
#define ARGUMENTS_H

#include "access/tupdesc.h"
#include "credential.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "bytes/hmac_sha256.h"

extern void check_argument_not_null(FunctionCallInfo fcinfo, int argument,
									const char *name);
extern HmacSha256 *get_hmac_argument(FunctionCallInfo fcinfo, int argument);
extern const Credential *get_credential_argument(FunctionCallInfo fcinfo,
												 int argument);
extern int64 get_leeway_argument(FunctionCallInfo fcinfo, int argument);
extern TimestampTz get_valid_at_argument(FunctionCallInfo fcinfo,
										 int argument);
extern TupleDesc get_row_type(FunctionCallInfo fcinfo);

#endif							/* ARGUMENTS_H */
