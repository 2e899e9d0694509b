/*
 * compat.c: PostgreSQL's input functions, called without raising
 *
 * An error of theirs repeats the text, which may be a secret or a stranger's.
 * From PostgreSQL 16 on they can return what is wrong; before, it is caught.
 */
#include "postgres.h"

#include "fmgr.h"
#if PG_VERSION_NUM >= 160000
#include "nodes/miscnodes.h"
#endif

#include "compat.h"

/* True if an SQLSTATE says that the text is wrong, false if the server is */
static bool
is_about_text(int sqlerrcode)
{
	return ERRCODE_TO_CATEGORY(sqlerrcode) ==
		MAKE_SQLSTATE('2', '2', '0', '0', '0') ||
		sqlerrcode == ERRCODE_FEATURE_NOT_SUPPORTED;
}

/*
 * Call the input function of a type without parameters.  Returns 0 and sets
 * *result, or returns the SQLSTATE of what is wrong with the text.  Raises
 * what is not about the text, like out of memory.
 */
#if PG_VERSION_NUM >= 160000

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
 * No subtransaction is needed, and a parallel worker could not start one: the
 * functions that we call acquire nothing but memory, which dies with the row.
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
