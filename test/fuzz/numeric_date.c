/*
 * numeric_date.c: any number as a NumericDate, any interval to add to it, and any
 * text as a time
 *
 * The oracles are PostgreSQL's numeric and its timestamps.
 */
#include "postgres.h"

#include "fmgr.h"
#include "miscadmin.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "numeric_date.h"
#include "compat.h"

#define FIRST_TIME	((TimestampTz) -946684800 * USECS_PER_SEC)	/* 1970 */
#define LAST_TIME	(FIRST_TIME + NUMERIC_DATE_MAX * USECS_PER_SEC)

/* The months that we add; fewer and more we take for endless */
#define FIRST_MONTH	(-60000)
#define LAST_MONTH	120000

static Datum
call(PGFunction function, Datum one, Datum other)
{
	return DirectFunctionCall2(function, one, other);
}

/* PostgreSQL's idea of a NumericDate in microseconds, rounded up */
static int64
microseconds(Datum number)
{
	Datum		million = NumericGetDatum(int64_to_numeric(1000000));
	Datum		product = call(numeric_mul, number, million);

	return DatumGetInt64(DirectFunctionCall1(numeric_int8,
											 DirectFunctionCall1(numeric_ceil, product)));
}

/* Require that a description like 1794998200.5 (2026-11-18T10:36:40Z), read by PostgreSQL, is that time */
static void
check_description(TimestampTz time)
{
	char	   *seconds = numeric_date_describe(time);
	char	   *utc = strchr(seconds, '(');
	Datum		number;
	TimestampTz whole_seconds;

	REQUIRE(utc != NULL && utc[-1] == ' ' && utc[strlen(utc) - 1] == ')');
	utc[strlen(utc) - 1] = '\0';
	utc[-1] = '\0';
	utc++;

	REQUIRE(soft_input(numeric_in, seconds, &number) == 0);
	REQUIRE(time - FIRST_TIME == microseconds(number));
	REQUIRE(strlen(utc) == strlen("2026-11-18T10:36:40Z") && utc[19] == 'Z');
	whole_seconds = DatumGetTimestampTz(DirectFunctionCall3(timestamptz_in,
															CStringGetDatum(utc),
															ObjectIdGetDatum(InvalidOid),
															Int32GetDatum(-1)));
	REQUIRE(whole_seconds <= time && time - whole_seconds < USECS_PER_SEC);
	REQUIRE(whole_seconds % USECS_PER_SEC == 0);
}

/* Require that a number is read as PostgreSQL's arithmetic reads it, or not read because it is out of range */
static void
check_number(Datum number)
{
	Datum		last = NumericGetDatum(int64_to_numeric(NUMERIC_DATE_MAX));
	Datum		zero = NumericGetDatum(int64_to_numeric(0));
	Datum		seconds;
	TimestampTz time;
	bool		whole;

	if (!numeric_date_read(DatumGetNumeric(number), &time, &whole))
	{
		REQUIRE(DatumGetBool(call(numeric_lt, number, zero)) ||
				DatumGetBool(call(numeric_gt, number, last)));
		return;
	}
	REQUIRE(DatumGetBool(call(numeric_ge, number, zero)));
	REQUIRE(DatumGetBool(call(numeric_le, number, last)));

	seconds = DirectFunctionCall1(numeric_floor, number);
	REQUIRE(whole == DatumGetBool(call(numeric_eq, number, seconds)));
	REQUIRE(time - FIRST_TIME == microseconds(number));
	if (whole)
		REQUIRE(numeric_date_at(time) ==
				DatumGetInt64(DirectFunctionCall1(numeric_int8, seconds)));
	check_description(time);
}

/* PostgreSQL's sum; false where it raises that it is out of range */
static bool
add_by_postgresql(TimestampTz time, Interval *interval, TimestampTz *sum)
{
	MemoryContext caller = CurrentMemoryContext;
	volatile bool in_range = true;

	PG_TRY();
	{
		*sum = DatumGetTimestamp(call(timestamp_pl_interval,
									  TimestampGetDatum(time),
									  IntervalPGetDatum(interval)));
	}
	PG_CATCH();
	{
		MemoryContextSwitchTo(caller);
		FlushErrorState();
		in_range = false;
	}
	PG_END_TRY();
	return in_range;
}

/* True if months, days and time all lead into the future, or all into the past */
static bool
has_one_direction(const Interval *interval)
{
	return (interval->month >= 0 && interval->day >= 0 && interval->time >= 0) ||
		(interval->month <= 0 && interval->day <= 0 && interval->time <= 0);
}

/* -1, 0 or 1 for a time before, from, or after the times of tokens */
static int
side(TimestampTz time)
{
	return (time > LAST_TIME) - (time < FIRST_TIME);
}

/*
 * A sum is PostgreSQL's, or on the same side, where none of it is needed.  One
 * that PostgreSQL cannot hold is beyond our times, unless PostgreSQL only could
 * not get there on its way.
 */
static void
check_sum(TimestampTz time, Interval *interval)
{
	TimestampTz expected;
	TimestampTz sum;
	int64		span = -1;

	REQUIRE(time_plus_interval(time, interval, &sum));
	if (add_by_postgresql(time, interval, &expected))
		REQUIRE(sum == expected || (side(sum) != 0 && side(sum) == side(expected)));
	else if (has_one_direction(interval))
		REQUIRE(side(sum) != 0);

	if (interval_to_span(interval, &span) == SPAN_OK)
	{
		REQUIRE(interval->month == 0 && span >= 0);
		REQUIRE(time_plus_span(time, span) == sum || span == PG_INT64_MAX);
	}
}

/* The settings of a session that timestamptz_in looks at */
typedef struct Settings
{
	int			style;
	int			order;
	const char *zone;
} Settings;

static const Settings settings[] = {
	{USE_ISO_DATES, DATEORDER_MDY, "UTC"},
	{USE_GERMAN_DATES, DATEORDER_DMY, "Asia/Kathmandu"},
	{USE_SQL_DATES, DATEORDER_YMD, "America/St_Johns"},
};

static void
apply(const Settings *setting)
{
	DateStyle = setting->style;
	DateOrder = setting->order;
	session_timezone = pg_tzset(setting->zone);
	REQUIRE(session_timezone != NULL);
}

/*
 * PostgreSQL's idea of a text that is a time, rounded up: without the places of the
 * second behind the sixth, unless all are zeros, and one microsecond more
 */
static TimestampTz
time_by_postgresql(const char *text)
{
	char	   *copy = pstrdup(text);
	char	   *point = strchr(copy, '.');
	Datum		time;
	int			more = 0;

	if (point != NULL && strspn(point + 1, "0123456789") > 6)
	{
		char	   *rest = point + 7;
		char	   *offset = rest + strspn(rest, "0123456789");

		more = strspn(rest, "0") < (size_t) (offset - rest);
		memmove(rest, offset, strlen(offset) + 1);
	}
	REQUIRE(soft_input(timestamptz_in, copy, &time) == 0);
	return DatumGetTimestampTz(time) + more;
}

/*
 * Require that a text which is read as a time is that time to PostgreSQL, whatever
 * the settings; so none without an offset is read.  True if it is read.
 */
static bool
check_time(const char *text, TimestampTz *time)
{
	bool		is_read = time_read(text, time);

	for (size_t i = 0; i < lengthof(settings); i++)
	{
		TimestampTz again;

		apply(&settings[i]);
		REQUIRE(time_read(text, &again) == is_read);
		if (is_read)
			REQUIRE(again == *time && time_by_postgresql(text) == *time);
	}
	apply(&settings[0]);
	return is_read;
}

/* Require that a time is read as PostgreSQL prints it, with a blank and with a T, at any offset in minutes */
static void
check_printed(TimestampTz time, int offset)
{
	char	   *text;
	TimestampTz read;

	session_timezone = pg_tzset_offset(offset * SECS_PER_MINUTE);
	text = DatumGetCString(DirectFunctionCall1(timestamptz_out, TimestampTzGetDatum(time)));
	if (strchr(text, '-') - text != 4)
		return;					/* of the year 10000 there */
	REQUIRE(check_time(text, &read) && read == time);
	text[10] = 'T';
	REQUIRE(check_time(text, &read) && read == time);
}

/* Require that a time is rounded up to the next whole second */
static void
check_rounding(TimestampTz time)
{
	TimestampTz rounded = time_round_up(time);

	REQUIRE(rounded % USECS_PER_SEC == 0);
	REQUIRE(rounded >= time && rounded - time < USECS_PER_SEC);
}

int
fuzz_numeric_date(const uint8_t *data, size_t size)
{
	struct
	{
		int64		seconds;
		Interval	interval;
	}			sum;
	Datum		number;
	TimestampTz time;

	if (size >= sizeof(sum))
	{
		memcpy(&sum, data, sizeof(sum));
		sum.seconds = (uint64) sum.seconds % (NUMERIC_DATE_MAX + 1);
		sum.interval.month = FIRST_MONTH +
			(int32) ((uint32) sum.interval.month % (LAST_MONTH - FIRST_MONTH + 1));
		check_sum(FIRST_TIME + sum.seconds * USECS_PER_SEC, &sum.interval);
		check_printed(FIRST_TIME + sum.seconds * USECS_PER_SEC + sum.interval.time % USECS_PER_SEC,
					  sum.interval.day % (14 * MINS_PER_HOUR));
	}
	if (check_time(pnstrdup((const char *) data, size), &time))
		check_rounding(time);
	if (soft_input(numeric_in, pnstrdup((const char *) data, Min(size, 1000)),
				   &number) == 0)
		check_number(number);
	return 0;
}
