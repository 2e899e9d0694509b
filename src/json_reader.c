/*
 * json_reader.c: JSON that strangers wrote, read into jsonb without raising
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif

#include "encoding.h"
#include "json_limits.h"
#include "json_reader.h"

/* Does the error say that the text is wrong, not that the server is? */
static bool
is_about_text(int sqlerrcode)
{
	return ERRCODE_TO_CATEGORY(sqlerrcode) ==
		MAKE_SQLSTATE('2', '2', '0', '0', '0') ||
		sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

#if PG_VERSION_NUM >= 160000

/* Call jsonb_in; 0, or the SQLSTATE of what is wrong with the text */
static int
parse_jsonb(char *text, Jsonb **json)
{
	ErrorSaveContext problem = {
		.type = T_ErrorSaveContext,
		.details_wanted = true
	};
	Datum		result;

	if (!DirectInputFunctionCallSafe(jsonb_in, text, InvalidOid, -1,
									 (Node *) &problem, &result))
	{
		if (!is_about_text(problem.error_data->sqlerrcode))
			ThrowErrorData(problem.error_data);
		return problem.error_data->sqlerrcode;
	}
	*json = DatumGetJsonbP(result);
	return 0;
}

#else

/*
 * Call jsonb_in; 0, or the SQLSTATE of what is wrong with the text.  No
 * subtransaction is needed, and a parallel worker could not start one:
 * jsonb_in acquires nothing but memory, which dies with the row.
 */
static int
parse_jsonb(char *text, Jsonb **json)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile int sqlerrcode = 0;

	PG_TRY();
	{
		*json = DatumGetJsonbP(DirectFunctionCall1(jsonb_in,
												   CStringGetDatum(text)));
	}
	PG_CATCH();
	{
		sqlerrcode = geterrcode();
		if (!is_about_text(sqlerrcode))
			PG_RE_THROW();
		MemoryContextSwitchTo(caller);
		FlushErrorState();
	}
	PG_END_TRY();
	return sqlerrcode;
}

#endif

/* Read a text that ends with a NUL; it may be overwritten */
JsonReadStatus
json_read(char *text, int length, Jsonb **json)
{
	if (memchr(text, '\0', length) != NULL)
		return JSON_READ_INVALID;
	if (!utf8_is_valid(text, length))
		return JSON_READ_NOT_UTF8;

	switch (json_limits_check(text, length))
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

	switch (parse_jsonb(text, json))
	{
		case 0:
			return JSON_READ_OK;
		case ERRCODE_INVALID_TEXT_REPRESENTATION:
			return JSON_READ_INVALID;
		default:
			return JSON_READ_NOT_STORABLE;
	}
}
