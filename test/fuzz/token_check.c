/*
 * token_check.c: any text as a token, and as the payload or the header of one
 * that is signed
 *
 * verify, inspect and decode agree, nobody can make a token without the secret,
 * and of headers those are good that jsonb finds good.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "bytes/base64url.h"
#include "json_reader.h"
#include "signing.h"
#include "token_check.h"

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
		REQUIRE(pg_verify_mbstr(GetDatabaseEncoding(), check->detail, (int) length, true));
	}
}

static bool
is_same(Jsonb *one, Jsonb *other)
{
	return one != NULL && other != NULL &&
		compareJsonbContainers(&one->root, &other->root) == 0;
}

/* Judge a token in every way and require that they agree; returns the status with the secret */
static TokenStatus
check_agreement(Datum token)
{
	TokenVerifier verifier = {
		.hmac = fuzz_hmac(),
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

static char *
encode(const char *bytes, size_t size)
{
	size_t		length = base64url_encoded_length(size);
	char	   *text = palloc(length + 1);

	base64url_encode((const uint8_t *) bytes, size, text);
	text[length] = '\0';
	return text;
}

/* A token with this header and payload */
static Datum
sign(const char *header, size_t header_size, const char *payload,
	 size_t payload_size)
{
	char	   *input = psprintf("%s.%s", encode(header, header_size),
								 encode(payload, payload_size));
	uint8_t		signature[HMAC_SHA256_LENGTH];

	REQUIRE(hmac_sha256_sign(fuzz_hmac(), input, strlen(input), signature));
	return CStringGetTextDatum(psprintf("%s.%s", input,
										encode((char *) signature, HMAC_SHA256_LENGTH)));
}

/* True if jsonb finds alg HS256 and no crit */
static bool
is_good_header(const uint8_t *data, size_t size)
{
	Jsonb	   *header;
	JsonbValue	value;

	if (json_read(pnstrdup((const char *) data, size), (int) size, &header) != JSON_READ_OK ||
		!JB_ROOT_IS_OBJECT(header) ||
		getKeyJsonValueFromContainer(&header->root, "crit", 4, &value) != NULL ||
		getKeyJsonValueFromContainer(&header->root, "alg", 3, &value) == NULL ||
		value.type != jbvString)
		return false;
	return strcmp(pnstrdup(value.val.string.val, value.val.string.len), "HS256") == 0;
}

static const char good_header[] = "{\"alg\":\"HS256\",\"typ\":\"JWT\"}";
static const char good_payload[] =
"{\"apikey\":\"key\",\"permissions\":[\"allow_join\"],\"exp\":1795003600}";

static void
check_good_token(void)
{
	REQUIRE(check_agreement(sign(good_header, strlen(good_header),
								 good_payload, strlen(good_payload))) == TOKEN_VALID);
}

static void
check_token(const uint8_t *data, size_t size)
{
	text	   *token = cstring_to_text_with_len((const char *) data, (int) size);

	REQUIRE(check_agreement(PointerGetDatum(token)) != TOKEN_VALID);
}

static void
check_payload(const uint8_t *data, size_t size)
{
	REQUIRE(check_agreement(sign(good_header, strlen(good_header),
								 (const char *) data, size)) != TOKEN_BAD_SIGNATURE);
}

static void
check_header(const uint8_t *data, size_t size)
{
	TokenStatus status = check_agreement(sign((const char *) data, size,
											  good_payload, strlen(good_payload)));

	REQUIRE((status == TOKEN_VALID) == is_good_header(data, size));
	REQUIRE(status == TOKEN_VALID || status == TOKEN_BAD_SIGNATURE ||
			status == TOKEN_MALFORMED);
}

/* The length of an input, which libFuzzer changes anyway, says what it is */
int
fuzz_token_check(const uint8_t *data, size_t size)
{
	static bool is_first = true;

	if (is_first)
		check_good_token();
	is_first = false;

	switch (size % 3)
	{
		case 0:
			check_token(data, size);
			break;
		case 1:
			check_payload(data, size);
			break;
		default:
			check_header(data, size);
			break;
	}
	return 0;
}
