/*
 * token_check.c: any text as a token, and as the payload or the header of one
 * that is signed
 *
 * verify, inspect and decode agree, nobody can make a token without the secret,
 * and of headers those are good that jsonb finds good.  Each key of a server counts
 * by itself, and nothing is shown that none of them signed.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "json_reader.h"
#include "server.h"

#define REVOKED_BEFORE	1795000000	/* NumericDate */

static void
check_words(const TokenCheck *check)
{
	REQUIRE((check->detail == NULL) ==
			(check->status == TOKEN_VALID || check->status == TOKEN_UNVERIFIED));
	REQUIRE(check->detail == NULL || is_sentence(check->detail));
	REQUIRE(check->hint == NULL || is_sentence(check->hint));
}

static bool
is_same(Jsonb *one, Jsonb *other)
{
	return one != NULL && other != NULL &&
		compareJsonbContainers(&one->root, &other->root) == 0;
}

/* Judge a token with a secret in hand in every way and require that they agree; returns the status */
static TokenStatus
check_agreement(Datum token, Signer signer)
{
	TokenVerifier verifier = {
		.key_count = 1,
		.keys = {{.hmac = signing_key_hmac(signing_key(signer))}},
		.valid_at = VALID_AT
	};
	TokenCheck	verified;
	TokenCheck	inspected;
	TokenCheck	unverified;
	TokenCheck	decoded;

	token_verify(token, &verifier, &verified);
	token_inspect(token, &verifier, &inspected);
	verifier.key_count = 0;
	token_inspect(token, &verifier, &unverified);
	token_decode(token, &decoded);

	check_words(&inspected);
	check_words(&unverified);
	REQUIRE(verified.status != TOKEN_CRYPTO_FAILED);
	REQUIRE(verified.status == inspected.status);
	REQUIRE(verified.status != TOKEN_VALID || is_same(verified.payload, decoded.payload));
	REQUIRE(verified.status != TOKEN_VALID || unverified.status == TOKEN_UNVERIFIED);
	REQUIRE(unverified.status != TOKEN_VALID);
	if (verified.status == TOKEN_MALFORMED)
		REQUIRE(unverified.status == TOKEN_MALFORMED);

	/* What can be decoded, inspect shows, trustworthy or not */
	REQUIRE(decoded.status == TOKEN_UNVERIFIED ||
			decoded.status == TOKEN_MALFORMED);
	if (decoded.status == TOKEN_UNVERIFIED)
	{
		REQUIRE(JB_ROOT_IS_OBJECT(decoded.payload));
		REQUIRE(is_same(decoded.payload, inspected.payload));
		REQUIRE(is_same(decoded.payload, unverified.payload));
	}
	else
		REQUIRE(unverified.status == TOKEN_MALFORMED ||
				unverified.status == TOKEN_BAD_SIGNATURE);
	return verified.status;
}

static TokenStatus
status_by(Datum token, const TokenVerifier *verifier)
{
	TokenCheck	check;

	token_verify(token, verifier, &check);
	return check.status;
}

/* The status by one of the server's keys alone, and for any apikey if its own does not count */
static TokenStatus
status_by_key(Datum token, Signer signer, bool apikey_counts)
{
	TokenVerifier verifier = server_verifier();

	verifier.key_count = 1;
	verifier.keys[0] = verifier.keys[signer];
	verifier.keys[0].until = NULL;
	if (!apikey_counts)
		verifier.keys[0].apikey = NULL;
	return status_by(token, &verifier);
}

/* True for a token that has all that it must have, whatever the time */
static bool
is_whole(TokenStatus status)
{
	return status == TOKEN_VALID || status == TOKEN_EXPIRED ||
		status == TOKEN_NOT_YET_VALID;
}

/* Require that the key that signed counts by itself: its secret, its apikey, its end */
static void
check_keys(Datum token, Signer signer, const TokenCheck *inspected)
{
	static const TimestampTz valid_at = VALID_AT;
	TokenVerifier verifier = server_verifier();
	Signer		key = signer == STRANGER ? CURRENT : signer;
	TokenStatus status = status_by_key(token, key, false);

	if (is_whole(status) &&
		!has_string(inspected->payload, "apikey", verifier.keys[key].apikey))
		status = TOKEN_BAD_PAYLOAD;
	REQUIRE(status_by_key(token, key, true) == status);
	REQUIRE(inspected->status == status);

	verifier.keys[PREVIOUS].until = &valid_at;
	REQUIRE(status_by(token, &verifier) == status_by_key(token, CURRENT, true));
}

/* True if PostgreSQL finds that a payload's iat is this or later */
static bool
is_issued_since(Jsonb *payload, int64 numeric_date)
{
	JsonbValue *iat = find_member(payload, "iat");

	return iat != NULL &&
		DatumGetBool(DirectFunctionCall2(numeric_ge,
										 NumericGetDatum(iat->val.numeric),
										 NumericGetDatum(int64_to_numeric(numeric_date))));
}

/* Require that what was issued before a time is revoked, and nothing else */
static void
check_revocation(Datum token, const TokenCheck *inspected)
{
	static const TimestampTz revoked_before = TIME(REVOKED_BEFORE);
	TokenVerifier verifier = server_verifier();
	TokenCheck	check;

	verifier.revoked_before = &revoked_before;
	token_inspect(token, &verifier, &check);
	check_words(&check);
	if (is_whole(inspected->status) &&
		!is_issued_since(inspected->payload, REVOKED_BEFORE))
		REQUIRE(check.status == TOKEN_REVOKED);
	else
		REQUIRE(check.status == inspected->status);
}

static bool
is_same_time(bool has_one, TimestampTz one, bool has_other, TimestampTz other)
{
	return has_one == has_other && (!has_one || one == other);
}

/* Require that all is shown that inspect shows if a key signed it, and else nothing */
static void
check_shown(Datum token, bool is_signed, const TokenCheck *inspected)
{
	TokenVerifier verifier = server_verifier();
	TokenCheck	expected = *inspected;
	TokenCheck	shown;

	token_inspect_signed(token, &verifier, &shown);
	REQUIRE(shown.status == inspected->status);
	if (!is_signed)
	{
		expected.header = NULL;
		expected.payload = NULL;
		memset(&expected.times, 0, sizeof(expected.times));
	}
	REQUIRE(shown.header == expected.header || is_same(shown.header, expected.header));
	REQUIRE(shown.payload == expected.payload || is_same(shown.payload, expected.payload));
	REQUIRE(is_same_time(shown.times.has_iat, shown.times.iat, expected.times.has_iat, expected.times.iat));
	REQUIRE(is_same_time(shown.times.has_nbf, shown.times.nbf, expected.times.has_nbf, expected.times.nbf));
	REQUIRE(is_same_time(shown.times.has_exp, shown.times.exp, expected.times.has_exp, expected.times.exp));
}

/* Require of a server's judgement of a token what must hold, if this key has signed it or none has */
static void
check_server(Datum token, Signer signer, bool is_signed)
{
	TokenVerifier verifier = server_verifier();
	TokenCheck	inspected;

	token_inspect(token, &verifier, &inspected);
	check_words(&inspected);
	REQUIRE(status_by(token, &verifier) == inspected.status);
	check_keys(token, signer, &inspected);
	check_revocation(token, &inspected);
	check_shown(token, is_signed, &inspected);
}

/* True if jsonb finds alg HS256 and no crit */
static bool
is_good_header(const uint8_t *data, size_t size)
{
	Jsonb	   *header;

	return json_read(palloc_with_nul(data, size), (int) size, &header) == JSON_READ_OK &&
		JB_ROOT_IS_OBJECT(header) &&
		find_member(header, "crit") == NULL &&
		find_member(header, "alg") != NULL &&
		find_member(header, "alg")->type == jbvString &&
		has_string(header, "alg", "HS256");
}

static void
check_good_token(void)
{
	REQUIRE(check_agreement(sign(CURRENT, GOOD_HEADER, strlen(GOOD_HEADER),
								 GOOD_PAYLOAD, strlen(GOOD_PAYLOAD)), CURRENT) == TOKEN_VALID);
}

static void
check_token(const uint8_t *data, size_t size)
{
	Datum		token = PointerGetDatum(cstring_to_text_with_len((const char *) data, (int) size));

	REQUIRE(check_agreement(token, CURRENT) != TOKEN_VALID);
	check_server(token, STRANGER, false);
}

static void
check_payload(const uint8_t *data, size_t size, Signer signer)
{
	Datum		token = sign(signer, GOOD_HEADER, strlen(GOOD_HEADER), (const char *) data, size);

	REQUIRE(check_agreement(token, signer) != TOKEN_BAD_SIGNATURE);
	check_server(token, signer, signer != STRANGER);
}

static void
check_header(const uint8_t *data, size_t size, Signer signer)
{
	bool		is_good = is_good_header(data, size);
	Datum		token = sign(signer, (const char *) data, size, GOOD_PAYLOAD, strlen(GOOD_PAYLOAD));
	TokenStatus status = check_agreement(token, signer);

	REQUIRE((status == TOKEN_VALID) == is_good);
	REQUIRE(status == TOKEN_VALID || status == TOKEN_BAD_SIGNATURE ||
			status == TOKEN_MALFORMED);
	check_server(token, signer, is_good && signer != STRANGER);
}

/* The length of an input, which libFuzzer changes anyway, says what it is */
int
fuzz_token_check(const uint8_t *data, size_t size)
{
	static bool is_first = true;
	Signer		signer = (Signer) (size / 3 % 3);

	if (is_first)
		check_good_token();
	is_first = false;

	switch (size % 3)
	{
		case 0:
			check_token(data, size);
			break;
		case 1:
			check_payload(data, size, signer);
			break;
		default:
			check_header(data, size, signer);
			break;
	}
	return 0;
}
