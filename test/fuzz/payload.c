/*
 * payload.c: any JSON object as a payload to sign
 *
 * What we sign, we verify, and what we do not sign, we refuse with an SQLSTATE
 * for that.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "json_reader.h"
#include "bytes/jwt.h"
#include "payload.h"
#include "signing.h"
#include "token_check.h"

/* Make ready what may be signed; false for what may not */
static bool
prepare(Jsonb *payload, const SigningPolicy *policy, PayloadJson *json)
{
	Interval	hour = {.time = USECS_PER_HOUR};
	MemoryContext caller = CurrentMemoryContext;
	volatile bool may_be_signed = true;

	PG_TRY();
	{
		payload_to_sign(JsonbPGetDatum(payload), &hour, policy, json);
	}
	PG_CATCH();
	{
		int			code = geterrcode();

		MemoryContextSwitchTo(caller);
		REQUIRE(code == ERRCODE_INVALID_PARAMETER_VALUE ||
				code == ERRCODE_UNTRANSLATABLE_CHARACTER);
		FlushErrorState();
		may_be_signed = false;
	}
	PG_END_TRY();
	return may_be_signed;
}

static Datum
sign(const PayloadJson *json)
{
	size_t		length = jwt_length(json->length);
	text	   *token = palloc(VARHDRSZ + length);

	SET_VARSIZE(token, VARHDRSZ + length);
	REQUIRE(length <= JWT_MAX_LENGTH);
	REQUIRE(jwt_assemble((uint8_t *) json->text, json->length,
						 fuzz_hmac(),
						 VARDATA(token)));
	return PointerGetDatum(token);
}

/* Valid at its start, or later if it says so, and not at its end */
static void
check_token(Datum token)
{
	TokenVerifier verifier = {.hmac = fuzz_hmac()};
	TokenCheck	check;

	token_inspect(token, &verifier, &check);
	REQUIRE(check.payload != NULL && check.times.has_iat && check.times.has_exp);
	verifier.valid_at = check.times.has_nbf ?
		Max(check.times.nbf, check.times.iat) : check.times.iat;
	token_verify(token, &verifier, &check);
	REQUIRE(check.status == TOKEN_VALID);

	verifier.valid_at = check.times.exp;
	token_verify(token, &verifier, &check);
	REQUIRE(check.status == TOKEN_EXPIRED);
}

/* Sign what may be signed and require that it verifies; false for what may not */
static bool
check_payload(const char *text, size_t length, const SigningPolicy *policy)
{
	Jsonb	   *payload;
	PayloadJson json;

	if (json_read(pnstrdup(text, length), (int) length, &payload) != JSON_READ_OK ||
		!prepare(payload, policy, &json))
		return false;
	check_token(sign(&json));
	return true;
}

int
fuzz_payload(const uint8_t *data, size_t size)
{
	static const char good[] = "{\"apikey\":\"key\",\"permissions\":[\"allow_join\"]}";
	static bool is_first = true;
	SigningPolicy policy = {.allow_unknown_values = size > 0 && data[0] == '\n'};

	/* There is something that can be signed */
	if (is_first)
		REQUIRE(check_payload(good, strlen(good), &policy));
	is_first = false;
	(void) check_payload((const char *) data, size, &policy);
	return 0;
}
