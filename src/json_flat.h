/*
 * json_flat.h: the plainest JSON objects, read without PostgreSQL's parser
 */
#ifndef JSON_FLAT_H
#define JSON_FLAT_H

#include "utils/jsonb.h"

extern Jsonb *json_flat_read(char *text, int length);

#endif							/* JSON_FLAT_H */
