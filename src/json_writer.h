/*
 * json_writer.h: values of a jsonb as compact JSON, in the server encoding
 */
#ifndef JSON_WRITER_H
#define JSON_WRITER_H

#include "lib/stringinfo.h"
#include "payload_json.h"
#include "utils/jsonb.h"

typedef struct Writer
{
	StringInfoData out;			/* in the server encoding */
	int			max_length;		/* stop soon after */
	int			depth;
	PayloadJsonStatus status;
} Writer;

/* Where the next bytes go; there is room for that many, and no final NUL */
static inline char *
make_room(Writer *writer, int length)
{
	StringInfo	out = &writer->out;

	if (out->maxlen - out->len <= length)
		enlargeStringInfo(out, length);
	return out->data + out->len;
}

static inline void
write_bytes(Writer *writer, const char *bytes, int length)
{
	memcpy(make_room(writer, length), bytes, length);
	writer->out.len += length;
}

#define write_literal(writer, literal) \
	write_bytes(writer, literal "", sizeof(literal) - 1)

static inline void
write_char(Writer *writer, char c)
{
	*make_room(writer, 1) = c;
	writer->out.len++;
}

extern void json_writer_start(Writer *writer, int max_length);
extern void write_string(Writer *writer, const char *text, int length);
extern void write_integer(Writer *writer, int64 number);
extern void write_key(Writer *writer, const JsonbValue *key);
extern void write_value(Writer *writer, const JsonbValue *value);

#endif							/* JSON_WRITER_H */
