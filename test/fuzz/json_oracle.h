/*
 * json_oracle.h: what PostgreSQL's own parser finds in a JSON text
 */
#ifndef JSON_ORACLE_H
#define JSON_ORACLE_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes/json_limits.h"

typedef struct JsonFacts
{
	bool		is_json;
	JsonLimitsStatus limits;	/* the first limit that the text breaks */
} JsonFacts;

/* What the parser finds in a text that ends with a NUL; is_json is false for what it refuses */
extern JsonFacts json_facts(char *json, size_t length);

#endif							/* JSON_ORACLE_H */
