/*
 * soft_input.c: PostgreSQL's input functions, called without raising
 *
 * What they raise repeats the text, which may be a secret or a stranger's.
 */
#include "postgres.h"

#include "fmgr.h"

#include "compat.h"
#include "soft_input.h"

/* Does the error say that the text is wrong, not that the server is? */
static bool
is_about_text(int sqlerrcode)
{
	return ERRCODE_TO_CATEGORY(sqlerrcode) ==
		MAKE_SQLSTATE('2', '2', '0', '0', '0') ||
		sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

#ifdef HAS_SOFT_ERRORS

/*
 * Call the input function of a type without parameters; 0, or the SQLSTATE of
 * what is wrong with the text
 */
int
soft_input(PGFunction function, char *text, Datum *result)
{
	ErrorSaveContext problem = {
		.type = T_ErrorSaveContext,
		.details_wanted = true
	};

	if (!DirectInputFunctionCallSafe(function, text, InvalidOid, -1,
									 (Node *) &problem, result))
	{
		if (!is_about_text(problem.error_data->sqlerrcode))
			ThrowErrorData(problem.error_data);
		return problem.error_data->sqlerrcode;
	}
	return 0;
}

#else

/*
 * Call the input function of a type without parameters; 0, or the SQLSTATE of
 * what is wrong with the text.  No subtransaction is needed, and a parallel
 * worker could not start one: the functions that we call acquire nothing but
 * memory, which dies with the row.
 */
int
soft_input(PGFunction function, char *text, Datum *result)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile int sqlerrcode = 0;

	PG_TRY();
	{
		*result = DirectFunctionCall3(function, CStringGetDatum(text),
									  ObjectIdGetDatum(InvalidOid),
									  Int32GetDatum(-1));
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
