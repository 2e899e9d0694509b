/*
 * backend.h: what a target is whose room needs a PostgreSQL around it
 *
 * NAME.c, for the room NAME, defines int fuzz_NAME(const uint8_t *data, size_t
 * size), by which backend.c finds it.  It judges an input, and must not raise.
 */
#ifndef BACKEND_H
#define BACKEND_H

#include "fuzz.h"
#include "utils/jsonb.h"

typedef int (*Target) (const uint8_t *data, size_t size);

extern char *palloc_with_nul(const void *data, size_t size);
extern char *compact_json(Jsonb *json);
extern int	fuzz_json_reader(const uint8_t *data, size_t size);

#endif							/* BACKEND_H */
