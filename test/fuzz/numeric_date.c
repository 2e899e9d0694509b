/*
 * numeric_date.c: any number as a NumericDate, and any interval to add to it
 *
 * The oracles are PostgreSQL's numeric and its timestamp without time zone.
 */
#include "postgres.h"

#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/numeric.h"
#include "utils/timestamp.h"

#include "backend.h"
#include "numeric_date.h"
#include "soft_input.h"

#define FIRST_TIME	((TimestampTz) -946684800 * USECS_PER_SEC)	/* 1970 */
#define LAST_TIME	(FIRST_TIME + NUMERIC_DATE_MAX * USECS_PER_SEC)

/* The months that we add, and do not take for endless */
#define MONTHS		60000

static Datum
call(PGFunction function, Datum one, Datum other)
{
	return DirectFunctionCall2(function, one, other);
}

/* Is a number that can be read what PostgreSQL's arithmetic makes of it? */
static void
check_number(Datum number)
{
	Datum		last = NumericGetDatum(int64_to_numeric(NUMERIC_DATE_MAX));
	Datum		zero = NumericGetDatum(int64_to_numeric(0));
	Datum		million = NumericGetDatum(int64_to_numeric(1000000));
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
	REQUIRE(time - FIRST_TIME ==
			DatumGetInt64(DirectFunctionCall1(numeric_int8,
											  DirectFunctionCall1(numeric_ceil,
																  call(numeric_mul, number, million)))));
	if (whole)
		REQUIRE(numeric_date_at(time) ==
				DatumGetInt64(DirectFunctionCall1(numeric_int8, seconds)));
	REQUIRE(strlen(numeric_date_describe(time)) > strlen("0 (1970-01-01T00:00:00Z)") - 1);
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

/* Do months, days and time all lead into the future, or all into the past? */
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

	if (!time_plus_interval(time, interval, &sum))
		return;
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

int
fuzz_numeric_date(const uint8_t *data, size_t size)
{
	struct
	{
		int64		seconds;
		Interval	interval;
	}			sum;
	Datum		number;

	if (size >= sizeof(sum))
	{
		memcpy(&sum, data, sizeof(sum));
		sum.seconds = (uint64) sum.seconds % (NUMERIC_DATE_MAX + 1);
		sum.interval.month %= MONTHS + 1;
		check_sum(FIRST_TIME + sum.seconds * USECS_PER_SEC, &sum.interval);
	}
	if (soft_input(numeric_in, pnstrdup((const char *) data, Min(size, 1000)),
				   &number) == 0)
		check_number(number);
	return 0;
}
