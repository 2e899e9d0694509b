/*
 * scan_memory.c: counts how often some bytes are in this process's own memory
 */
#include "postgres.h"

#include <inttypes.h>

#include "fmgr.h"

#include "compat.h"

PG_MODULE_MAGIC;

/* True if each byte of memory has its complement */
static bool
is_complement(const unsigned char *memory, const unsigned char *complement,
			  size_t length)
{
	for (size_t i = 0; i < length; i++)
	{
		if (memory[i] + complement[i] != 0xFF)
			return false;
	}
	return true;
}

static int
count_in(const unsigned char *start, const unsigned char *end,
		 const unsigned char *complement, size_t length)
{
	int			count = 0;

	for (; start + length <= end; start++)
		count += is_complement(start, complement, length);
	return count;
}

/*
 * copies_in_memory(complement bytea) RETURNS int: how often the bytes of which
 * these are the complements are in memory that is writable and not shared.  So
 * the argument itself does not count.
 */
PG_FUNCTION_INFO_V1(copies_in_memory);
Datum
copies_in_memory(PG_FUNCTION_ARGS)
{
	bytea	   *complement = PG_GETARG_BYTEA_PP(0);
	FILE	   *maps = fopen("/proc/self/maps", "r");
	char		line[1024];
	int			count = 0;

	if (maps == NULL)
		elog(ERROR, "cannot open /proc/self/maps");
	while (fgets(line, sizeof(line), maps) != NULL)
	{
		uintptr_t	start;
		uintptr_t	end;
		char		permissions[5];

		if (sscanf(line, "%" SCNxPTR "-%" SCNxPTR " %4s", &start, &end, permissions) == 3 &&
			strcmp(permissions, "rw-p") == 0)
			count += count_in((unsigned char *) start, (unsigned char *) end,
							  (unsigned char *) VARDATA_ANY(complement),
							  VARSIZE_ANY_EXHDR(complement));
	}
	fclose(maps);
	PG_RETURN_INT32(count);
}
