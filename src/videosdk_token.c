/*
 * videosdk_token.c: the front door, the functions that SQL calls
 *
 * Each is a pair: SQL calls the exported one, which calls the static one with the
 * statement hidden from errors.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/guc.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "call.h"
#include "compat.h"
#include "credential.h"
#include "credential_options.h"
#include "signing_policy.h"
#include "token_check.h"
#include "token_result.h"
#include "token_sign.h"

PG_MODULE_MAGIC_EXT(.name = "videosdk_token", .version = "1.0");

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

static Datum
sign_token(PG_FUNCTION_ARGS)
{
	SigningPolicy policy = {.allow_unknown_values = allow_unknown_values};
	HmacSha256 *hmac;

	require_argument(fcinfo, 0, "payload");
	require_argument(fcinfo, 1, "secret");
	require_argument(fcinfo, 2, "expires_in");
	hmac = require_hmac_argument(fcinfo, 1);

	PG_RETURN_TEXT_P(token_sign(PG_GETARG_DATUM(0), PG_GETARG_INTERVAL_P(2),
								&policy, hmac));
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
	require_valid(&check);
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
	TokenVerifier verifier = {0};
	TokenCheck	check;

	require_argument(fcinfo, 0, "token");
	require_argument(fcinfo, 1, "secret");
	verifier.hmac = require_hmac_argument(fcinfo, 1);
	verifier.leeway = require_leeway_argument(fcinfo, 2);
	verifier.valid_at = require_valid_at_argument(fcinfo, 3);

	token_verify(PG_GETARG_DATUM(0), &verifier, &check);
	require_valid(&check);
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

/* The row for the token in the first argument, judged by a verifier */
static Datum
inspect(FunctionCallInfo fcinfo, const TokenVerifier *verifier)
{
	TokenCheck	check;

	if (PG_ARGISNULL(0))
		return make_null_row(get_row_type(fcinfo));

	token_inspect(PG_GETARG_DATUM(0), verifier, &check);
	return make_check_row(get_row_type(fcinfo), &check);
}

static Datum
inspect_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier = {0};

	if (!PG_ARGISNULL(1))
		verifier.hmac = require_hmac_argument(fcinfo, 1);
	verifier.leeway = require_leeway_argument(fcinfo, 2);
	verifier.valid_at = require_valid_at_argument(fcinfo, 3);
	return inspect(fcinfo, &verifier);
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

static Datum
issue_token(PG_FUNCTION_ARGS)
{
	SigningPolicy policy = {.allow_unknown_values = allow_unknown_values};
	const Credential *credential;

	require_argument(fcinfo, 0, "payload");
	require_argument(fcinfo, 1, "expires_in");
	credential = require_credential_argument(fcinfo, 2);
	policy.apikey = credential->apikey;
	policy.limits = credential->limits;

	PG_RETURN_TEXT_P(token_sign(PG_GETARG_DATUM(0), PG_GETARG_INTERVAL_P(1),
								&policy, credential->hmac));
}

/*
 * videosdk_issue_token(payload jsonb, expires_in interval,
 *     server name DEFAULT 'videosdk')
 * RETURNS text
 */
PG_FUNCTION_INFO_V1(videosdk_issue_token);
Datum
videosdk_issue_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(issue_token, fcinfo);
}

/*
 * What verifies the tokens of the server that the second argument names; raises
 * if an argument is not right
 */
static TokenVerifier
require_server_verifier(FunctionCallInfo fcinfo)
{
	const Credential *credential = require_credential_argument(fcinfo, 1);
	TokenVerifier verifier = {
		.hmac = credential->hmac,
		.apikey = credential->apikey,
		.leeway = require_leeway_argument(fcinfo, 2),
		.valid_at = require_valid_at_argument(fcinfo, 3)
	};

	return verifier;
}

static Datum
validate_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier;
	TokenCheck	check;

	require_argument(fcinfo, 0, "token");
	verifier = require_server_verifier(fcinfo);

	token_verify(PG_GETARG_DATUM(0), &verifier, &check);
	require_valid(&check);
	PG_RETURN_JSONB_P(check.payload);
}

/*
 * videosdk_validate_token(token text, server name DEFAULT 'videosdk',
 *     leeway interval DEFAULT '0',
 *     valid_at timestamptz DEFAULT clock_timestamp())
 * RETURNS jsonb
 */
PG_FUNCTION_INFO_V1(videosdk_validate_token);
Datum
videosdk_validate_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(validate_token, fcinfo);
}

static Datum
check_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier = require_server_verifier(fcinfo);

	return inspect(fcinfo, &verifier);
}

/*
 * videosdk_check_token(token text, server name DEFAULT 'videosdk',
 *     leeway interval DEFAULT '0',
 *     valid_at timestamptz DEFAULT clock_timestamp(),
 *     OUT header jsonb, OUT payload jsonb, OUT issued_at timestamptz,
 *     OUT not_before timestamptz, OUT expires_at timestamptz,
 *     OUT status text, OUT detail text)
 */
PG_FUNCTION_INFO_V1(videosdk_check_token);
Datum
videosdk_check_token(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(check_token, fcinfo);
}

static Datum
validate_credential(PG_FUNCTION_ARGS)
{
	require_valid_options(PG_GETARG_DATUM(0), PG_GETARG_OID(1),
						  allow_unknown_values);
	PG_RETURN_VOID();
}

/*
 * videosdk_credential_validator(options text[], catalog oid) RETURNS void
 */
PG_FUNCTION_INFO_V1(videosdk_credential_validator);
Datum
videosdk_credential_validator(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(validate_credential, fcinfo);
}
