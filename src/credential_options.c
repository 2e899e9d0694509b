/*
 * credential_options.c: the options of a foreign server and its user mapping, read
 *
 * A catalogue has them as an array of "name=value".  They are read in a copy
 * of that array, with no copy of a value, so that one place can wipe a secret.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_type.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "claims.h"
#include "compat.h"
#include "credential_options.h"
#include "encoding.h"
#include "numeric_date.h"
#include "signing_key.h"

/* The options in an array of a catalogue, which they point into */
Options
get_options(struct varlena *array)
{
	Options		options;

	deconstruct_array((ArrayType *) array, TEXTOID, -1, false, TYPALIGN_INT,
					  &options.elements, NULL, &options.count);
	return options;
}

/* The length of the name before an option's "="; 0 if there is none */
int
option_name_length(Datum element)
{
	char	   *text = VARDATA_ANY(DatumGetPointer(element));
	char	   *sign = memchr(text, '=', VARSIZE_ANY_EXHDR(DatumGetPointer(element)));

	return sign == NULL ? 0 : (int) (sign - text);
}

/* True if an option has this name */
static bool
has_name(Datum element, const char *name)
{
	int			length = option_name_length(element);

	return length == (int) strlen(name) &&
		memcmp(VARDATA_ANY(DatumGetPointer(element)), name, length) == 0;
}

/* The value of an option; its text is NULL if it is not there */
static OptionValue
find_option(const Options *options, const char *name)
{
	OptionValue value = {NULL, 0};

	for (int i = 0; i < options->count; i++)
	{
		struct varlena *option = (struct varlena *) DatumGetPointer(options->elements[i]);
		int			start = (int) strlen(name) + 1;

		if (!has_name(options->elements[i], name))
			continue;
		value.text = VARDATA_ANY(option) + start;
		value.length = VARSIZE_ANY_EXHDR(option) - start;
	}
	return value;
}

/* Raise for an option that breaks a rule, without showing its value */
void
raise_bad_option(const char *name, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" %s", name, rule)));
}

/*
 * Raise unless an option's value can be an apikey or a secret.  Returns its length in
 * UTF-8, as which it is signed.
 */
int
require_usable_value(const char *name, OptionValue value)
{
	int			length;
	SecretStatus status = secret_status(value.text, value.length, &length);

	if (status != SECRET_USABLE)
		raise_bad_option(name, secret_rule(status));
	return length;
}

/* Raise if two values are there and the same */
void
require_different(const char *name, OptionValue value,
				  const char *other_name, OptionValue other)
{
	if (value.text != NULL && other.text != NULL &&
		value.length == other.length &&
		CRYPTO_memcmp(value.text, other.text, value.length) == 0)
		raise_bad_option(name, psprintf("must not be the %s", other_name));
}

/*
 * Read an interval as if IntervalStyle, which any user may set, was not set.
 * True if it is one, which *interval is set to.
 */
static bool
parse_interval(char *text, Interval **interval)
{
	int			style = IntervalStyle;
	volatile bool parsed = false;

	PG_TRY();
	{
		Datum		datum;

		IntervalStyle = INTSTYLE_POSTGRES;
		parsed = soft_input(interval_in, text, &datum) == 0;
		if (parsed)
			*interval = DatumGetIntervalP(datum);
	}
	PG_FINALLY();
	{
		IntervalStyle = style;
	}
	PG_END_TRY();
	return parsed;
}

/* An option's interval; NULL if it is not there; raises below one second */
static Interval *
read_interval(const Options *options, const char *name)
{
	OptionValue value = find_option(options, name);
	Interval   *interval;
	TimestampTz end;

	if (value.text == NULL)
		return NULL;
	if (!parse_interval(pnstrdup(value.text, value.length), &interval) ||
		!time_plus_interval(0, interval, &end) || end < USECS_PER_SEC)
		raise_bad_option(name,
						 "must be an interval of at least one second, such as '4 hours'");
	return interval;
}

/* Cut white space off both ends of a text; returns where it starts */
static char *
trim(char *text)
{
	char	   *end = text + strlen(text);

	while (end > text && is_white_space(end[-1]))
		*--end = '\0';
	while (is_white_space(*text))
		text++;
	return text;
}

/* An option's list; NULL if it is not there; raises if an element is empty */
static WordList *
read_list(const Options *options, const char *name)
{
	OptionValue option = find_option(options, name);
	WordList   *list;
	Word	   *words;
	char	   *text;
	char	   *element;

	if (option.text == NULL)
		return NULL;
	list = palloc0(sizeof(WordList));
	words = palloc((option.length + 1) * sizeof(Word));
	text = pnstrdup(option.text, option.length);
	while ((element = strsep(&text, ",")) != NULL)
	{
		Word	   *word = &words[list->count++];

		word->text = trim(element);
		word->length = (int) strlen(word->text);
		if (word->length == 0)
			raise_bad_option(name,
							 "must be a list of values, separated by commas");
	}
	list->words = words;
	return list;
}

/* An option's Boolean; false if it is not there; raises if it is none */
static bool
read_bool(const Options *options, const char *name)
{
	OptionValue value = find_option(options, name);
	bool		result = false;

	if (value.text != NULL &&
		!parse_bool(pnstrdup(value.text, value.length), &result))
		raise_bad_option(name, "must be a Boolean, such as 'true'");
	return result;
}

/* The time that an option's value is; raises if it is none */
TimestampTz
require_time(const char *name, OptionValue value)
{
	TimestampTz time;

	if (!time_read(pnstrdup(value.text, value.length), &time))
		raise_bad_option(name,
						 "must be a time with its offset from UTC, such as '2026-11-24T12:00:00Z'");
	return time;
}

/* An option's time, in whole seconds; NULL if it is not there; raises if it is none */
static TimestampTz *
read_time(const Options *options, const char *name)
{
	OptionValue value = find_option(options, name);
	TimestampTz *time;

	if (value.text == NULL)
		return NULL;
	time = palloc(sizeof(TimestampTz));
	*time = time_round_up(require_time(name, value));
	return time;
}

/* Read a server from its options; raises if one cannot be used */
void
read_server(const Options *options, ServerOptions *server)
{
	server->limits.max_expires_in = read_interval(options, OPTION_MAX_EXPIRES_IN);
	server->limits.permissions = read_list(options, OPTION_PERMISSIONS);
	server->limits.roles = read_list(options, OPTION_ROLES);
	server->limits.required = read_list(options, OPTION_REQUIRED);
	server->verify_only = read_bool(options, OPTION_VERIFY_ONLY);
	server->revoked_before = read_time(options, OPTION_REVOKED_BEFORE);
	server->webhook_public_key = find_option(options, OPTION_WEBHOOK_PUBLIC_KEY);
}

/*
 * Read a server from a catalogue's array of options, which is 0 if it has none;
 * raises if one cannot be used
 */
void
read_server_options(Datum datum, ServerOptions *server)
{
	Options		options;

	memset(server, 0, sizeof(*server));
	if (DatumGetPointer(datum) == NULL)
		return;
	options = get_options(PG_DETOAST_DATUM_COPY(datum));
	read_server(&options, server);
}

/* Read a mapping from its options */
void
read_mapping(const Options *options, MappingOptions *mapping)
{
	mapping->apikey = find_option(options, OPTION_APIKEY);
	mapping->secret = find_option(options, OPTION_SECRET);
	mapping->previous_apikey = find_option(options, OPTION_PREVIOUS_APIKEY);
	mapping->previous_secret = find_option(options, OPTION_PREVIOUS_SECRET);
	mapping->previous_until = find_option(options, OPTION_PREVIOUS_UNTIL);
}
