/*
 * payload.c: a payload made ready to be signed
 */
#include "postgres.h"

#include "access/detoast.h"
#include "mb/pg_wchar.h"
#include "utils/timestamp.h"

#include "errors.h"
#include "bytes/json_limits.h"
#include "bytes/jwt.h"
#include "numeric_date.h"
#include "payload.h"

/*
 * No payload that fits into a token takes more as jsonb: at worst, in
 * [1,1,1...], two characters become 12 bytes.
 */
#define MAX_JSONB_SIZE	((Size) 8 * JWT_MAX_LENGTH)

/* Raise if a token would live longer than its server allows */
static void
check_limit(TimestampTz start, TimestampTz end, const Interval *max_expires_in)
{
	TimestampTz latest;

	if (time_plus_interval(start, max_expires_in, &latest) && end > latest)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must not be longer than the server's max_expires_in"),
				 errdetail("The token would expire at %s, but may at the latest at %s.",
						   numeric_date_describe(end),
						   numeric_date_describe(latest))));
}

/* From when to when a token is good, in whole seconds */
static void
set_lifetime(const PayloadTimes *payload_times, const Interval *expires_in,
			 const Interval *max_expires_in, SignedTimes *times)
{
	TimestampTz start = payload_times->has_iat ? payload_times->iat :
		GetCurrentTimestamp();
	TimestampTz end;

	if (!time_plus_interval(start, expires_in, &end))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be finite")));
	if (end < start + USECS_PER_SEC)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("expires_in must be at least one second"),
				 errdetail("The token would start at %s and expire at %s.",
						   numeric_date_describe(start),
						   numeric_date_describe(end))));

	if (max_expires_in != NULL)
		check_limit(start, end, max_expires_in);

	times->iat = numeric_date_at(start);
	times->exp = numeric_date_at(end);
	if (times->exp > NUMERIC_DATE_MAX)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("token must not expire after the year 9999")));

	if (!payload_times->has_nbf)
		return;
	times->nbf = numeric_date_at(payload_times->nbf);
	if (times->nbf >= times->exp)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("claim \"nbf\" must be before the token expires"),
				 errdetail("The token would be valid from %s and expire at %s.",
						   numeric_date_describe(payload_times->nbf),
						   numeric_date_describe(end))));
}

static void
raise_too_long(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("token must not be longer than %d bytes",
					JWT_MAX_LENGTH)));
}

/* Raise if the payload could not be written */
static void
check_written(PayloadJsonStatus status, const PayloadJson *json)
{
	switch (status)
	{
		case PAYLOAD_JSON_TOO_LONG:
			raise_too_long();
			break;
		case PAYLOAD_JSON_TOO_DEEP:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("claim %s must not nest deeper than %d levels",
							text_for_client(json->claim), JSON_MAX_DEPTH),
					 errdetail("The payload itself is level 1.")));
			break;
		case PAYLOAD_JSON_NUMBER_TOO_LONG:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("claim %s must not have a number longer than %d characters",
							text_for_client(json->claim),
							JSON_MAX_NUMBER_LENGTH)));
			break;
		case PAYLOAD_JSON_NOT_UTF8:
			ereport(ERROR,
					(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
					 errmsg("claim %s cannot be written as UTF-8",
							text_for_client(json->claim)),
					 errdetail("The database's encoding is %s.",
							   GetDatabaseEncodingName())));
			break;
		default:
			Assert(status == PAYLOAD_JSON_OK);
	}
}

/* Check a payload, add its times, and write it; raises what is wrong */
void
payload_to_sign(Datum datum, const Interval *expires_in,
				const SigningPolicy *policy, PayloadJson *json)
{
	Jsonb	   *payload;
	PayloadTimes payload_times;
	SignedTimes times;
	PayloadProblem problem;

	if (toast_raw_datum_size(datum) > MAX_JSONB_SIZE)
		raise_too_long();
	payload = DatumGetJsonbP(datum);

	if (!payload_may_be_signed(payload, policy, &payload_times, &problem))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg_internal("%s", text_for_client(problem.message)),
				 problem.found == NULL ? 0 :
				 errdetail("Found %s.", text_for_client(problem.found)),
				 problem.hint == NULL ? 0 :
				 errhint("%s", text_for_client(problem.hint))));

	set_lifetime(&payload_times, expires_in,
				 policy->limits == NULL ? NULL :
				 policy->limits->max_expires_in, &times);
	check_written(payload_json_write(payload, policy->apikey, &times, json),
				  json);
}
