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

#include "fmgr.h"
#include "lib/stringinfo.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bytes/jwt.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "numeric_date.h"
#include "token_check.h"
#include "token_form.h"

#define ACCEPTED_ALGORITHM	"HS256"

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

/* Fail for a token that could not be taken apart */
static bool
fail_form(TokenCheck *check, const TokenForm *form)
{
	return fail(check, TOKEN_MALFORMED, form->detail, form->hint);
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
has_form(TokenCheck *check, Datum token, TokenForm *form)
{
	bool		is_ours;

	if (!token_split(form, token))
		return fail_form(check, form);

	/* What we write ourselves needs no parsing */
	is_ours = jwt_has_our_header(&form->jwt);
	if (!(is_ours || token_decode_header(form)) ||
		!token_decode_payload(form) ||
		!token_decode_signature(form) ||
		!(is_ours || token_read_header(form, &check->header)))
		return fail_form(check, form);
	return is_ours || has_accepted_header(check);
}

/*
 * Fail for a token whose signature, of so many characters, is that of no key; until
 * is when the previous key ended, if it has
 */
static bool
fail_signature(TokenCheck *check, int characters, const TimestampTz *until)
{
	if (characters < SIGNATURE_LENGTH)
		return fail(check, TOKEN_BAD_SIGNATURE, token_cut_short(characters),
					COPY_WHOLE_TOKEN);
	return fail(check, TOKEN_BAD_SIGNATURE,
				until == NULL ? "The signature was not made with this secret." :
				psprintf("The signature was not made with this secret; the previous one was accepted until %s.",
						 numeric_date_describe(*until)), NULL);
}

/*
 * The signature was made with a key (RFC 7515 section 5.2, step 8), which *key is
 * set to; or there is none to tell, and it is set to NULL
 */
static bool
has_signature(TokenCheck *check, const TokenForm *form,
			  const TokenVerifier *verifier, const TokenKey **key)
{
	JwtSegment	input = jwt_signing_input(&form->jwt);
	uint8_t		signature[HMAC_SHA256_LENGTH];
	const TimestampTz *ended = NULL;

	*key = NULL;
	if (verifier->key_count == 0)
		return true;
	if (form->signature_length == 0)
		return fail(check, TOKEN_BAD_SIGNATURE,
					"The token has an empty signature.", NULL);
	for (int i = 0; i < verifier->key_count; i++)
	{
		const TokenKey *tried = &verifier->keys[i];

		if (tried->until != NULL && verifier->valid_at >= *tried->until)
		{
			ended = tried->until;
			continue;
		}
		if (!hmac_sha256_sign(tried->hmac, input.text, input.length, signature))
			return fail(check, TOKEN_CRYPTO_FAILED, NULL, NULL);
		if (form->signature_length == HMAC_SHA256_LENGTH &&
			hmac_sha256_equal(signature, (uint8_t *) form->signature))
		{
			*key = tried;
			return true;
		}
	}
	return fail_signature(check, (int) form->jwt.signature.length, ended);
}

/* The claims are those of a VideoSDK token, and the apikey is that of the key */
static bool
has_claims(TokenCheck *check, const TokenKey *key)
{
	PayloadProblem problem;
	char	   *detail;

	if (payload_is_acceptable(check->payload, key == NULL ? NULL : key->apikey,
							  &check->times, &problem))
		return true;

	detail = problem.found == NULL ? psprintf("%s.", problem.message) :
		psprintf("%s; found %s.", problem.message, problem.found);
	detail[0] = pg_ascii_toupper((unsigned char) detail[0]);
	return fail(check, TOKEN_BAD_PAYLOAD, detail, NULL);
}

/* True if a token was issued at a time in whole seconds or later */
static bool
is_issued_since(const PayloadTimes *times, TimestampTz time)
{
	return times->has_iat &&
		(times->iat > time || (times->iat == time && times->iat_is_whole));
}

/* The token was issued since the server revoked those of before, if it did */
static bool
is_not_revoked(TokenCheck *check, const TokenVerifier *verifier)
{
	const PayloadTimes *times = &check->times;

	if (verifier->revoked_before == NULL ||
		is_issued_since(times, *verifier->revoked_before))
		return true;
	return fail(check, TOKEN_REVOKED,
				psprintf("The token %s, and those from before %s are revoked.",
						 times->has_iat ?
						 psprintf("was issued at %s",
								  numeric_date_describe(times->iat)) :
						 "does not say when it was issued",
						 numeric_date_describe(*verifier->revoked_before)),
				"Issue a new token.");
}

/* A sentence about a time of the token and that of the check, palloc'd */
static char *
describe_times(const char *begin, TimestampTz time, TimestampTz valid_at)
{
	StringInfoData sentence;

	initStringInfo(&sentence);
	appendStringInfoString(&sentence, begin);
	appendStringInfoString(&sentence, numeric_date_describe(time));
	appendStringInfoString(&sentence, " and was checked as of ");
	appendStringInfoString(&sentence, numeric_date_describe(valid_at));
	appendStringInfoChar(&sentence, '.');
	return sentence.data;
}

/* The token is valid at the time (RFC 7519 sections 4.1.4 and 4.1.5) */
static bool
is_in_time(TokenCheck *check, const TokenVerifier *verifier)
{
	const PayloadTimes *times = &check->times;
	TimestampTz valid_at = verifier->valid_at;

	if (valid_at >= time_plus_span(times->exp, verifier->leeway))
		return fail(check, TOKEN_EXPIRED,
					describe_times("The token expired at ", times->exp,
								   valid_at), NULL);
	if (times->has_nbf &&
		times->nbf > time_plus_span(valid_at, verifier->leeway))
		return fail(check, TOKEN_NOT_YET_VALID,
					describe_times("The token is valid from ", times->nbf,
								   valid_at), NULL);
	return true;
}

/*
 * Judge a token; sets *check, in *form what was decoded on the way, and *key to the
 * key that signed it, NULL if none did.  Before the signature holds, nothing is
 * read but the header.
 */
static void
judge(Datum token, const TokenVerifier *verifier, TokenCheck *check,
	  TokenForm *form, const TokenKey **key)
{
	memset(check, 0, sizeof(*check));
	memset(form, 0, sizeof(*form));
	*key = NULL;
	if (!has_form(check, token, form) ||
		!has_signature(check, form, verifier, key))
		return;
	if (!token_read_payload(form, &check->payload))
		(void) fail_form(check, form);
	else if (has_claims(check, *key) &&
			 is_not_revoked(check, verifier) &&
			 is_in_time(check, verifier))
		check->status = *key != NULL ? TOKEN_VALID : TOKEN_UNVERIFIED;
}

/* Judge a token, a text datum */
void
token_verify(Datum token, const TokenVerifier *verifier, TokenCheck *check)
{
	TokenForm	form;
	const TokenKey *key;

	judge(token, verifier, check, &form, &key);
}

/* Set in *check what can be read of a token and was not, whatever it was judged */
static void
read_rest(TokenCheck *check, TokenForm *form)
{
	PayloadProblem ignored;

	if (check->header == NULL && token_decode_header(form))
		(void) token_read_header(form, &check->header);
	if (check->payload == NULL && token_decode_payload(form) &&
		token_read_payload(form, &check->payload))
		(void) payload_is_acceptable(check->payload, NULL, &check->times,
									 &ignored);
}

/* Judge a token, and set in *check what can be read, trustworthy or not */
void
token_inspect(Datum token, const TokenVerifier *verifier, TokenCheck *check)
{
	TokenForm	form;
	const TokenKey *key;

	judge(token, verifier, check, &form, &key);
	read_rest(check, &form);
}

/* Judge a token, and set in *check what can be read, if a key signed it */
void
token_inspect_signed(Datum token, const TokenVerifier *verifier,
					 TokenCheck *check)
{
	TokenForm	form;
	const TokenKey *key;

	judge(token, verifier, check, &form, &key);
	if (key != NULL)
		read_rest(check, &form);
	else
		check->header = NULL;
}

/* Read a token without judging it: TOKEN_UNVERIFIED or TOKEN_MALFORMED */
void
token_decode(Datum token, TokenCheck *check)
{
	TokenForm	form;
	Jsonb	   *header;

	memset(check, 0, sizeof(*check));
	memset(&form, 0, sizeof(form));
	if (token_split(&form, token) &&
		(jwt_has_our_header(&form.jwt) ||
		 (token_decode_header(&form) && token_read_header(&form, &header))) &&
		token_decode_payload(&form) &&
		token_decode_signature(&form) &&
		token_read_payload(&form, &check->payload))
		check->status = TOKEN_UNVERIFIED;
	else
		(void) fail_form(check, &form);
}
