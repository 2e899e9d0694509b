/*
 * backend.h: the fuzz targets that need a PostgreSQL around them
 */
#ifndef BACKEND_H
#define BACKEND_H

#include "fuzz.h"
#include "utils/jsonb.h"

extern int	fuzz_json_reader(const uint8_t *data, size_t size);
extern int	fuzz_json_writer(const uint8_t *data, size_t size);
extern int	fuzz_numeric_date(const uint8_t *data, size_t size);
extern int	fuzz_token_check(const uint8_t *data, size_t size);
extern int	fuzz_token_sign(const uint8_t *data, size_t size);

extern char *compact_json(Jsonb *json);

#endif							/* BACKEND_H */
