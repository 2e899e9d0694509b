/*
 * call.h: what every call from SQL does
 */
#ifndef CALL_H
#define CALL_H

#include "access/tupdesc.h"
#include "bytes/rsa_sha256.h"
#include "credential.h"
#include "datatype/timestamp.h"
#include "fmgr.h"
#include "signing_key.h"

extern Datum call_hiding_statement(PGFunction function,
								   FunctionCallInfo fcinfo);
extern void require_argument(FunctionCallInfo fcinfo, int argument,
							 const char *name);
extern const SigningKey *require_key_argument(FunctionCallInfo fcinfo,
											  int argument);
extern const Credential *require_credential_argument(FunctionCallInfo fcinfo,
													 int argument);
extern const RsaKeys *require_public_key_argument(FunctionCallInfo fcinfo,
												  int argument);
extern const RsaKeys *require_webhook_keys_argument(FunctionCallInfo fcinfo,
													int argument);
extern int64 require_leeway_argument(FunctionCallInfo fcinfo, int argument);
extern TimestampTz require_valid_at_argument(FunctionCallInfo fcinfo,
											 int argument);
extern TupleDesc get_row_type(FunctionCallInfo fcinfo);

#endif							/* CALL_H */
