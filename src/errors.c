/*
 * errors.c: errors that the client can read, and that keep the statement secret
 */
#include "postgres.h"

#include "fmgr.h"
#include "tcop/tcopprot.h"

#include "encoding.h"
#include "errors.h"

/*
 * What PostgreSQL calls for each message, in case of an error before it is
 * caught
 *
 * If PostgreSQL cannot send a message to the client, it raises another error
 * instead, outside of our reach, and logs that with the statement.  So where
 * the client's encoding lacks characters, which a translated message may
 * have, PostgreSQL forgets the statement.
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
 * PL/pgSQL's PERFORM repeats it: no callback but ours is asked for one.  After
 * an error, whoever catches it puts the others back.  Without one, whatever
 * was said meanwhile, the statement is there for the errors that follow.
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

/*
 * Text for a message of ours: without the characters that are not ASCII if the
 * client's encoding lacks one of them
 */
char *
text_for_client(const char *text)
{
	char	   *copy = pstrdup(text);

	if (!client_can_read(copy, (int) strlen(copy)))
	{
		for (char *p = copy; *p != '\0'; p++)
		{
			if (IS_HIGHBIT_SET(*p))
				*p = '?';
		}
	}
	return copy;
}

/* OpenSSL has no HMAC-SHA256, as under some configurations of its providers */
void
raise_crypto_failure(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_EXTERNAL_ROUTINE_INVOCATION_EXCEPTION),
			 errmsg("OpenSSL could not compute HMAC-SHA256"),
			 errhint("Check OpenSSL's configuration and providers on the server.")));
}

/* Raise if a secret cannot be used */
void
check_secret(SecretStatus status)
{
	switch (status)
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
}
