/*
 * json_reader.h: JSON that strangers wrote, read into jsonb without raising
 */
#ifndef JSON_READER_H
#define JSON_READER_H

#include "utils/jsonb.h"

typedef enum JsonReadStatus
{
	JSON_READ_OK,
	JSON_READ_NOT_UTF8,
	JSON_READ_TOO_DEEP,
	JSON_READ_NUMBER_TOO_LONG,
	JSON_READ_EXPONENT_TOO_LARGE,
	JSON_READ_INVALID,
	JSON_READ_NOT_STORABLE		/* valid, but more than this database can hold */
} JsonReadStatus;

extern const char *json_read_problem(JsonReadStatus status);
extern JsonReadStatus json_read(char *text, int length, Jsonb **json);

#endif							/* JSON_READER_H */
