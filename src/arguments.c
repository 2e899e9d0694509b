/*
 * arguments.c: what the front door takes, and keeps from call to call
 */
#include "postgres.h"

#include "fmgr.h"
#include "funcapi.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "errors.h"
#include "numeric_date.h"
#include "signing_key.h"

/* What an expression keeps from call to call */
typedef struct CallState
{
	SigningKey *key;			/* NULL until a secret is there */
	TupleDesc	row;			/* NULL until a row is returned */
} CallState;

/* What the expression keeps */
static CallState *
get_call_state(FunctionCallInfo fcinfo)
{
	FmgrInfo   *flinfo = fcinfo->flinfo;

	if (flinfo->fn_extra == NULL)
		flinfo->fn_extra = MemoryContextAllocZero(flinfo->fn_mcxt,
												  sizeof(CallState));
	return flinfo->fn_extra;
}

/* Raise if an argument is NULL: a check that returns NULL passes */
void
check_argument_not_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg("argument \"%s\" must not be null", name)));
}

/* The HMAC keyed with the secret in an argument */
HmacSha256 *
get_hmac_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);

	if (state->key == NULL)
		state->key = signing_key_create(fcinfo->flinfo->fn_mcxt);

	switch (signing_key_set(state->key, PG_GETARG_DATUM(argument)))
	{
		case SECRET_USABLE:
			break;
		case SECRET_EMPTY:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("secret must not be empty")));
			break;
		case SECRET_HAS_WHITE_SPACE:
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("secret must not start or end with white space"),
					 errhint("If it was read from a file, remove the newline at its end.")));
			break;
		case SECRET_NOT_UTF8:
			ereport(ERROR,
					(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
					 errmsg("secret cannot be written as UTF-8")));
			break;
		case SECRET_CRYPTO_FAILED:
			raise_crypto_failure();
			break;
	}
	return signing_key_hmac(state->key);
}

/* A leeway in microseconds */
int64
get_leeway_argument(FunctionCallInfo fcinfo, int argument)
{
	int64		leeway = 0;
	const char *problem = NULL;

	check_argument_not_null(fcinfo, argument, "leeway");
	switch (interval_to_span(PG_GETARG_INTERVAL_P(argument), &leeway))
	{
		case SPAN_OK:
			break;
		case SPAN_INFINITE:
			problem = "leeway must be finite";
			break;
		case SPAN_NEGATIVE:
			problem = "leeway must not be negative";
			break;
		case SPAN_HAS_MONTHS:
			problem = "leeway must not have months or years";
			break;
	}
	if (problem != NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg_internal("%s", problem)));
	return leeway;
}

/* The time to check a token for */
TimestampTz
get_valid_at_argument(FunctionCallInfo fcinfo, int argument)
{
	TimestampTz valid_at;

	check_argument_not_null(fcinfo, argument, "valid_at");
	valid_at = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(valid_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("valid_at must be finite")));
	return valid_at;
}

/* The type of the row that the function returns, ready for heap_form_tuple */
TupleDesc
get_row_type(FunctionCallInfo fcinfo)
{
	CallState  *state = get_call_state(fcinfo);

	if (state->row == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(fcinfo->flinfo->fn_mcxt);
		TupleDesc	row;

		if (get_call_result_type(fcinfo, NULL, &row) != TYPEFUNC_COMPOSITE)
			elog(ERROR, "return type must be a row type");
		state->row = BlessTupleDesc(row);
		MemoryContextSwitchTo(caller);
	}
	return state->row;
}
