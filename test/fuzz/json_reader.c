/*
 * json_reader.c: any bytes as JSON that strangers wrote
 *
 * The oracle is jsonb_in: what we read is what it reads, to the byte, and what
 * we refuse it refuses, or it breaks a limit.
 */
#include "postgres.h"

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "backend.h"
#include "bytes/json_limits.h"
#include "json_reader.h"
#include "compat.h"

static JsonReadStatus
status_of_limits(JsonLimitsStatus limits)
{
	switch (limits)
	{
		case JSON_TOO_DEEP:
			return JSON_READ_TOO_DEEP;
		case JSON_NUMBER_TOO_LONG:
			return JSON_READ_NUMBER_TOO_LONG;
		case JSON_EXPONENT_TOO_LARGE:
			return JSON_READ_EXPONENT_TOO_LARGE;
		case JSON_WITHIN_LIMITS:
			break;
	}
	return JSON_READ_OK;
}

/* The status to expect, and for JSON_READ_OK the value; json_limits has an oracle of its own */
static JsonReadStatus
expected_status(const uint8_t *data, size_t size, Datum *expected)
{
	JsonLimitsStatus limits;

	if (memchr(data, '\0', size) != NULL)
		return JSON_READ_INVALID;
	if (!pg_verify_mbstr(PG_UTF8, (const char *) data, (int) size, true))
		return JSON_READ_NOT_UTF8;
	limits = json_limits_status(palloc_with_nul(data, size));
	if (limits != JSON_WITHIN_LIMITS)
		return status_of_limits(limits);

	switch (soft_input(jsonb_in, palloc_with_nul(data, size), expected))
	{
		case 0:
			return JSON_READ_OK;
		case ERRCODE_INVALID_TEXT_REPRESENTATION:
			return JSON_READ_INVALID;
		default:
			return JSON_READ_NOT_STORABLE;
	}
}

/* Require that status, and for JSON_READ_OK that value to the byte */
static void
check_text(const uint8_t *data, size_t size)
{
	Datum		expected = 0;
	Jsonb	   *json = NULL;
	JsonReadStatus status = json_read(palloc_with_nul(data, size), (int) size, &json);

	REQUIRE(status == expected_status(data, size, &expected));
	if (status == JSON_READ_OK)
	{
		REQUIRE(VARSIZE(json) == VARSIZE(DatumGetJsonbP(expected)));
		REQUIRE(memcmp(json, DatumGetJsonbP(expected), VARSIZE(json)) == 0);
	}
}

int
fuzz_json_reader(const uint8_t *data, size_t size)
{
	check_text(data, size);
	return 0;
}
