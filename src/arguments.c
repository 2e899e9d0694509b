/*
 * arguments.c: what the front door takes, and keeps from call to call
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "fmgr.h"
#include "funcapi.h"
#include "nodes/primnodes.h"
#include "utils/timestamp.h"

#include "arguments.h"
#include "compat.h"
#include "errors.h"
#include "numeric_date.h"
#include "signing_key.h"

/* What an expression keeps from call to call */
typedef struct CallState
{
	SigningKey *key;			/* NULL until a secret is there */
	bool		key_is_constant;	/* it has been set, and no call changes it */
	CredentialCache *credentials;	/* NULL until a server is named */
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

/*
 * Raise if an argument is NULL: a check that returns NULL passes.  PostgreSQL
 * 18 has a translation of these words, but none of our messages is translated.
 */
void
check_argument_not_null(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg_internal("argument \"%s\" must not be null", name)));
}

/* Does an argument have the same value in all calls of the expression? */
static bool
is_constant(FunctionCallInfo fcinfo, int argument)
{
	Node	   *expression = fcinfo->flinfo->fn_expr;

	return expression != NULL && IsA(expression, FuncExpr) &&
		IsA(list_nth(((FuncExpr *) expression)->args, argument), Const);
}

/* The HMAC keyed with the secret in an argument */
HmacSha256 *
get_hmac_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);
	Datum		datum = PG_GETARG_DATUM(argument);
	struct varlena *text;
	SecretStatus status;

	if (state->key != NULL && state->key_is_constant)
		return signing_key_hmac(state->key);
	if (state->key == NULL)
		state->key = signing_key_create(fcinfo->flinfo->fn_mcxt);

	text = PG_DETOAST_DATUM_PACKED(datum);
	status = signing_key_set(state->key, VARDATA_ANY(text),
							 VARSIZE_ANY_EXHDR(text));
	if (text != (struct varlena *) DatumGetPointer(datum))
	{
		OPENSSL_cleanse(text, VARSIZE_ANY(text));
		pfree(text);
	}
	check_secret(status);
	state->key_is_constant = is_constant(fcinfo, argument);
	return signing_key_hmac(state->key);
}

/* The credential of the server that an argument names */
const Credential *
get_credential_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);

	check_argument_not_null(fcinfo, argument, "server");
	if (state->credentials == NULL)
		state->credentials = credential_cache_create(fcinfo->flinfo->fn_mcxt);
	return credential_look_up(state->credentials, PG_GETARG_NAME(argument));
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
