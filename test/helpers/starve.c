/*
 * starve.c: calls a function while there is not enough memory
 *
 * PostgreSQL gives memory out of larger blocks and keeps these, so that few
 * allocations reach malloc.  Here the function has blocks of a kilobyte, of
 * which the first can be filled so far that a chosen allocation needs another.
 */
#include "postgres.h"

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/lsyscache.h"
#include "utils/memutils.h"

#define OWN_ARGUMENTS	6

/* Not the least, since contexts of that size are kept */
#define BLOCK_SIZE		(1024 + MAXIMUM_ALIGNOF)

/* A chunk that comes out of such a block; larger ones get a block of their own */
#define CHUNK_SIZE		64

PG_MODULE_MAGIC;

/* failing_malloc.c */
extern void malloc_begin_to_fail(int first, int last, long bytes);
extern int	malloc_end_to_fail(void);

static int	failed;

/* Call a function while malloc fails; sets failed */
static Datum
call_starved(FunctionCallInfo call, int first, int last, int bytes)
{
	volatile Datum result = 0;

	malloc_begin_to_fail(first, last, bytes);
	PG_TRY();
	{
		result = FunctionCallInvoke(call);
	}
	PG_FINALLY();
	{
		failed = malloc_end_to_fail();
	}
	PG_END_TRY();
	return result;
}

/* What a function returned, as text */
static Datum
as_text(Oid function, Datum result)
{
	Oid			type = get_func_rettype(function);
	Oid			output;
	bool		is_varlena;

	if (type == VOIDOID)
		return CStringGetTextDatum("void");
	getTypeOutputInfo(type, &output, &is_varlena);
	return CStringGetTextDatum(OidOutputFunctionCall(output, result));
}

/*
 * starve(function regproc, first int, last int, bytes int, filled int,
 *     forget bool, VARIADIC arguments "any")
 * RETURNS text
 *
 * Returns what the function returns, or raises its error.  The first to the
 * last call of malloc fail, and those beyond so many bytes in all; so many
 * bytes of the function's first block are filled, by whole chunks; with forget, the catalogue
 * caches are empty.
 */
PG_FUNCTION_INFO_V1(starve);
Datum
starve(PG_FUNCTION_ARGS)
{
	Oid			function = PG_GETARG_OID(0);
	int			count = PG_NARGS() - OWN_ARGUMENTS;
	MemoryContext caller = CurrentMemoryContext;
	MemoryContext starved = AllocSetContextCreate(caller, "starved", 0,
												  BLOCK_SIZE, BLOCK_SIZE);
	FmgrInfo	flinfo;
	LOCAL_FCINFO(call, FUNC_MAX_ARGS);
	Datum		result;

	fmgr_info_cxt(function, &flinfo, starved);
	InitFunctionCallInfoData(*call, &flinfo, count, PG_GET_COLLATION(), NULL,
							 NULL);
	for (int i = 0; i < count; i++)
		call->args[i] = fcinfo->args[OWN_ARGUMENTS + i];
	if (PG_GETARG_BOOL(5))
		InvalidateSystemCaches();

	MemoryContextSwitchTo(starved);
	for (int filled = 0; filled < PG_GETARG_INT32(4); filled += CHUNK_SIZE)
		(void) palloc(CHUNK_SIZE);
	result = call_starved(call, PG_GETARG_INT32(1), PG_GETARG_INT32(2),
						  PG_GETARG_INT32(3));
	MemoryContextSwitchTo(caller);
	result = as_text(function, result);
	MemoryContextDelete(starved);
	return result;
}

/*
 * failures() RETURNS int: how often malloc failed in the last call of starve
 */
PG_FUNCTION_INFO_V1(failures);
Datum
failures(PG_FUNCTION_ARGS)
{
	PG_RETURN_INT32(failed);
}
