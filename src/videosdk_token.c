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
#include "credential_validator.h"
#include "join_check.h"
#include "signing_policy.h"
#include "token_check.h"
#include "token_result.h"
#include "token_sign.h"
#include "webhook.h"

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

	require_argument(fcinfo, 0, "payload");
	require_argument(fcinfo, 1, "secret");
	require_argument(fcinfo, 2, "expires_in");
	policy.key = require_key_argument(fcinfo, 1);

	PG_RETURN_TEXT_P(token_sign(PG_GETARG_DATUM(0), PG_GETARG_INTERVAL_P(2),
								&policy));
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

/* Have a verifier accept what is signed with the secret in an argument */
static void
set_secret(TokenVerifier *verifier, FunctionCallInfo fcinfo, int argument)
{
	verifier->keys[0].hmac = signing_key_hmac(require_key_argument(fcinfo, argument));
	verifier->key_count = 1;
}

static Datum
verify_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier = {0};
	TokenCheck	check;

	require_argument(fcinfo, 0, "token");
	require_argument(fcinfo, 1, "secret");
	set_secret(&verifier, fcinfo, 1);
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

static Datum
inspect_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier = {0};
	TokenCheck	check = {.status = TOKEN_MISSING};

	if (!PG_ARGISNULL(1))
		set_secret(&verifier, fcinfo, 1);
	verifier.leeway = require_leeway_argument(fcinfo, 2);
	verifier.valid_at = require_valid_at_argument(fcinfo, 3);

	if (!PG_ARGISNULL(0))
		token_inspect(PG_GETARG_DATUM(0), &verifier, &check);
	return make_check_row(get_row_type(fcinfo), &check);
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

/* No setting counts: it is the caller's, and the server may be another role's */
static Datum
issue_token(PG_FUNCTION_ARGS)
{
	SigningPolicy policy = {.allow_unknown_values = false};
	const Credential *credential;

	require_argument(fcinfo, 0, "payload");
	require_argument(fcinfo, 1, "expires_in");
	credential = require_credential_argument(fcinfo, 2);
	require_issuer(credential);
	policy.key = credential->key;
	policy.apikey = credential->keys[0].apikey;
	policy.limits = &credential->server->limits;

	PG_RETURN_TEXT_P(token_sign(PG_GETARG_DATUM(0), PG_GETARG_INTERVAL_P(1),
								&policy));
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
 * What verifies the tokens of the server that an argument names, with leeway and
 * valid_at in the next two; raises if an argument is not right
 */
static TokenVerifier
require_server_verifier(FunctionCallInfo fcinfo, int argument)
{
	const Credential *credential = require_credential_argument(fcinfo, argument);
	TokenVerifier verifier = {
		.key_count = credential->key_count,
		.revoked_before = credential->server->revoked_before
	};

	verifier.leeway = require_leeway_argument(fcinfo, argument + 1);
	verifier.valid_at = require_valid_at_argument(fcinfo, argument + 2);
	memcpy(verifier.keys, credential->keys, sizeof(verifier.keys));
	return verifier;
}

static Datum
validate_token(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier;
	TokenCheck	check;

	require_argument(fcinfo, 0, "token");
	verifier = require_server_verifier(fcinfo, 1);

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
	TokenVerifier verifier = require_server_verifier(fcinfo, 1);
	TokenCheck	check = {.status = TOKEN_MISSING};

	if (!PG_ARGISNULL(0))
		token_inspect_signed(PG_GETARG_DATUM(0), &verifier, &check);
	return make_check_row(get_row_type(fcinfo), &check);
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
check_join(PG_FUNCTION_ARGS)
{
	TokenVerifier verifier;
	TokenCheck	check = {.status = TOKEN_MISSING};

	require_argument(fcinfo, 1, "room_id");
	require_argument(fcinfo, 2, "participant_id");
	verifier = require_server_verifier(fcinfo, 3);

	if (!PG_ARGISNULL(0))
		token_inspect(PG_GETARG_DATUM(0), &verifier, &check);
	require_judged(&check);
	return make_join_row(get_row_type(fcinfo), &check, &verifier,
						 PG_GETARG_TEXT_PP(1), PG_GETARG_TEXT_PP(2));
}

/*
 * videosdk_check_join(token text, room_id text, participant_id text,
 *     server name DEFAULT 'videosdk', leeway interval DEFAULT '0',
 *     valid_at timestamptz DEFAULT clock_timestamp(),
 *     OUT allowed boolean, OUT must_ask boolean, OUT code integer,
 *     OUT error text, OUT detail text)
 */
PG_FUNCTION_INFO_V1(videosdk_check_join);
Datum
videosdk_check_join(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(check_join, fcinfo);
}

static Datum
verify_webhook(PG_FUNCTION_ARGS)
{
	require_argument(fcinfo, 0, "body");
	require_argument(fcinfo, 1, "signature");

	PG_RETURN_JSONB_P(require_webhook_event(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1),
											require_public_key_argument(fcinfo, 2)));
}

/*
 * videosdk_verify_webhook(body json, signature text, public_key text)
 * RETURNS jsonb
 */
PG_FUNCTION_INFO_V1(videosdk_verify_webhook);
Datum
videosdk_verify_webhook(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(verify_webhook, fcinfo);
}

static Datum
validate_webhook(PG_FUNCTION_ARGS)
{
	require_argument(fcinfo, 0, "body");
	require_argument(fcinfo, 1, "signature");

	PG_RETURN_JSONB_P(require_webhook_event(PG_GETARG_DATUM(0), PG_GETARG_DATUM(1),
											require_webhook_keys_argument(fcinfo, 2)));
}

/*
 * videosdk_validate_webhook(body json, signature text,
 *     server name DEFAULT 'videosdk')
 * RETURNS jsonb
 */
PG_FUNCTION_INFO_V1(videosdk_validate_webhook);
Datum
videosdk_validate_webhook(PG_FUNCTION_ARGS)
{
	return call_hiding_statement(validate_webhook, fcinfo);
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
