/*
 * token_sign.c: a payload made into a token
 *
 * A payload comes from our user.  It is held against the rules, gets the times
 * of the token and the server's apikey, is written as compact JSON, and signed.
 * What is wrong is raised.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "mb/pg_wchar.h"
#include "utils/jsonb.h"
#include "utils/timestamp.h"

#include "bytes/json_limits.h"
#include "bytes/jwt.h"
#include "claims.h"
#include "encoding.h"
#include "json_writer.h"
#include "jsonb_walk.h"
#include "numeric_date.h"
#include "payload_rules.h"
#include "token_result.h"
#include "token_sign.h"

/*
 * No payload that fits into a token takes more as jsonb: at worst, in
 * [1,1,1...], two characters become 12 bytes.
 */
#define MAX_JSONB_SIZE	((Size) 8 * JWT_MAX_LENGTH)

/*
 * No payload that fits into a token takes more bytes than this in any server
 * encoding: UTF-8 is at least half as long, and base64url makes it longer.
 */
#define MAX_WRITTEN_LENGTH	(2 * JWT_MAX_LENGTH)

/* A claim that signing adds, or that replaces the payload's own */
typedef struct SignedClaim
{
	bool		present;
	const char *text;
	int64		number;			/* where there is no text */
} SignedClaim;

/* Raise for a payload that no token can hold */
static void
raise_too_long(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("token must not be longer than %d bytes",
					JWT_MAX_LENGTH)));
}

/* Raise what is wrong with a payload */
static void
raise_problem(const PayloadProblem *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg_internal("%s", text_for_client(problem->message)),
			 problem->found == NULL ? 0 :
			 errdetail("Found %s.", text_for_client(problem->found)),
			 problem->hint == NULL ? 0 :
			 errhint("%s", text_for_client(problem->hint))));
}

/* Raise if a token would live longer than its server allows */
static void
require_within_limit(TimestampTz start, TimestampTz end,
					 const PayloadTimes *times, const Interval *max_expires_in)
{
	TimestampTz latest;

	if (time_plus_interval(start, max_expires_in, &latest) && end > latest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must not be longer than the server's max_expires_in"),
				 errdetail("The token would expire at %s, but may at the latest at %s.",
						   numeric_date_describe(end),
						   numeric_date_describe(latest)),
				 !times->has_nbf || times->nbf <= start ? 0 :
				 errhint("The limit counts from now, not from \"%s\".  Issue the token when it is needed.",
						 claim_name(CLAIM_NBF))));
}

/* Raise unless a token ends at least one second after it starts */
static void
require_lifetime(TimestampTz start, TimestampTz end)
{
	if (end < start)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be at least one second"),
				 errdetail("The token would expire at %s, before it starts at %s.",
						   numeric_date_describe(end),
						   numeric_date_describe(start)),
				 errhint("If expires_in is the time until a meeting ends, the meeting has ended.")));
	if (end < start + USECS_PER_SEC)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be at least one second"),
				 errdetail("The token would start at %s and expire at %s.",
						   numeric_date_describe(start),
						   numeric_date_describe(end))));
}

/* Raise unless a token that is valid from nbf on becomes valid before its end */
static void
require_valid_before(TimestampTz nbf, TimestampTz end)
{
	if (numeric_date_at(nbf) >= numeric_date_at(end))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("claim \"%s\" must be before the token expires",
						claim_name(CLAIM_NBF)),
				 errdetail("The token would be valid from %s and expire at %s.",
						   numeric_date_describe(nbf),
						   numeric_date_describe(end))));
}

/* The end of a token that starts at a time; raises if it must not end then */
static TimestampTz
require_end(TimestampTz start, const Interval *expires_in,
			const PayloadTimes *times, const ServerLimits *limits)
{
	TimestampTz end;

	if (!time_plus_interval(start, expires_in, &end))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be finite")));
	require_lifetime(start, end);
	if (limits != NULL && limits->max_expires_in != NULL)
		require_within_limit(start, end, times, limits->max_expires_in);
	if (numeric_date_at(end) > NUMERIC_DATE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("token must not expire after the year 9999")));
	return end;
}

/*
 * Set the claims that signing adds in an array that has an entry for each Claim, all
 * absent before; raises if the times are not right
 */
static void
set_signed_claims(SignedClaim *added, const PayloadTimes *times,
				  const Interval *expires_in, const SigningPolicy *policy)
{
	TimestampTz start = times->has_iat ? times->iat : GetCurrentTimestamp();
	TimestampTz end = require_end(start, expires_in, times, policy->limits);

	added[CLAIM_EXP] = (SignedClaim) {true, NULL, numeric_date_at(end)};
	added[CLAIM_IAT] = (SignedClaim) {true, NULL, numeric_date_at(start)};
	if (times->has_nbf)
	{
		require_valid_before(times->nbf, end);
		added[CLAIM_NBF] = (SignedClaim) {true, NULL, numeric_date_at(times->nbf)};
	}
	if (policy->apikey != NULL)
		added[CLAIM_APIKEY] = (SignedClaim) {true, policy->apikey, 0};
}

/* Raise that a claim, whose name is passed as JSON, cannot be written */
static void
raise_not_written(JsonWriteStatus status, const char *name)
{
	switch (status)
	{
		case JSON_WRITE_OK:
			break;
		case JSON_WRITE_TOO_LONG:
			raise_too_long();
			break;
		case JSON_WRITE_TOO_DEEP:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("claim %s must not nest deeper than %d levels",
							text_for_client(name), JSON_MAX_DEPTH),
					 errdetail("The payload itself is level 1.")));
			break;
		case JSON_WRITE_NUMBER_TOO_LONG:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("claim %s must not have a number longer than %d characters",
							text_for_client(name), JSON_MAX_NUMBER_LENGTH)));
			break;
	}
}

/* Write a member of the payload */
static void
write_member(JsonWriter *writer, const JsonbValue *key, const JsonbValue *value)
{
	json_write_name(writer, key->val.string.val, key->val.string.len);
	json_write_value(writer, value);
}

/* Write a member that is no claim of VideoSDK's; raises if it cannot be written */
static void
write_other(JsonWriter *writer, const JsonbPair *other)
{
	write_member(writer, &other->key, &other->value);
	if (writer->status != JSON_WRITE_OK)
		raise_not_written(writer->status, json_excerpt(&other->key));
}

/*
 * Write a claim: the one that signing adds, or else the payload's; raises if it
 * cannot be written
 */
static void
write_claim(JsonWriter *writer, Claim claim, const SignedClaim *added,
			const JsonbValue *value)
{
	const Word *name = claim_name_in_json(claim);

	json_write_name_in_json(writer, name->text, name->length);
	if (!added->present)
		json_write_value(writer, value);
	else if (added->text != NULL)
		json_write_string(writer, added->text, (int) strlen(added->text));
	else
		json_write_integer(writer, added->number);
	if (writer->status != JSON_WRITE_OK)
		raise_not_written(writer->status,
						  psprintf("\"%s\"", claim_name(claim)));
}

/*
 * Write a payload in jsonb's order, with the claims that signing adds; raises if
 * it cannot be written
 */
static void
write_payload(JsonWriter *writer, const Claims *claims,
			  const SignedClaim *added)
{
	int			other = 0;

	json_writer_start(writer, MAX_WRITTEN_LENGTH);
	writer->depth = 1;
	json_write_char(writer, '{');
	for (int claim = 0; claim < CLAIM_COUNT; claim++)
	{
		while (other < claims->other_count &&
			   claim_compare(claim, &claims->others[other].key) > 0)
			write_other(writer, &claims->others[other++]);
		if (added[claim].present || claims->present[claim])
			write_claim(writer, claim, &added[claim], &claims->values[claim]);
	}
	while (other < claims->other_count)
		write_other(writer, &claims->others[other++]);
	json_write_char(writer, '}');
}

/* Raise for a payload that cannot be written as UTF-8, naming the member */
static void
raise_not_utf8(Jsonb *payload)
{
	JsonbWalk	walk;
	JsonbValue	key;
	JsonbValue	value;

	jsonb_walk_start(&walk, &payload->root);
	while (jsonb_walk_key(&walk, &key))
	{
		JsonWriter	writer;

		jsonb_walk_value(&walk, &value);
		json_writer_start(&writer, MAX_WRITTEN_LENGTH);
		write_member(&writer, &key, &value);
		if (utf8_from_server(writer.out.data, &writer.out.len) == NULL)
			break;
	}
	ereport(ERROR,
			(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
			 errmsg("claim %s cannot be written as UTF-8",
					text_for_client(json_excerpt(&key))),
			 errdetail("The database's encoding is %s.",
					   GetDatabaseEncodingName())));
}

/* The token for the UTF-8 JSON of a payload; raises if it is too long */
static text *
assemble(const char *json, int length, HmacSha256 *hmac)
{
	size_t		token_length = jwt_length(length);
	text	   *token;

	if (token_length > JWT_MAX_LENGTH)
		raise_too_long();
	token = palloc(VARHDRSZ + token_length);
	SET_VARSIZE(token, VARHDRSZ + token_length);
	if (!jwt_assemble((const uint8_t *) json, length, hmac, VARDATA(token)))
		raise_crypto_failure();
	return token;
}

/* The token for a payload, a jsonb datum; raises if it must not be signed */
text *
token_sign(Datum datum, const Interval *expires_in,
		   const SigningPolicy *policy)
{
	Jsonb	   *payload;
	Claims		claims;
	PayloadTimes times;
	PayloadProblem problem;
	SignedClaim added[CLAIM_COUNT] = {0};
	JsonWriter	writer;
	char	   *json;

	/* Known without reading what may be hundreds of megabytes */
	if (toast_raw_datum_size(datum) > MAX_JSONB_SIZE)
		raise_too_long();
	payload = DatumGetJsonbP(datum);

	if (!payload_may_be_signed(payload, policy, &claims, &times, &problem))
		raise_problem(&problem);
	set_signed_claims(added, &times, expires_in, policy);
	write_payload(&writer, &claims, added);

	json = utf8_from_server(writer.out.data, &writer.out.len);
	if (json == NULL)
		raise_not_utf8(payload);
	return assemble(json, writer.out.len, signing_key_hmac(policy->key));
}
