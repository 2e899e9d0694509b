/*
 * videosdk_token.c: the front door, the functions that SQL calls
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "arguments.h"
#include "errors.h"
#include "jwt.h"
#include "payload.h"
#include "token_check.h"

#ifdef PG_MODULE_MAGIC_EXT
PG_MODULE_MAGIC_EXT(
					.name = "videosdk_token",
					.version = "1.0"
);
#else
PG_MODULE_MAGIC;
#endif

/* Errors of a token, in the class of "invalid authorization specification" */
#define ERRCODE_TOKEN_SIGNATURE_INVALID	MAKE_SQLSTATE('2', '8', 'V', '0', '1')
#define ERRCODE_TOKEN_EXPIRED			MAKE_SQLSTATE('2', '8', 'V', '0', '2')
#define ERRCODE_TOKEN_NOT_YET_VALID		MAKE_SQLSTATE('2', '8', 'V', '0', '3')
#define ERRCODE_TOKEN_CLAIMS_INVALID	MAKE_SQLSTATE('2', '8', 'V', '0', '4')

static bool allow_unknown_values = false;

PGDLLEXPORT void _PG_init(void);

/* Define the setting */
void
_PG_init(void)
{
	DefineCustomBoolVariable("videosdk_token.allow_unknown_values",
							 "Signs permissions, roles and versions that this extension does not know.",
							 NULL,
							 &allow_unknown_values,
							 false,
							 PGC_USERSET,
							 0,
							 NULL, NULL, NULL);
	MarkGUCPrefixReserved("videosdk_token");
}

/* Raise an error for a token that is not valid */
static void
raise_status(const TokenCheck *check)
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

/* The name of a status in SQL */
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
			break;
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
static Datum
make_check_row(FunctionCallInfo fcinfo, const TokenCheck *check)
{
	const PayloadTimes *times = &check->times;
	const char *detail = check->detail;
	Datum		values[] = {
		JsonbPGetDatum(check->header),
		JsonbPGetDatum(check->payload),
		TimestampTzGetDatum(times->iat),
		TimestampTzGetDatum(times->nbf),
		TimestampTzGetDatum(times->exp),
		CStringGetTextDatum(status_name(check->status)),
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
static Datum
make_null_row(FunctionCallInfo fcinfo)
{
	Datum		values[7] = {0};
	bool		nulls[] = {true, true, true, true, true, true, true};

	return make_row(fcinfo, values, nulls);
}

static Datum
sign_token(PG_FUNCTION_ARGS)
{
	PayloadJson json;
	HmacSha256 *hmac;
	size_t		length;
	text	   *token;

	check_argument_not_null(fcinfo, 0, "payload");
	check_argument_not_null(fcinfo, 1, "secret");
	check_argument_not_null(fcinfo, 2, "expires_in");
	hmac = get_hmac_argument(fcinfo, 1);

	payload_to_sign(PG_GETARG_DATUM(0), PG_GETARG_INTERVAL_P(2),
					allow_unknown_values, &json);

	length = jwt_length(json.length);
	token = palloc(VARHDRSZ + length);
	SET_VARSIZE(token, VARHDRSZ + length);
	if (!jwt_assemble((uint8_t *) json.text, json.length, hmac,
					  VARDATA(token)))
		raise_crypto_failure();
	PG_RETURN_TEXT_P(token);
}

/*
 * videosdk_sign_token(payload jsonb, secret text, expires_in interval)
 * RETURNS text
 */
PG_FUNCTION_INFO_V1(videosdk_sign_token);
Datum
videosdk_sign_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(sign_token, fcinfo);
}

static Datum
decode_token(PG_FUNCTION_ARGS)
{
	TokenCheck	check;

	token_decode(PG_GETARG_DATUM(0), &check);
	raise_status(&check);
	PG_RETURN_JSONB_P(check.payload);
}

/*
 * videosdk_decode_token(token text) RETURNS jsonb
 */
PG_FUNCTION_INFO_V1(videosdk_decode_token);
Datum
videosdk_decode_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(decode_token, fcinfo);
}

static Datum
verify_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier;
	TokenCheck	check;

	check_argument_not_null(fcinfo, 0, "token");
	check_argument_not_null(fcinfo, 1, "secret");
	verifier.hmac = get_hmac_argument(fcinfo, 1);
	verifier.leeway = get_leeway_argument(fcinfo, 2);
	verifier.valid_at = get_valid_at_argument(fcinfo, 3);

	token_verify(PG_GETARG_DATUM(0), &verifier, &check);
	raise_status(&check);
	PG_RETURN_JSONB_P(check.payload);
}

/*
 * videosdk_verify_token(token text, secret text, leeway interval DEFAULT '0',
 *     valid_at timestamptz DEFAULT clock_timestamp())
 * RETURNS jsonb
 */
PG_FUNCTION_INFO_V1(videosdk_verify_token);
Datum
videosdk_verify_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(verify_token, fcinfo);
}

static Datum
inspect_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier;
	TokenCheck	check;

	verifier.hmac = PG_ARGISNULL(1) ? NULL : get_hmac_argument(fcinfo, 1);
	verifier.leeway = get_leeway_argument(fcinfo, 2);
	verifier.valid_at = get_valid_at_argument(fcinfo, 3);
	if (PG_ARGISNULL(0))
		return make_null_row(fcinfo);

	token_inspect(PG_GETARG_DATUM(0), &verifier, &check);
	if (check.status == TOKEN_CRYPTO_FAILED)
		raise_crypto_failure();
	return make_check_row(fcinfo, &check);
}

/*
 * videosdk_inspect_token(token text, secret text DEFAULT NULL,
 *     leeway interval DEFAULT '0',
 *     valid_at timestamptz DEFAULT clock_timestamp(),
 *     OUT header jsonb, OUT payload jsonb, OUT issued_at timestamptz,
 *     OUT not_before timestamptz, OUT expires_at timestamptz,
 *     OUT status text, OUT detail text)
 */
PG_FUNCTION_INFO_V1(videosdk_inspect_token);
Datum
videosdk_inspect_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(inspect_token, fcinfo);
}
