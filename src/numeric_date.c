/*
 * numeric_date.c: NumericDate (RFC 7519 section 2), timestamps and intervals
 *
 * All sums are made in UTC, where a day has 24 hours, and saturate.
 */
#include "postgres.h"

#include "common/int.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "encoding.h"
#include "numeric_date.h"

#define SEPTEMBER_2001	1000000000	/* NumericDate */

/* From 1970, where NumericDate starts, to 2000, where timestamps do */
#define SECONDS_TO_POSTGRES_EPOCH \
	((int64) (POSTGRES_EPOCH_JDATE - UNIX_EPOCH_JDATE) * SECS_PER_DAY)

/*
 * Months that can be added to any NumericDate without leaving the range of
 * timestamps.  More count as endless, whatever the days.
 */
#define MIN_MONTHS	(-5000 * MONTHS_PER_YEAR)
#define MAX_MONTHS	(10000 * MONTHS_PER_YEAR)

/* The sum, or the end of the range beyond which it lies */
static int64
saturating_add(int64 a, int64 b)
{
	int64		sum;

	if (!pg_add_s64_overflow(a, b, &sum))
		return sum;
	return b > 0 ? PG_INT64_MAX : PG_INT64_MIN;
}

/* The microseconds of the digits behind a decimal point, rounded up */
static int
read_fraction(const char *digits)
{
	int			microseconds = 0;
	int			places = 0;

	for (; places < 6; places++)
	{
		microseconds = microseconds * 10;
		if (*digits != '\0')
			microseconds += *digits++ - '0';
	}
	if (strspn(digits, "0") < strlen(digits))
		microseconds++;
	return microseconds;
}

/*
 * Read a NumericDate.  Returns false if it is not from 0 to NUMERIC_DATE_MAX;
 * else sets *time, and *whole to whether it is in whole seconds.
 *
 * The time is rounded up to the microsecond.  Clocks have whole microseconds,
 * so "clock < time" and "time <= clock" come out as for the exact number.
 */
bool
numeric_date_read(Numeric number, TimestampTz *time, bool *whole)
{
	const char *text = DatumGetCString(DirectFunctionCall1(numeric_out,
														   NumericGetDatum(number)));
	int64		seconds = 0;
	int			fraction = 0;
	const char *p;

	for (p = text; *p >= '0' && *p <= '9'; p++)
	{
		seconds = seconds * 10 + (*p - '0');
		if (seconds > NUMERIC_DATE_MAX)
			return false;
	}
	if (p == text)				/* a minus, or NaN */
		return false;
	if (*p == '.')
		fraction = read_fraction(p + 1);
	if (seconds == NUMERIC_DATE_MAX && fraction > 0)
		return false;

	*whole = fraction == 0;
	*time = (seconds - SECONDS_TO_POSTGRES_EPOCH) * USECS_PER_SEC + fraction;
	return true;
}

/*
 * True for what looks like a time in milliseconds, as JavaScript's Date.now()
 * gives it: they have had 13 digits since September 2001
 */
bool
numeric_date_is_in_milliseconds(Numeric number)
{
	Numeric		seconds = DatumGetNumeric(DirectFunctionCall2(numeric_div_trunc,
															  NumericGetDatum(number),
															  NumericGetDatum(int64_to_numeric(1000))));
	TimestampTz time;
	bool		whole;

	return numeric_date_read(seconds, &time, &whole) &&
		numeric_date_at(time) >= SEPTEMBER_2001;
}

/* The NumericDate of a time, rounded down to whole seconds */
int64
numeric_date_at(TimestampTz time)
{
	int64		seconds = time / USECS_PER_SEC;

	if (time % USECS_PER_SEC < 0)
		seconds--;
	return seconds + SECONDS_TO_POSTGRES_EPOCH;
}

/* Write a character and a number of at least so many digits; returns their end */
static char *
put_number(char *end, char before, int number, int digits)
{
	*end++ = before;
	return pg_ultostr_zeropad(end, (uint32) number, digits);
}

/*
 * A time for a message, palloc'd: 1794998200 (2026-11-18T10:36:40Z).  Written
 * without printf, which is slow, since in a report most tokens have expired.
 */
char *
numeric_date_describe(TimestampTz time)
{
	int64		seconds = numeric_date_at(time);
	struct pg_tm tm;
	fsec_t		microseconds;
	char		text[64];
	char	   *end = text + pg_lltoa(seconds, text);

	if (timestamp2tm(time, NULL, &tm, &microseconds, NULL, NULL) != 0)
		return pstrdup(text);

	if (microseconds != 0 && seconds >= 0)
	{
		end = put_number(end, '.', microseconds, 6);
		while (end[-1] == '0')
			end--;
	}
	*end++ = ' ';
	*end++ = '(';
	if (tm.tm_year < 0)
		*end++ = '-';
	end = pg_ultostr_zeropad(end, (uint32) abs(tm.tm_year), 4);
	end = put_number(end, '-', tm.tm_mon, 2);
	end = put_number(end, '-', tm.tm_mday, 2);
	end = put_number(end, 'T', tm.tm_hour, 2);
	end = put_number(end, ':', tm.tm_min, 2);
	end = put_number(end, ':', tm.tm_sec, 2);
	*end++ = 'Z';
	*end++ = ')';
	*end = '\0';
	return pstrdup(text);
}

/* True if a text is "Z", or hours or hours and minutes from UTC */
static bool
is_offset(const char *text)
{
	int			length = (int) strlen(text);

	return text_has_form(text, length, "Z") || text_has_form(text, length, "z") ||
		((*text == '+' || *text == '-') &&
		 (text_has_form(text + 1, length - 1, "00:00") ||
		  text_has_form(text + 1, length - 1, "00")));
}

/*
 * Read a time as RFC 3339 has it, with a blank for the T or an offset in hours
 * alone allowed, as PostgreSQL writes them; rounded up to the microsecond, as
 * numeric_date_read does.  The offset must be there, so that no setting of the
 * session counts.  Returns false if it is no such time.
 */
bool
time_read(const char *text, TimestampTz *time)
{
	static const char form[] = "0000-00-00T00:00:00";
	const int	length = (int) strlen(form);
	char	   *iso = pstrdup(text);
	char	   *rest;
	char	   *fraction = "";
	Datum		datum;

	if ((int) strlen(iso) <= length || strchr("Tt ", iso[10]) == NULL)
		return false;
	iso[10] = 'T';
	if (!text_has_form(iso, length, form) || strncmp(iso + 11, "24", 2) >= 0)
		return false;

	rest = iso + length;
	if (*rest == '.')
	{
		int			digits = (int) strspn(rest + 1, "0123456789");

		fraction = pnstrdup(rest + 1, digits);
		rest += 1 + digits;
	}
	if ((rest != iso + length && *fraction == '\0') || !is_offset(rest))
		return false;
	/* A leap second begins the next minute to PostgreSQL, which knows no part of it */
	if (strncmp(iso + 17, "60", 2) == 0 && read_fraction(fraction) != 0)
		return false;
	if (soft_input(timestamptz_in,
				   psprintf("%.*s%s", length, iso,
							pg_toupper((unsigned char) *rest) == 'Z' ? "+00" : rest),
				   &datum) != 0)
		return false;
	*time = DatumGetTimestampTz(datum) + read_fraction(fraction);
	return true;
}

/* A time that is not near the end of timestamps' range, rounded up to whole seconds */
TimestampTz
time_round_up(TimestampTz time)
{
	TimestampTz rest = time % USECS_PER_SEC;

	return time - rest + (rest > 0 ? USECS_PER_SEC : 0);
}

/* A time moved by microseconds, or the end of the range beyond which it lies */
TimestampTz
time_plus_span(TimestampTz time, int64 span)
{
	return saturating_add(time, span);
}

/* Microseconds of the days and the time of an interval */
static int64
span_without_months(const Interval *interval)
{
	int64		days = interval->day + interval->time / USECS_PER_DAY;
	int64		span;

	if (pg_mul_s64_overflow(days, USECS_PER_DAY, &span))
		return days > 0 ? PG_INT64_MAX : PG_INT64_MIN;
	return saturating_add(span, interval->time % USECS_PER_DAY);
}

/*
 * Add an interval to a time, which lies between 1970 and 9999: calendar months,
 * then days of 24 hours, then time, as PostgreSQL does it.  Returns false if the
 * interval is infinite, else sets *sum, which saturates.
 */
bool
time_plus_interval(TimestampTz time, const Interval *interval,
				   TimestampTz *sum)
{
	Interval	months = {.month = interval->month};

	if (INTERVAL_NOT_FINITE(interval))
		return false;

	if (months.month < MIN_MONTHS)
		*sum = PG_INT64_MIN;
	else if (months.month > MAX_MONTHS)
		*sum = PG_INT64_MAX;
	else
	{
		*sum = months.month == 0 ? time :
			DatumGetTimestamp(DirectFunctionCall2(timestamp_pl_interval,
												  TimestampGetDatum(time),
												  IntervalPGetDatum(&months)));
		*sum = saturating_add(*sum, span_without_months(interval));
	}
	return true;
}

/*
 * Set *span to the microseconds of an interval.  Returns what keeps it from being
 * a plain duration, or SPAN_OK.
 */
SpanStatus
interval_to_span(const Interval *interval, int64 *span)
{
	if (INTERVAL_NOT_FINITE(interval))
		return SPAN_INFINITE;
	if (interval->month != 0)
		return SPAN_HAS_MONTHS;
	*span = span_without_months(interval);
	return *span < 0 ? SPAN_NEGATIVE : SPAN_OK;
}
