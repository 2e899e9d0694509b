/*
 * token_sign.c: any JSON object as a payload to sign
 *
 * What we sign, we verify, and VideoSDK lets in; its payload is byte for byte what
 * jsonb makes of the object and the members that signing writes.  What we do not
 * sign, we refuse with an SQLSTATE for that.
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
#include "server.h"
#include "token_sign.h"

/* The token for a payload; NULL if it may not be signed */
static text *
sign_payload(Jsonb *payload, const SigningPolicy *policy)
{
	Interval	hour = {.time = USECS_PER_HOUR};
	MemoryContext caller = CurrentMemoryContext;
	text	   *volatile token = NULL;

	PG_TRY();
	{
		token = token_sign(JsonbPGetDatum(payload), &hour, policy);
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

/* Require a token valid at its start, or later if it says so, and not at its end; returns when it is */
static TimestampTz
require_valid_in_time(Datum token, TokenCheck *check)
{
	TokenVerifier verifier = {
		.key_count = 1,
		.keys = {{.hmac = signing_key_hmac(signing_key(CURRENT))}}
	};

	token_inspect(token, &verifier, check);
	REQUIRE(check->payload != NULL && check->times.has_iat && check->times.has_exp);
	verifier.valid_at = check->times.exp;
	token_verify(token, &verifier, check);
	REQUIRE(check->status == TOKEN_EXPIRED);

	verifier.valid_at = check->times.has_nbf ?
		Max(check->times.nbf, check->times.iat) : check->times.iat;
	token_verify(token, &verifier, check);
	REQUIRE(check->status == TOKEN_VALID);
	return verifier.valid_at;
}

/* The member of that name if it is a string, else another text */
static char *
string_or(Jsonb *payload, const char *name, const char *other)
{
	JsonbValue *member = find_member(payload, name);

	return member == NULL || member->type != jbvString ? pstrdup(other) :
		pnstrdup(member->val.string.val, member->val.string.len);
}

/* Require that who joins is let in with a token of the server, unless it is for the REST API alone */
static void
require_let_in(Datum token, TimestampTz time)
{
	TokenVerifier verifier = server_verifier();
	TokenCheck	check;
	bool		is_for_meetings;

	verifier.valid_at = time;
	token_inspect(token, &verifier, &check);
	if (check.status != TOKEN_VALID)
	{
		REQUIRE(check.status == TOKEN_BAD_PAYLOAD && !has_string(check.payload, "apikey", "key"));
		return;
	}
	is_for_meetings = find_member(check.payload, "roles") == NULL ||
		has_string(check.payload, "roles", "rtc");
	REQUIRE(join_code(&check, string_or(check.payload, "roomId", "r"),
					  string_or(check.payload, "participantId", "p")) ==
			(is_for_meetings ? 0 : 4024));
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

/* Require that a payload has what a server requires, and no more than it allows */
static void
require_within_limits(Jsonb *payload)
{
	REQUIRE(string_or(payload, "roomId", "")[0] != '\0' && string_or(payload, "jti", "")[0] != '\0');
	REQUIRE(has_string(payload, "permissions", "allow_join") && !has_string(payload, "permissions", "ask_join"));
	REQUIRE(has_string(payload, "roles", "rtc") && !has_string(payload, "roles", "crawler"));
	REQUIRE(find_member(payload, "iat") == NULL);
}

/* True if the payload was signed */
static bool
is_signed(const char *json, size_t length, const SigningPolicy *policy)
{
	Jsonb	   *payload;
	text	   *token;
	TokenCheck	check;
	TimestampTz valid_at;

	if (json_read(palloc_with_nul(json, length), (int) length, &payload) != JSON_READ_OK)
		return false;
	token = sign_payload(payload, policy);
	if (token == NULL)
		return false;
	REQUIRE(VARSIZE(token) - VARHDRSZ <= JWT_MAX_LENGTH);
	valid_at = require_valid_in_time(PointerGetDatum(token), &check);
	require_canonical(token, payload, policy->apikey, &check.times);
	if (!policy->allow_unknown_values)
		require_let_in(PointerGetDatum(token), valid_at);
	if (policy->limits != NULL)
		require_within_limits(payload);
	return true;
}

/* White space before the object, which JSON ignores, says what may be signed */
int
fuzz_token_sign(const uint8_t *data, size_t size)
{
	static const char good[] = "{\"apikey\":\"key\",\"permissions\":[\"allow_join\"]}";
	static const Word required[] = {WORD("roomId"), WORD("jti")};
	static const Word permissions[] = {WORD("allow_join")};
	static const Word roles[] = {WORD("rtc")};
	static const WordList lists[] = {{2, required}, {1, permissions}, {1, roles}};
	static const ServerLimits limits = {
		.required = &lists[0],
		.permissions = &lists[1],
		.roles = &lists[2]
	};
	static bool is_first = true;
	char		first = size > 0 ? (char) data[0] : '\0';
	SigningPolicy policy = {
		.key = signing_key(CURRENT),
		.allow_unknown_values = first == '\n',
		.apikey = first == '\t' || first == '\r' ? "key" : NULL,
		.limits = first == '\r' ? &limits : NULL
	};

	/* There is something that can be signed */
	if (is_first)
		REQUIRE(is_signed(good, strlen(good), &policy));
	is_first = false;
	(void) is_signed((const char *) data, size, &policy);
	return 0;
}
