/*
 * payload_json.h: a jsonb payload as compact UTF-8 JSON
 */
#ifndef PAYLOAD_JSON_H
#define PAYLOAD_JSON_H

#include "utils/jsonb.h"

typedef enum PayloadJsonStatus
{
	PAYLOAD_JSON_OK,
	PAYLOAD_JSON_TOO_LONG,		/* for a token */
	PAYLOAD_JSON_TOO_DEEP,
	PAYLOAD_JSON_NUMBER_TOO_LONG,
	PAYLOAD_JSON_NOT_UTF8
} PayloadJsonStatus;

/* The times of a payload to be written, as NumericDate */
typedef struct SignedTimes
{
	int64		iat;
	int64		nbf;			/* used if the payload has an nbf */
	int64		exp;
} SignedTimes;

typedef struct PayloadJson
{
	char	   *text;			/* UTF-8 */
	int			length;
	char	   *claim;			/* if it cannot be written, where */
} PayloadJson;

extern PayloadJsonStatus payload_json_write(Jsonb *payload,
											const char *apikey,
											const SignedTimes *times,
											PayloadJson *json);
extern char *payload_json_excerpt(const JsonbValue *value);

#endif							/* PAYLOAD_JSON_H */
