/*
 * json_oracle.c: what PostgreSQL's own parser finds in a JSON text
 *
 * The parser is that of jsonb_in, as PostgreSQL's programs link it.
 */
#include "postgres_fe.h"

#include <math.h>

#include "common/jsonapi.h"
#include "mb/pg_wchar.h"

#include "json_oracle.h"

#if PG_VERSION_NUM >= 170000
#define make_lexer(json, length) \
	makeJsonLexContextCstringLen(NULL, json, length, PG_UTF8, false)
#define free_lexer(lexer)	freeJsonLexContext(lexer)
#else
#define make_lexer(json, length) \
	makeJsonLexContextCstringLen(json, (int) (length), PG_UTF8, false)
#define free_lexer(lexer)	pfree(lexer)
#endif

/* The actions of the parser returned nothing before PostgreSQL 16 */
#if PG_VERSION_NUM >= 160000
#define ACTION		static JsonParseErrorType
#define GO_ON		return JSON_SUCCESS
#else
#define ACTION		static void
#define GO_ON		return
#endif

typedef struct State
{
	int			depth;
	JsonFacts	facts;
} State;

static void
break_limit(State *state, JsonLimitsStatus limit)
{
	if (state->facts.limits == JSON_WITHIN_LIMITS)
		state->facts.limits = limit;
}

ACTION
start_container(void *argument)
{
	State	   *state = argument;

	if (++state->depth > JSON_MAX_DEPTH)
		break_limit(state, JSON_TOO_DEEP);
	GO_ON;
}

ACTION
end_container(void *argument)
{
	((State *) argument)->depth--;
	GO_ON;
}

static void
check_number(State *state, const char *number)
{
	const char *exponent = strpbrk(number, "eE");

	if (strlen(number) > JSON_MAX_NUMBER_LENGTH)
		break_limit(state, JSON_NUMBER_TOO_LONG);
	else if (exponent != NULL && fabs(strtod(exponent + 1, NULL)) > JSON_MAX_EXPONENT)
		break_limit(state, JSON_EXPONENT_TOO_LARGE);
}

ACTION
read_scalar(void *argument, char *token, JsonTokenType type)
{
	if (type == JSON_TOKEN_NUMBER)
		check_number(argument, token);
	if (token != NULL)
		pfree(token);
	GO_ON;
}

static bool
parse(char *json, size_t length, JsonSemAction *actions)
{
	JsonLexContext *lexer = make_lexer(json, length);
	bool		is_json = pg_parse_json(lexer, actions) == JSON_SUCCESS;

	free_lexer(lexer);
	return is_json;
}

/* Parsed twice, because the parser leaks the token before an error */
JsonFacts
json_facts(char *json, size_t length)
{
	State		state = {0};
	JsonSemAction no_actions = {0};
	JsonSemAction actions = {
		.semstate = &state,
		.object_start = start_container,
		.object_end = end_container,
		.array_start = start_container,
		.array_end = end_container,
		.scalar = read_scalar
	};

	state.facts.is_json = parse(json, length, &no_actions) &&
		parse(json, length, &actions);
	return state.facts;
}
