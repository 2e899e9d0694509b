/*
 * json_times.h: a payload's iat and exp, moved to where jsonb has them
 */
#ifndef JSON_TIMES_H
#define JSON_TIMES_H

#include <stdbool.h>
#include <stddef.h>

extern bool json_times_to_front(const char *json, size_t length, char *moved);

#endif							/* JSON_TIMES_H */
