/*
 * token_check.c: any text as a token, and as the payload of one that is signed
 *
 * verify, inspect and decode agree, and nobody can make a token without the
 * secret.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "jwt.h"
#include "token_check.h"

static HmacSha256 *hmac = NULL;

static void
check_detail(const TokenCheck *check)
{
	bool		is_fine = check->status == TOKEN_VALID ||
	check->status == TOKEN_UNVERIFIED;

	REQUIRE((check->detail == NULL) == is_fine);
	if (!is_fine)
	{
		size_t		length = strlen(check->detail);

		REQUIRE(length > 0 && check->detail[length - 1] == '.');
		REQUIRE(pg_verify_mbstr(PG_UTF8, check->detail, (int) length, true));
	}
}

static bool
is_same(Jsonb *one, Jsonb *other)
{
	return one != NULL && other != NULL &&
		compareJsonbContainers(&one->root, &other->root) == 0;
}

/* Judge a token in every way; the status with the secret */
static TokenStatus
check_agreement(Datum token)
{
	TokenVerifier verifier = {
		.hmac = hmac,
		.valid_at = ((int64) 1795000060 - 946684800) * USECS_PER_SEC
	};
	TokenCheck	verified;
	TokenCheck	inspected;
	TokenCheck	unverified;
	TokenCheck	decoded;

	token_verify(token, &verifier, &verified);
	token_inspect(token, &verifier, &inspected);
	verifier.hmac = NULL;
	token_inspect(token, &verifier, &unverified);
	token_decode(token, &decoded);

	check_detail(&inspected);
	check_detail(&unverified);
	REQUIRE(verified.status != TOKEN_CRYPTO_FAILED);
	REQUIRE(verified.status == inspected.status);
	REQUIRE((verified.status == TOKEN_VALID) == is_same(verified.payload, decoded.payload) ||
			verified.status != TOKEN_VALID);
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

static Datum
sign(const uint8_t *payload, size_t size)
{
	size_t		length = jwt_length(size);
	text	   *token = palloc(VARHDRSZ + length);

	SET_VARSIZE(token, VARHDRSZ + length);
	REQUIRE(jwt_assemble(payload, size, hmac, VARDATA(token)));
	return PointerGetDatum(token);
}

int
fuzz_token_check(const uint8_t *data, size_t size)
{
	static const char secret[] = "a secret of the fuzzer's own";

	if (hmac == NULL)
		hmac = hmac_sha256_new((const uint8_t *) secret, strlen(secret));
	REQUIRE(check_agreement(PointerGetDatum(cstring_to_text_with_len((const char *) data, (int) size))) != TOKEN_VALID);
	REQUIRE(check_agreement(sign(data, size)) != TOKEN_BAD_SIGNATURE);
	return 0;
}
