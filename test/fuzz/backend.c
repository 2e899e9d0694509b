/*
 * backend.c: libFuzzer inside a PostgreSQL backend
 *
 * Linked with the extension's own files and all targets of backend.h, and loaded
 * into a single-user backend, whose functions are the oracles.
 */
#include "postgres.h"

#include <dlfcn.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "backend.h"

extern int	LLVMFuzzerRunDriver(int *argc, char ***argv, Target target);

/*
 * All these bytes and a NUL behind them; pnstrdup ends at a NUL among them, and
 * who then reads the bytes that follow reads beyond its copy
 */
char *
palloc_with_nul(const void *data, size_t size)
{
	char	   *copy = palloc(size + 1);

	memcpy(copy, data, size);
	copy[size] = '\0';
	return copy;
}

/*
 * A value as jsonb_out prints it, without the blanks behind colons and commas;
 * palloc'd
 */
char *
compact_json(Jsonb *json)
{
	char	   *text = JsonbToCString(NULL, &json->root, VARSIZE(json));
	char	   *out = text;
	bool		in_string = false;

	for (char *p = text; *p != '\0'; p++)
	{
		if (*p == ' ' && !in_string)
			continue;
		if (*p == '"')
			in_string = !in_string;
		if (in_string && *p == '\\')
			*out++ = *p++;
		*out++ = *p;
	}
	*out = '\0';
	return text;
}

static Target target;
static MemoryContext run_context;

/* Call the target, in a memory context that dies with the run; an error ends the process */
static int
run(const uint8_t *data, size_t size)
{
	MemoryContext caller = MemoryContextSwitchTo(run_context);

	PG_TRY();
	{
		(void) target(data, size);
	}
	PG_CATCH();
	{
		EmitErrorReport();
		REQUIRE(!"an error was raised");
	}
	PG_END_TRY();
	MemoryContextSwitchTo(caller);
	MemoryContextReset(run_context);
	return 0;
}

/* The function fuzz_NAME of any file; raises if there is none */
static Target
find_target(const char *name)
{
	void	   *symbol = dlsym(dlopen(NULL, RTLD_NOW), psprintf("fuzz_%s", name));

	if (symbol == NULL)
		elog(ERROR, "no target is named \"%s\"", name);
	return (Target) symbol;
}

/*
 * fuzz(target text, VARIADIC arguments text[]) RETURNS void: run libFuzzer with
 * these arguments; it ends the process
 */
PG_FUNCTION_INFO_V1(fuzz);
PGDLLEXPORT Datum fuzz(PG_FUNCTION_ARGS);
Datum
fuzz(PG_FUNCTION_ARGS)
{
	ArrayType  *arguments = PG_GETARG_ARRAYTYPE_P(1);
	Datum	   *elements;
	int			count;
	char	  **argv;
	int			argc;

	target = find_target(text_to_cstring(PG_GETARG_TEXT_PP(0)));
	run_context = AllocSetContextCreate(TopMemoryContext, "fuzz",
										ALLOCSET_DEFAULT_SIZES);

	deconstruct_array(arguments, TEXTOID, -1, false, TYPALIGN_INT, &elements,
					  NULL, &count);
	argc = count + 1;
	argv = palloc((argc + 1) * sizeof(char *));
	argv[0] = "fuzz";
	for (int i = 0; i < count; i++)
		argv[i + 1] = TextDatumGetCString(elements[i]);
	argv[argc] = NULL;
	(void) LLVMFuzzerRunDriver(&argc, &argv, run);
	PG_RETURN_VOID();
}
