/*
 * token_check.c: the one judgement of a token
 *
 * A token comes from a stranger.  It is taken apart in the order of RFC 7515
 * section 5.2 and RFC 7519 section 7.2, and nothing is looked at before all
 * that comes before it holds.  Each step returns true if it holds; else it sets
 * the status and returns false.  Nothing here raises an error about a token, or
 * looks at a setting.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bytes/base64url.h"
#include "bytes/json_limits.h"
#include "bytes/jwt.h"
#include "compat.h"
#include "encoding.h"
#include "json_reader.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "numeric_date.h"
#include "token_check.h"

#define ACCEPTED_ALGORITHM	"HS256"

/* What people put before a token: the scheme of RFC 6750, section 2.1 */
#define BEARER	"Bearer "

/* Set the status and return false, for "return fail(...)" in a step */
static bool
fail(TokenCheck *check, TokenStatus status, const char *detail,
	 const char *hint)
{
	check->status = status;
	check->detail = detail;
	check->hint = hint;
	return false;
}

/* The segments of a token, and the bytes that were decoded from them */
typedef struct Segments
{
	Jwt			jwt;
	char	   *header;
	int			header_length;
	char	   *payload;
	int			payload_length;
	char	   *signature;
	int			signature_length;
} Segments;

/*
 * Fail for what is not a JWT: with the usual accident on the way if it is one,
 * else with this detail
 */
static bool
fail_form(TokenCheck *check, const Jwt *jwt, const char *detail)
{
	const char *text = jwt->header.text;
	const char *end = jwt->signature.text + jwt->signature.length;

	if (text == end)
		return fail(check, TOKEN_MALFORMED, "The token is empty.", NULL);
	if (end - text >= (int) strlen(BEARER) &&
		pg_strncasecmp(text, BEARER, strlen(BEARER)) == 0)
		return fail(check, TOKEN_MALFORMED,
					"The token starts with \"" BEARER "\".",
					"Pass what follows \"" BEARER "\" in the Authorization header.");
	if (has_white_space_around(text, (int) (end - text)))
		return fail(check, TOKEN_MALFORMED,
					"The token has white space around it.",
					"Remove the white space, for example with btrim().");
	return fail(check, TOKEN_MALFORMED, detail, NULL);
}

/* The token has three segments (RFC 7515 section 7.1), which are set in *jwt */
static bool
has_three_segments(TokenCheck *check, Datum token, Jwt *jwt)
{
	struct varlena *text;

	/* Known without reading what may be hundreds of megabytes */
	if (toast_raw_datum_size(token) > JWT_MAX_LENGTH + VARHDRSZ)
	{
		jwt_split("", 0, jwt);
		return fail(check, TOKEN_MALFORMED,
					psprintf("The token is longer than %d bytes.",
							 JWT_MAX_LENGTH), NULL);
	}

	text = PG_DETOAST_DATUM_PACKED(token);
	jwt_split(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text), jwt);
	if (jwt->segments == 3)
		return true;
	return fail_form(check, jwt,
					 psprintf("The token has %d %s separated by dots, but a JWT has 3.",
							  jwt->segments,
							  jwt->segments == 1 ? "segment" : "segments"));
}

/* What is wrong with a segment, to follow a colon */
static const char *
base64url_problem(Base64urlStatus status)
{
	switch (status)
	{
		case BASE64URL_BAD_CHARACTER:
			return "it has a character other than A-Z, a-z, 0-9, - and _";
		case BASE64URL_BAD_LENGTH:
			return "its length is a multiple of four plus one";
		case BASE64URL_TRAILING_BITS:
			return "its last character has bits that must be zero";
		case BASE64URL_OK:
			break;
	}
	return NULL;
}

/* A segment is base64url; sets *bytes, which end with a NUL, and *length */
static bool
is_base64url(TokenCheck *check, const char *name, const Jwt *jwt,
			 const JwtSegment *segment, char **bytes, int *length)
{
	Base64urlStatus status;

	*length = (int) base64url_decoded_length(segment->length);
	*bytes = palloc(*length + 1);
	(*bytes)[*length] = '\0';
	status = base64url_decode(segment->text, segment->length,
							  (uint8_t *) *bytes);
	if (status == BASE64URL_OK)
		return true;
	return fail_form(check, jwt,
					 psprintf("The %s is not base64url: %s.", name,
							  base64url_problem(status)));
}

/* The segments, one by one */

static bool
header_is_base64url(TokenCheck *check, Segments *segments)
{
	return is_base64url(check, "header", &segments->jwt,
						&segments->jwt.header,
						&segments->header, &segments->header_length);
}

static bool
payload_is_base64url(TokenCheck *check, Segments *segments)
{
	return is_base64url(check, "payload", &segments->jwt,
						&segments->jwt.payload,
						&segments->payload, &segments->payload_length);
}

static bool
signature_is_base64url(TokenCheck *check, Segments *segments)
{
	return is_base64url(check, "signature", &segments->jwt,
						&segments->jwt.signature,
						&segments->signature, &segments->signature_length);
}

/* What is wrong with a JSON text, to follow its name */
static const char *
json_problem(JsonReadStatus status)
{
	switch (status)
	{
		case JSON_READ_NOT_UTF8:
			return "is not UTF-8";
		case JSON_READ_TOO_DEEP:
			return psprintf("is nested deeper than %d levels", JSON_MAX_DEPTH);
		case JSON_READ_NUMBER_TOO_LONG:
			return psprintf("has a number longer than %d characters",
							JSON_MAX_NUMBER_LENGTH);
		case JSON_READ_EXPONENT_TOO_LARGE:
			return psprintf("has a number with an exponent beyond %d",
							JSON_MAX_EXPONENT);
		case JSON_READ_INVALID:
			return "is not valid JSON";
		case JSON_READ_NOT_STORABLE:
			return "has text that this database cannot hold";
		case JSON_READ_OK:
			break;
	}
	return NULL;
}

/* A text is a JSON object, which is set in *object */
static bool
is_object(TokenCheck *check, const char *name, char *text, int length,
		  Jsonb **object)
{
	Jsonb	   *json;
	JsonReadStatus status = json_read(text, length, &json);

	if (status != JSON_READ_OK)
		return fail(check, TOKEN_MALFORMED,
					psprintf("The %s %s.", name, json_problem(status)), NULL);
	if (!JB_ROOT_IS_OBJECT(json))
		return fail(check, TOKEN_MALFORMED,
					psprintf("The %s is not a JSON object.", name), NULL);
	*object = json;
	return true;
}

/* Header and payload */

static bool
header_is_object(TokenCheck *check, Segments *segments)
{
	return is_object(check, "header", segments->header,
					 segments->header_length, &check->header);
}

static bool
payload_is_object(TokenCheck *check, Segments *segments)
{
	return is_object(check, "payload", segments->payload,
					 segments->payload_length, &check->payload);
}

/*
 * The header asks for HS256 and for nothing that we would have to understand
 * (RFC 8725 section 3.1, RFC 7515 section 4.1.11)
 */
static bool
has_accepted_header(TokenCheck *check)
{
	JsonbContainer *header = &check->header->root;
	JsonbValue	value;

	if (getKeyJsonValueFromContainer(header, "alg", 3, &value) == NULL)
		return fail(check, TOKEN_BAD_SIGNATURE,
					"The header has no \"alg\", but only \"" ACCEPTED_ALGORITHM "\" is accepted.",
					NULL);
	if (!jsonb_is_string(&value, ACCEPTED_ALGORITHM,
						 (int) strlen(ACCEPTED_ALGORITHM)))
		return fail(check, TOKEN_BAD_SIGNATURE,
					psprintf("The header's \"alg\" is %s, but only \"" ACCEPTED_ALGORITHM "\" is accepted.",
							 json_excerpt(&value)), NULL);
	if (getKeyJsonValueFromContainer(header, "crit", 4, &value) != NULL)
		return fail(check, TOKEN_BAD_SIGNATURE,
					"The header has \"crit\", and no extension is understood.",
					NULL);
	return true;
}

/* The token is well-formed, and its header is ours or asks for the same */
static bool
has_form(TokenCheck *check, Datum token, Segments *segments)
{
	if (!has_three_segments(check, token, &segments->jwt))
		return false;

	/* What we write ourselves needs no parsing */
	if (jwt_has_our_header(&segments->jwt))
		return payload_is_base64url(check, segments) &&
			signature_is_base64url(check, segments);

	return header_is_base64url(check, segments) &&
		payload_is_base64url(check, segments) &&
		signature_is_base64url(check, segments) &&
		header_is_object(check, segments) &&
		has_accepted_header(check);
}

/*
 * The signature was made with the secret (RFC 7515 section 5.2, step 8), or there
 * is no secret to tell
 */
static bool
has_signature(TokenCheck *check, const Segments *segments, HmacSha256 *hmac)
{
	JwtSegment	input = jwt_signing_input(&segments->jwt);
	uint8_t		signature[HMAC_SHA256_LENGTH];

	if (hmac == NULL)
		return true;
	if (segments->signature_length == 0)
		return fail(check, TOKEN_BAD_SIGNATURE,
					"The token has an empty signature.", NULL);
	if (!hmac_sha256_sign(hmac, input.text, input.length, signature))
		return fail(check, TOKEN_CRYPTO_FAILED, NULL, NULL);
	if (segments->signature_length == HMAC_SHA256_LENGTH &&
		hmac_sha256_equal(signature, (uint8_t *) segments->signature))
		return true;
	return fail(check, TOKEN_BAD_SIGNATURE,
				"The signature was not made with this secret.", NULL);
}

/* The claims are those of a VideoSDK token, and of this apikey if not NULL */
static bool
has_claims(TokenCheck *check, const char *apikey)
{
	PayloadProblem problem;
	char	   *detail;

	if (payload_is_acceptable(check->payload, apikey, &check->times,
							  &problem))
		return true;

	detail = problem.found == NULL ? psprintf("%s.", problem.message) :
		psprintf("%s; found %s.", problem.message, problem.found);
	detail[0] = pg_ascii_toupper((unsigned char) detail[0]);
	return fail(check, TOKEN_BAD_PAYLOAD, detail, NULL);
}

/* The token is valid at the time (RFC 7519 sections 4.1.4 and 4.1.5) */
static bool
is_in_time(TokenCheck *check, const TokenVerifier *verifier)
{
	const PayloadTimes *times = &check->times;
	TimestampTz valid_at = verifier->valid_at;

	if (valid_at >= time_plus_span(times->exp, verifier->leeway))
		return fail(check, TOKEN_EXPIRED,
					psprintf("The token expired at %s and was checked as of %s.",
							 numeric_date_describe(times->exp),
							 numeric_date_describe(valid_at)), NULL);
	if (times->has_nbf &&
		times->nbf > time_plus_span(valid_at, verifier->leeway))
		return fail(check, TOKEN_NOT_YET_VALID,
					psprintf("The token is valid from %s and was checked as of %s.",
							 numeric_date_describe(times->nbf),
							 numeric_date_describe(valid_at)), NULL);
	return true;
}

/* Judge a token; sets *check, and in *segments what was decoded on the way */
static void
judge(Datum token, const TokenVerifier *verifier, TokenCheck *check,
	  Segments *segments)
{
	memset(check, 0, sizeof(*check));
	memset(segments, 0, sizeof(*segments));
	if (has_form(check, token, segments) &&
		has_signature(check, segments, verifier->hmac) &&
		payload_is_object(check, segments) &&
		has_claims(check, verifier->apikey) &&
		is_in_time(check, verifier))
		check->status = verifier->hmac != NULL ? TOKEN_VALID : TOKEN_UNVERIFIED;
}

/* Judge a token, a text datum */
void
token_verify(Datum token, const TokenVerifier *verifier, TokenCheck *check)
{
	Segments	segments;

	judge(token, verifier, check, &segments);
}

/* Judge a token, and set in *check what can be read, trustworthy or not */
void
token_inspect(Datum token, const TokenVerifier *verifier, TokenCheck *check)
{
	Segments	segments;
	TokenCheck	rest = {0};
	PayloadProblem ignored;

	judge(token, verifier, check, &segments);

	if (check->header == NULL && header_is_base64url(&rest, &segments) &&
		header_is_object(&rest, &segments))
		check->header = rest.header;
	if (check->payload == NULL && payload_is_base64url(&rest, &segments) &&
		payload_is_object(&rest, &segments))
	{
		check->payload = rest.payload;
		(void) payload_is_acceptable(check->payload, NULL, &check->times,
									 &ignored);
	}
}

/* Read a token without judging it: TOKEN_UNVERIFIED or TOKEN_MALFORMED */
void
token_decode(Datum token, TokenCheck *check)
{
	Segments	segments;

	memset(check, 0, sizeof(*check));
	if (has_three_segments(check, token, &segments.jwt) &&
		(jwt_has_our_header(&segments.jwt) ||
		 (header_is_base64url(check, &segments) &&
		  header_is_object(check, &segments))) &&
		payload_is_base64url(check, &segments) &&
		signature_is_base64url(check, &segments) &&
		payload_is_object(check, &segments))
		check->status = TOKEN_UNVERIFIED;
}
