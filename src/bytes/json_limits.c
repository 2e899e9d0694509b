/*
 * json_limits.c: nesting and number limits of a JSON text
 *
 * RFC 8259 section 9 lets a parser set limits.  These keep a token of 64 kB
 * from costing more than a token of 64 kB should: "1e130000" is eight bytes
 * of JSON and 130,001 digits of numeric.  They are checked before the parser
 * sees the text, so the text may be anything; what is not JSON at all is the
 * parser's to refuse.
 */
#include "json_limits.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What a byte may be or do, as bits */
#define ENDS_STRING		1		/* or starts an escape in it */
#define STARTS_NUMBER	2
#define IN_NUMBER		4
#define STARTS_EXPONENT	8
#define OPENS			16
#define CLOSES			32
#define IS_SPECIAL \
	(ENDS_STRING | STARTS_NUMBER | OPENS | CLOSES)	/* outside of strings */

#define DIGIT			(STARTS_NUMBER | IN_NUMBER)

static const uint8_t kinds[256] = {
	['\0'] = ENDS_STRING,
	['"'] = ENDS_STRING,
	['\\'] = ENDS_STRING,
	['0'] = DIGIT, ['1'] = DIGIT, ['2'] = DIGIT, ['3'] = DIGIT, ['4'] = DIGIT,
	['5'] = DIGIT, ['6'] = DIGIT, ['7'] = DIGIT, ['8'] = DIGIT, ['9'] = DIGIT,
	['-'] = STARTS_NUMBER | IN_NUMBER,
	['+'] = IN_NUMBER,
	['.'] = IN_NUMBER,
	['e'] = IN_NUMBER | STARTS_EXPONENT,
	['E'] = IN_NUMBER | STARTS_EXPONENT,
	['{'] = OPENS,
	['['] = OPENS,
	['}'] = CLOSES,
	[']'] = CLOSES,
};

static inline uint8_t
kind(const char *p)
{
	return kinds[(uint8_t) *p];
}

/* What follows the string whose opening quote stands before p */
static const char *
skip_string(const char *p)
{
	for (;;)
	{
		while (!(kind(p) & ENDS_STRING))
			p++;
		if (*p == '"')
			return p + 1;
		if (*p == '\\')
			p++;				/* the next is no quote */
		if (*p == '\0')
			return p;
		p++;
	}
}

/* True if the exponent whose sign or digits start at p is within the limit */
static bool
exponent_is_small(const char *p)
{
	int			exponent = 0;

	for (; kind(p) & IN_NUMBER; p++)
	{
		if (*p >= '0' && *p <= '9')
			exponent = exponent * 10 + (*p - '0');
		if (exponent > JSON_MAX_EXPONENT)
			return false;
	}
	return true;
}

/*
 * Check the number that starts at *end.  Moves *end behind it if it is within
 * the limits.
 */
static JsonLimitsStatus
skip_number(const char **end)
{
	const char *p = *end;
	const char *exponent = NULL;

	for (; kind(p) & IN_NUMBER; p++)
	{
		if (kind(p) & STARTS_EXPONENT && exponent == NULL)
			exponent = p + 1;
	}
	if (p - *end > JSON_MAX_NUMBER_LENGTH)
		return JSON_NUMBER_TOO_LONG;
	if (exponent != NULL && !exponent_is_small(exponent))
		return JSON_EXPONENT_TOO_LARGE;
	*end = p;
	return JSON_WITHIN_LIMITS;
}

/*
 * Find the first limit that a text breaks, in one pass.  It ends with a NUL and
 * may be anything.  The outermost array or object is level 1; brackets inside
 * strings do not count.
 */
JsonLimitsStatus
json_limits_status(const char *json)
{
	const char *p = json;
	int			depth = 0;
	JsonLimitsStatus status;

	for (;;)
	{
		while (!(kind(p) & IS_SPECIAL))
			p++;
		if (*p == '\0')
			return JSON_WITHIN_LIMITS;
		if (*p == '"')
			p = skip_string(p + 1);
		else if (kind(p) & STARTS_NUMBER)
		{
			status = skip_number(&p);
			if (status != JSON_WITHIN_LIMITS)
				return status;
		}
		else
		{
			if (kind(p) & OPENS && ++depth > JSON_MAX_DEPTH)
				return JSON_TOO_DEEP;
			if (kind(p) & CLOSES && depth > 0)
				depth--;
			p++;
		}
	}
}
