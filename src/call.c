/*
 * call.c: what every call from SQL does: it keeps the statement out of errors,
 * reads its arguments, and keeps in its expression what the next row needs again
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "fmgr.h"
#include "funcapi.h"
#include "nodes/primnodes.h"
#include "tcop/tcopprot.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "call.h"
#include "compat.h"
#include "credential_server.h"
#include "encoding.h"
#include "numeric_date.h"
#include "signing_key.h"
#include "token_result.h"
#include "webhook_key.h"

/* What an expression keeps from call to call */
typedef struct CallState
{
	SigningKey *key;			/* NULL until a secret is there */
	bool		key_is_constant;	/* it has been set, and no call changes it */
	CredentialCache *credentials;	/* NULL until a server is named */
	WebhookKey *webhook_key;	/* NULL until a public key is there */
	TupleDesc	row;			/* NULL until a row is returned */
} CallState;

/*
 * Hide the statement of an error, or of any other message.  PostgreSQL calls this
 * for each message before it writes it.
 *
 * If PostgreSQL cannot send a message to the client, it raises another error
 * instead, outside of our reach, and logs that with the statement.  So where
 * the client's encoding lacks characters, which a translated message may have,
 * PostgreSQL is made to forget the statement.
 */
static void
hide_statement(void *argument pg_attribute_unused())
{
	errhidestmt(true);
	if (!client_can_read_all())
		debug_query_string = NULL;
}

/*
 * Call a function so that its errors, PostgreSQL's own included, carry neither
 * the statement, where a secret or a token may stand, nor a context, where
 * PL/pgSQL's PERFORM repeats it: no callback but ours is asked for one.
 *
 * After an error, whoever catches it puts the other callbacks back.  Without
 * one, the statement is put back for the errors that follow.
 */
Datum
call_hiding_statement(PGFunction function, FunctionCallInfo fcinfo)
{
	ErrorContextCallback *others = error_context_stack;
	const char *statement = debug_query_string;
	ErrorContextCallback ours = {.callback = hide_statement};
	Datum		result;

	error_context_stack = &ours;
	result = function(fcinfo);
	error_context_stack = others;
	debug_query_string = statement;

	return result;
}

/* What the expression keeps; empty in its first call */
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
 * Raise if an argument is NULL, since a check that returns NULL passes.
 * PostgreSQL 18 has a translation of these words, but none of our messages is
 * translated.
 */
void
require_argument(FunctionCallInfo fcinfo, int argument, const char *name)
{
	if (PG_ARGISNULL(argument))
		ereport(ERROR,
				(errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED),
				 errmsg_internal("argument \"%s\" must not be null", name)));
}

/* True if an argument is a constant, so that all calls pass the same value */
static bool
is_constant(FunctionCallInfo fcinfo, int argument)
{
	Node	   *expression = fcinfo->flinfo->fn_expr;

	return expression != NULL && IsA(expression, FuncExpr) &&
		IsA(list_nth(((FuncExpr *) expression)->args, argument), Const);
}

/* Raise if a secret cannot be used */
static void
require_usable(SecretStatus status)
{
	if (status == SECRET_USABLE)
		return;
	if (status == SECRET_CRYPTO_FAILED)
		raise_crypto_failure();
	ereport(ERROR,
			(errcode(status == SECRET_NOT_UTF8 ?
					 ERRCODE_UNTRANSLATABLE_CHARACTER :
					 ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("secret %s", secret_rule(status)),
			 status != SECRET_HAS_WHITE_SPACE ? 0 :
			 errhint("If it was read from a file, remove the newline at its end.")));
}

/* The key made of the secret in an argument; raises if it cannot be used */
const SigningKey *
require_key_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);
	Datum		datum = PG_GETARG_DATUM(argument);
	struct varlena *text;
	SecretStatus status;

	if (state->key != NULL && state->key_is_constant)
		return state->key;
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
	require_usable(status);
	state->key_is_constant = is_constant(fcinfo, argument);
	return state->key;
}

/*
 * The credential of the server that an argument names; raises if the current
 * role has none there that can be used
 */
const Credential *
require_credential_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);
	const Credential *credential;

	require_argument(fcinfo, argument, "server");
	if (state->credentials == NULL)
		state->credentials = credential_cache_create(fcinfo->flinfo->fn_mcxt);
	credential = require_credential(state->credentials,
									PG_GETARG_NAME(argument));
	require_usable(credential->secret_status);
	return credential;
}

/* Keep the keys of these PEMs in the expression; returns what is wrong with them */
static RsaKeysStatus
set_webhook_key(CallState *state, FunctionCallInfo fcinfo, const char *pems,
				int length)
{
	if (state->webhook_key == NULL)
		state->webhook_key = webhook_key_create(fcinfo->flinfo->fn_mcxt);
	return webhook_key_set(state->webhook_key, pems, length);
}

/* The public keys in an argument, as PEMs; raises if they cannot be used */
const RsaKeys *
require_public_key_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);
	struct varlena *pems;

	require_argument(fcinfo, argument, "public_key");
	pems = PG_DETOAST_DATUM_PACKED(PG_GETARG_DATUM(argument));
	require_usable_keys(set_webhook_key(state, fcinfo, VARDATA_ANY(pems),
										VARSIZE_ANY_EXHDR(pems)),
						"public_key");
	return webhook_key_rsa(state->webhook_key);
}

/*
 * The public keys of the server that an argument names; raises if the current role
 * may not use it or it has none that can be used
 */
const RsaKeys *
require_webhook_keys_argument(FunctionCallInfo fcinfo, int argument)
{
	CallState  *state = get_call_state(fcinfo);
	const Server *server;
	const OptionValue *pems;

	require_argument(fcinfo, argument, "server");
	server = require_current_server(PG_GETARG_NAME(argument));
	pems = &server->options.webhook_public_key;
	if (pems->text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" has no " OPTION_WEBHOOK_PUBLIC_KEY,
						text_for_client(NameStr(server->name))),
				 errhint("Run ALTER SERVER %s OPTIONS (ADD " OPTION_WEBHOOK_PUBLIC_KEY " '-----BEGIN PUBLIC KEY----- ...').",
						 text_for_client(quote_identifier(NameStr(server->name))))));
	require_usable_keys(set_webhook_key(state, fcinfo, pems->text, pems->length),
						WEBHOOK_KEY_OPTION);
	return webhook_key_rsa(state->webhook_key);
}

/* A leeway in microseconds; raises unless it is a plain duration */
int64
require_leeway_argument(FunctionCallInfo fcinfo, int argument)
{
	int64		leeway = 0;
	const char *problem = NULL;

	require_argument(fcinfo, argument, "leeway");
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

/* The time to check a token for; raises unless it is finite */
TimestampTz
require_valid_at_argument(FunctionCallInfo fcinfo, int argument)
{
	TimestampTz valid_at;

	require_argument(fcinfo, argument, "valid_at");
	valid_at = PG_GETARG_TIMESTAMPTZ(argument);
	if (TIMESTAMP_NOT_FINITE(valid_at))
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("valid_at must be finite")));
	return valid_at;
}

/*
 * The type of the row that the function returns, ready for heap_form_tuple; raises
 * if it returns none
 */
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
