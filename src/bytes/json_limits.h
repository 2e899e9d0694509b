/*
 * json_limits.h: nesting and number limits of a JSON text
 */
#ifndef JSON_LIMITS_H
#define JSON_LIMITS_H

#define JSON_MAX_DEPTH			64
#define JSON_MAX_NUMBER_LENGTH	1000
#define JSON_MAX_EXPONENT		999

typedef enum JsonLimitsStatus
{
	JSON_WITHIN_LIMITS,
	JSON_TOO_DEEP,
	JSON_NUMBER_TOO_LONG,
	JSON_EXPONENT_TOO_LARGE
} JsonLimitsStatus;

extern JsonLimitsStatus json_limits_status(const char *json);

#endif							/* JSON_LIMITS_H */
