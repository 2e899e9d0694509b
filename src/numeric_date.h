/*
 * numeric_date.h: NumericDate (RFC 7519 section 2), timestamps and intervals
 */
#ifndef NUMERIC_DATE_H
#define NUMERIC_DATE_H

#include "datatype/timestamp.h"
#include "utils/numeric.h"

/* The end of the year 9999 */
#define NUMERIC_DATE_MAX	INT64CONST(253402300799)

typedef enum SpanStatus
{
	SPAN_OK,
	SPAN_INFINITE,
	SPAN_NEGATIVE,
	SPAN_HAS_MONTHS
} SpanStatus;

extern bool numeric_date_read(Numeric number, TimestampTz *time, bool *whole);
extern bool numeric_date_is_in_milliseconds(Numeric number);
extern int64 numeric_date_at(TimestampTz time);
extern char *numeric_date_describe(TimestampTz time);
extern bool time_read(const char *text, TimestampTz *time);
extern TimestampTz time_round_up(TimestampTz time);
extern TimestampTz time_plus_span(TimestampTz time, int64 span);
extern bool time_plus_interval(TimestampTz time, const Interval *interval,
							   TimestampTz *sum);
extern SpanStatus interval_to_span(const Interval *interval, int64 *span);

#endif							/* NUMERIC_DATE_H */
