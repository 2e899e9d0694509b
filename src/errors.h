/*
 * errors.h: errors that the client can read, and that keep the statement secret
 */
#ifndef ERRORS_H
#define ERRORS_H

#include "fmgr.h"
#include "signing_key.h"

extern Datum call_hiding_statement(PGFunction function,
								   FunctionCallInfo fcinfo);
extern char *text_for_client(const char *text);
extern void raise_crypto_failure(void);
extern void check_secret(SecretStatus status);

#endif							/* ERRORS_H */
