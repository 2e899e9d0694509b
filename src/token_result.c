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

#include "arguments.h"
#include "errors.h"
#include "token_result.h"

/* Errors of a token, in the class of "invalid authorization specification" */
#define ERRCODE_TOKEN_SIGNATURE_INVALID	MAKE_SQLSTATE('2', '8', 'V', '0', '1')
#define ERRCODE_TOKEN_EXPIRED			MAKE_SQLSTATE('2', '8', 'V', '0', '2')
#define ERRCODE_TOKEN_NOT_YET_VALID		MAKE_SQLSTATE('2', '8', 'V', '0', '3')
#define ERRCODE_TOKEN_CLAIMS_INVALID	MAKE_SQLSTATE('2', '8', 'V', '0', '4')

/* Raise an error for a token that is not what it was checked for */
void
raise_unless_valid(const TokenCheck *check)
{
	int			code = 0;
	const char *message = NULL;

	switch (check->status)
	{
		case TOKEN_VALID:
		case TOKEN_UNVERIFIED:
			return;
		case TOKEN_MALFORMED:
			code = ERRCODE_INVALID_TEXT_REPRESENTATION;
			message = "token is malformed";
			break;
		case TOKEN_BAD_SIGNATURE:
			code = ERRCODE_TOKEN_SIGNATURE_INVALID;
			message = "token has no valid signature";
			break;
		case TOKEN_BAD_PAYLOAD:
			code = ERRCODE_TOKEN_CLAIMS_INVALID;
			message = "token does not have the claims of a VideoSDK token";
			break;
		case TOKEN_EXPIRED:
			code = ERRCODE_TOKEN_EXPIRED;
			message = "token has expired";
			break;
		case TOKEN_NOT_YET_VALID:
			code = ERRCODE_TOKEN_NOT_YET_VALID;
			message = "token is not valid yet";
			break;
		case TOKEN_CRYPTO_FAILED:
			raise_crypto_failure();
	}
	ereport(ERROR,
			(errcode(code),
			 errmsg_internal("%s", message),
			 errdetail_internal("%s", text_for_client(check->detail)),
			 check->hint == NULL ? 0 : errhint("%s", check->hint)));
}

/* The name of a status in SQL; raises if OpenSSL failed */
static const char *
status_name(TokenStatus status)
{
	switch (status)
	{
		case TOKEN_VALID:
			return "valid";
		case TOKEN_UNVERIFIED:
			return "unverified";
		case TOKEN_MALFORMED:
			return "malformed";
		case TOKEN_BAD_SIGNATURE:
			return "bad_signature";
		case TOKEN_BAD_PAYLOAD:
			return "bad_payload";
		case TOKEN_EXPIRED:
			return "expired";
		case TOKEN_NOT_YET_VALID:
			return "not_yet_valid";
		case TOKEN_CRYPTO_FAILED:
			raise_crypto_failure();
	}
	return NULL;
}

static Datum
make_row(FunctionCallInfo fcinfo, Datum *values, bool *nulls)
{
	return HeapTupleGetDatum(heap_form_tuple(get_row_type(fcinfo), values,
											 nulls));
}

/* A judgement as a row */
Datum
make_check_row(FunctionCallInfo fcinfo, const TokenCheck *check)
{
	const PayloadTimes *times = &check->times;
	const char *status = status_name(check->status);
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

	return make_row(fcinfo, values, nulls);
}

/* What a NULL token gives */
Datum
make_null_row(FunctionCallInfo fcinfo)
{
	Datum		values[7] = {0};
	bool		nulls[] = {true, true, true, true, true, true, true};

	return make_row(fcinfo, values, nulls);
}
