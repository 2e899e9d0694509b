/*
 * json_reader.c: JSON that strangers wrote, read into jsonb without raising
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "bytes/json_limits.h"
#include "compat.h"
#include "encoding.h"
#include "json_flat.h"
#include "json_reader.h"

/* Parse a text in the server encoding; sets *json if it is good */
static JsonReadStatus
parse(char *text, Jsonb **json)
{
	Datum		datum;

	switch (soft_input(jsonb_in, text, &datum))
	{
		case 0:
			*json = DatumGetJsonbP(datum);
			return JSON_READ_OK;
		case ERRCODE_INVALID_TEXT_REPRESENTATION:
			return JSON_READ_INVALID;
		default:
			return JSON_READ_NOT_STORABLE;
	}
}

/*
 * Read UTF-8 that ends with a NUL.  Sets *json if the answer is JSON_READ_OK.
 * The limits come before the parser, which is what they protect.
 */
JsonReadStatus
json_read(char *text, int length, Jsonb **json)
{
	/* What is read here is UTF-8, within the limits, and storable everywhere */
	*json = json_flat_read(text, length);
	if (*json != NULL)
		return JSON_READ_OK;

	/* A NUL is not what PostgreSQL takes for UTF-8, but it is JSON that is wrong */
	if (!utf8_is_valid(text, length))
		return memchr(text, '\0', length) != NULL ?
			JSON_READ_INVALID : JSON_READ_NOT_UTF8;

	switch (json_limits_status(text))
	{
		case JSON_WITHIN_LIMITS:
			break;
		case JSON_TOO_DEEP:
			return JSON_READ_TOO_DEEP;
		case JSON_NUMBER_TOO_LONG:
			return JSON_READ_NUMBER_TOO_LONG;
		case JSON_EXPONENT_TOO_LARGE:
			return JSON_READ_EXPONENT_TOO_LARGE;
	}

	text = utf8_to_server(text, &length);
	if (text == NULL)
		return JSON_READ_NOT_STORABLE;
	return parse(text, json);
}

/* What is wrong with a JSON text, to follow its name; NULL if nothing is */
const char *
json_read_problem(JsonReadStatus status)
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
