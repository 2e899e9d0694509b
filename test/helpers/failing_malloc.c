/*
 * failing_malloc.c: stands before malloc, by LD_PRELOAD, and fails when told to
 *
 * Otherwise it gives the C library's memory.
 */
#include <errno.h>
#include <malloc.h>
#include <stdbool.h>
#include <stddef.h>

extern void *__libc_malloc(size_t size);
extern void *__libc_calloc(size_t count, size_t size);
extern void *__libc_realloc(void *memory, size_t size);
extern void __libc_free(void *memory);

extern void malloc_begin_to_fail(int first, int last, long bytes);
extern int	malloc_end_to_fail(void);

static bool is_failing = false;
static int	first_to_fail;
static int	last_to_fail;
static long bytes_left;
static int	calls;
static int	failures;

/*
 * From now on, the first to the last call fail, and those beyond so many bytes
 * in all
 */
void
malloc_begin_to_fail(int first, int last, long bytes)
{
	first_to_fail = first;
	last_to_fail = last;
	bytes_left = bytes;
	calls = 0;
	failures = 0;
	is_failing = true;
}

/* No call fails any longer; returns how many have failed */
int
malloc_end_to_fail(void)
{
	is_failing = false;
	return failures;
}

static bool
fails(size_t size)
{
	if (!is_failing)
		return false;
	calls++;
	if ((calls < first_to_fail || calls > last_to_fail) &&
		(long) size <= bytes_left)
		return false;
	failures++;
	errno = ENOMEM;
	return true;
}

static void *
given(void *memory)
{
	bytes_left -= malloc_usable_size(memory);
	return memory;
}

void *
malloc(size_t size)
{
	return fails(size) ? NULL : given(__libc_malloc(size));
}

void *
calloc(size_t count, size_t size)
{
	return fails(count * size) ? NULL : given(__libc_calloc(count, size));
}

void *
realloc(void *memory, size_t size)
{
	if (fails(size))
		return NULL;
	bytes_left += malloc_usable_size(memory);
	return given(__libc_realloc(memory, size));
}

void
free(void *memory)
{
	bytes_left += malloc_usable_size(memory);
	__libc_free(memory);
}
