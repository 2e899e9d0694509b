/*
 * json_writer.h: values of a jsonb as compact JSON, in the server encoding
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "lib/stringinfo.h"
#include "utils/jsonb.h"

typedef enum JsonWriteStatus
{
	JSON_WRITE_OK,
	JSON_WRITE_TOO_LONG,
	JSON_WRITE_TOO_DEEP,
	JSON_WRITE_NUMBER_TOO_LONG
} JsonWriteStatus;

typedef struct JsonWriter
{
	StringInfoData out;			/* in the server encoding, without a NUL */
	int			max_length;		/* writing stops soon after so many bytes */
	int			depth;			/* of the container that is being written */
	JsonWriteStatus status;		/* if not OK, only the beginning of out is right */
} JsonWriter;

extern void json_writer_start(JsonWriter *writer, int max_length);
extern void json_write_char(JsonWriter *writer, char c);
extern void json_write_name(JsonWriter *writer, const char *name, int length);
extern void json_write_name_in_json(JsonWriter *writer, const char *json,
									int length);
extern void json_write_string(JsonWriter *writer, const char *text, int length);
extern void json_write_integer(JsonWriter *writer, int64 number);
extern void json_write_value(JsonWriter *writer, const JsonbValue *value);
extern char *json_excerpt(const JsonbValue *value);

#endif							/* JSON_WRITER_H */
