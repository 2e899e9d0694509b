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

/* The end of the string whose opening quote stands before p */
static const char *
skip_string(const char *p, const char *end)
{
	for (; p < end && *p != '"'; p++)
	{
		if (*p == '\\' && p + 1 < end)
			p++;
	}
	return p < end ? p + 1 : end;
}

static bool
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool
is_number_character(char c)
{
	return is_digit(c) || c == '.' || c == '-' || c == '+' ||
		c == 'e' || c == 'E';
}

/* Does the exponent of the number from p to end stay within the limit? */
static bool
exponent_is_small(const char *p, const char *end)
{
	int			exponent = 0;

	while (p < end && *p != 'e' && *p != 'E')
		p++;
	for (; p < end; p++)
	{
		if (is_digit(*p))
			exponent = exponent * 10 + (*p - '0');
		if (exponent > JSON_MAX_EXPONENT)
			return false;
	}
	return true;
}

/*
 * Check a text in one pass.  The outermost array or object is level 1;
 * brackets inside strings do not count.
 */
JsonLimitsStatus
json_limits_check(const char *json, size_t length)
{
	const char *p = json;
	const char *end = json + length;
	int			depth = 0;

	while (p < end)
	{
		char		c = *p;

		if (c == '"')
			p = skip_string(p + 1, end);
		else if (c == '-' || is_digit(c))
		{
			const char *number = p;

			while (p < end && is_number_character(*p))
				p++;
			if (p - number > JSON_MAX_NUMBER_LENGTH)
				return JSON_NUMBER_TOO_LONG;
			if (!exponent_is_small(number, p))
				return JSON_EXPONENT_TOO_LARGE;
		}
		else
		{
			if ((c == '{' || c == '[') && ++depth > JSON_MAX_DEPTH)
				return JSON_TOO_DEEP;
			if ((c == '}' || c == ']') && depth > 0)
				depth--;
			p++;
		}
	}
	return JSON_WITHIN_LIMITS;
}
