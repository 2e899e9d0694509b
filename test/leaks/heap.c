/*
 * heap.c: how much of the heap is in use
 */
#include "postgres.h"

#include <malloc.h>

#include "fmgr.h"

PG_MODULE_MAGIC;

/*
 * heap_in_use() RETURNS bigint: the bytes that malloc has handed out, whether to
 * PostgreSQL or to OpenSSL
 */
PG_FUNCTION_INFO_V1(heap_in_use);
Datum
heap_in_use(PG_FUNCTION_ARGS)
{
	struct mallinfo2 heap = mallinfo2();

	(void) fcinfo;
	PG_RETURN_INT64((int64) (heap.uordblks + heap.hblkhd));
}
