/*
 * backend.h: the fuzz targets that need a PostgreSQL around them
 */
#ifndef BACKEND_H
#define BACKEND_H

#include "fuzz.h"

extern int	fuzz_json_reader(const uint8_t *data, size_t size);
extern int	fuzz_json_writer(const uint8_t *data, size_t size);
extern int	fuzz_numeric_date(const uint8_t *data, size_t size);
extern int	fuzz_payload(const uint8_t *data, size_t size);
extern int	fuzz_token_check(const uint8_t *data, size_t size);

#endif							/* BACKEND_H */
