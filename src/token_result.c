/*
 * token_result.c: a judgement of a token as an error or as a row
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "encoding.h"
#include "token_result.h"

/* What SQL is told of each status; 28V.. is ours, in class 28 of the standard */
static const struct
{
	const char *name;			/* in a row; that of a failure is never shown */
	int			sqlerrcode;		/* 0: not an error */
	const char *message;
}			outcomes[] = {
	[TOKEN_VALID] = {"valid", 0, NULL},
	[TOKEN_UNVERIFIED] = {"unverified", 0, NULL},
	[TOKEN_MISSING] = {"missing", ERRCODE_NULL_VALUE_NOT_ALLOWED,
	"token is missing"},
	[TOKEN_MALFORMED] = {"malformed", ERRCODE_INVALID_TEXT_REPRESENTATION,
	"token is malformed"},
	[TOKEN_BAD_SIGNATURE] = {"bad_signature", MAKE_SQLSTATE('2', '8', 'V', '0', '1'),
	"token has no valid signature"},
	[TOKEN_BAD_PAYLOAD] = {"bad_payload", MAKE_SQLSTATE('2', '8', 'V', '0', '4'),
	"token does not have the claims of a VideoSDK token"},
	[TOKEN_REVOKED] = {"revoked", MAKE_SQLSTATE('2', '8', 'V', '0', '5'),
	"token has been revoked"},
	[TOKEN_EXPIRED] = {"expired", MAKE_SQLSTATE('2', '8', 'V', '0', '2'),
	"token has expired"},
	[TOKEN_NOT_YET_VALID] = {"not_yet_valid", MAKE_SQLSTATE('2', '8', 'V', '0', '3'),
	"token is not valid yet"},
	[TOKEN_CRYPTO_FAILED] = {"", ERRCODE_EXTERNAL_ROUTINE_INVOCATION_EXCEPTION,
	"OpenSSL could not compute HMAC-SHA256"},
};

/* Raise the error of a status; detail and hint may be NULL */
static void
raise_status(TokenStatus status, const char *detail, const char *hint)
{
	ereport(ERROR,
			(errcode(outcomes[status].sqlerrcode),
			 errmsg_internal("%s", outcomes[status].message),
			 detail == NULL ? 0 :
			 errdetail_internal("%s", text_for_client(detail)),
			 hint == NULL ? 0 : errhint("%s", hint)));
}

/* Raise that OpenSSL has no HMAC-SHA256, as under some of its configurations */
void
raise_crypto_failure(void)
{
	raise_status(TOKEN_CRYPTO_FAILED, NULL,
				 "Check OpenSSL's configuration and providers on the server.");
}

/* Raise if OpenSSL failed, so that a token was not judged */
void
require_judged(const TokenCheck *check)
{
	if (check->status == TOKEN_CRYPTO_FAILED)
		raise_crypto_failure();
}

/* Raise unless a token is what it was checked for */
void
require_valid(const TokenCheck *check)
{
	require_judged(check);
	if (outcomes[check->status].sqlerrcode != 0)
		raise_status(check->status, check->detail, check->hint);
}

/* A judgement as a row; raises if OpenSSL failed */
Datum
make_check_row(TupleDesc type, const TokenCheck *check)
{
	const PayloadTimes *times = &check->times;
	const char *status = outcomes[check->status].name;
	const char *detail = check->detail;
	Datum		values[] = {
		JsonbPGetDatum(check->header),
		JsonbPGetDatum(check->payload),
		TimestampTzGetDatum(times->iat),
		TimestampTzGetDatum(times->nbf),
		TimestampTzGetDatum(times->exp),
		CStringGetTextDatum(status),
		detail == NULL ? (Datum) 0 : CStringGetTextDatum(detail)
	};
	bool		nulls[] = {
		check->header == NULL,
		check->payload == NULL,
		!times->has_iat,
		!times->has_nbf,
		!times->has_exp,
		false,
		detail == NULL
	};

	require_judged(check);
	return HeapTupleGetDatum(heap_form_tuple(type, values, nulls));
}
