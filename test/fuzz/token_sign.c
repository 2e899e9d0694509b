/*
 * token_sign.c: any JSON object as a payload to sign
 *
 * What we sign, we verify; its payload is byte for byte what jsonb makes of the
 * object and the members that signing writes.  What we do not sign, we refuse
 * with an SQLSTATE for that.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "bytes/base64url.h"
#include "bytes/jwt.h"
#include "compat.h"
#include "json_reader.h"
#include "numeric_date.h"
#include "signing.h"
#include "token_check.h"
#include "token_sign.h"

/* The token for a payload; NULL if it may not be signed */
static text *
sign(Jsonb *payload, const SigningPolicy *policy)
{
	Interval	hour = {.time = USECS_PER_HOUR};
	MemoryContext caller = CurrentMemoryContext;
	text	   *volatile token = NULL;

	PG_TRY();
	{
		token = token_sign(JsonbPGetDatum(payload), &hour, policy, fuzz_hmac());
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		MemoryContextSwitchTo(caller);
		REQUIRE(code == ERRCODE_INVALID_PARAMETER_VALUE ||
				code == ERRCODE_UNTRANSLATABLE_CHARACTER);
		FlushErrorState();
	}
	PG_END_TRY();
	return token;
}

/* Require a token valid at its start, or later if it says so, and not at its end */
static void
require_valid_in_time(Datum token, TokenCheck *check)
{
	TokenVerifier verifier = {.hmac = fuzz_hmac()};

	token_inspect(token, &verifier, check);
	REQUIRE(check->payload != NULL && check->times.has_iat && check->times.has_exp);
	verifier.valid_at = check->times.exp;
	token_verify(token, &verifier, check);
	REQUIRE(check->status == TOKEN_EXPIRED);

	verifier.valid_at = check->times.has_nbf ?
		Max(check->times.nbf, check->times.iat) : check->times.iat;
	token_verify(token, &verifier, check);
	REQUIRE(check->status == TOKEN_VALID);
}

static Jsonb *
concatenate(Jsonb *object, const char *members)
{
	Datum		right = 0;

	REQUIRE(soft_input(jsonb_in, pstrdup(members), &right) == 0);
	return DatumGetJsonbP(DirectFunctionCall2(jsonb_concat,
											  JsonbPGetDatum(object), right));
}

/* The payload of a token as it is written there */
static char *
payload_text(text *token)
{
	Jwt			jwt;
	size_t		length;
	char	   *json;

	jwt_split(VARDATA(token), VARSIZE(token) - VARHDRSZ, &jwt);
	length = base64url_decoded_length(jwt.payload.length);
	json = palloc0(length + 1);
	REQUIRE(base64url_decode(jwt.payload.text, jwt.payload.length,
							 (uint8_t *) json) == BASE64URL_OK);
	return json;
}

/* Require that the payload is written as jsonb would, without blanks */
static void
require_canonical(text *token, Jsonb *payload, const char *apikey,
				  const PayloadTimes *times)
{
	Jsonb	   *expected = concatenate(payload,
									   psprintf("{\"iat\":" INT64_FORMAT ",\"exp\":" INT64_FORMAT "}",
												numeric_date_at(times->iat),
												numeric_date_at(times->exp)));

	if (times->has_nbf)
		expected = concatenate(expected, psprintf("{\"nbf\":" INT64_FORMAT "}",
												  numeric_date_at(times->nbf)));
	if (apikey != NULL)
		expected = concatenate(expected, psprintf("{\"apikey\":\"%s\"}", apikey));
	REQUIRE(strcmp(payload_text(token), compact_json(expected)) == 0);
}

/* True if the payload was signed */
static bool
is_signed(const char *json, size_t length, const SigningPolicy *policy)
{
	Jsonb	   *payload;
	text	   *token;
	TokenCheck	check;

	if (json_read(pnstrdup(json, length), (int) length, &payload) != JSON_READ_OK)
		return false;
	token = sign(payload, policy);
	if (token == NULL)
		return false;
	REQUIRE(VARSIZE(token) - VARHDRSZ <= JWT_MAX_LENGTH);
	require_valid_in_time(PointerGetDatum(token), &check);
	require_canonical(token, payload, policy->apikey, &check.times);
	return true;
}

/* White space before the object, which JSON ignores, says what may be signed */
int
fuzz_token_sign(const uint8_t *data, size_t size)
{
	static const char good[] = "{\"apikey\":\"key\",\"permissions\":[\"allow_join\"]}";
	static bool is_first = true;
	SigningPolicy policy = {
		.allow_unknown_values = size > 0 && data[0] == '\n',
		.apikey = size > 0 && data[0] == '\t' ? "key" : NULL
	};

	/* There is something that can be signed */
	if (is_first)
		REQUIRE(is_signed(good, strlen(good), &policy));
	is_first = false;
	(void) is_signed((const char *) data, size, &policy);
	return 0;
}
