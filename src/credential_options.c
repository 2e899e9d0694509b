/*
 * credential_options.c: the options of a foreign server and its user mapping,
 * read and validated
 *
 * A catalogue has them as an array of "name=value".  They are read in a copy
 * of that array, with no copy of a value, so that one place can wipe a secret.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
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

/* The options of servers; two are named like the claims that they limit */
#define MAX_EXPIRES_IN	"max_expires_in"
#define PERMISSIONS		"permissions"
#define ROLES			"roles"

static const Word server_names[] = {WORD(MAX_EXPIRES_IN), WORD(PERMISSIONS), WORD(ROLES)};
static const Word mapping_names[] = {WORD(OPTION_APIKEY), WORD(OPTION_SECRET)};

static const WordList no_option_names = {0, NULL};
static const WordList server_option_names = {lengthof(server_names), server_names};
static const WordList mapping_option_names = {lengthof(mapping_names), mapping_names};

/* The options of an object, each "name=value" */
typedef struct Options
{
	int			count;
	Datum	   *elements;
} Options;

/* The options in an array of a catalogue, which they point into */
static Options
get_options(struct varlena *array)
{
	Options		options;

	deconstruct_array((ArrayType *) array, TEXTOID, -1, false, TYPALIGN_INT,
					  &options.elements, NULL, &options.count);
	return options;
}

/* The length of the name before an option's "="; 0 if there is none */
static int
name_length(Datum element)
{
	char	   *text = VARDATA_ANY(DatumGetPointer(element));
	char	   *sign = memchr(text, '=', VARSIZE_ANY_EXHDR(DatumGetPointer(element)));

	return sign == NULL ? 0 : (int) (sign - text);
}

/* True if an option has this name */
static bool
has_name(Datum element, const char *name)
{
	int			length = name_length(element);

	return length == (int) strlen(name) &&
		memcmp(VARDATA_ANY(DatumGetPointer(element)), name, length) == 0;
}

/* The value of an option; its text is NULL if it is not there */
static OptionValue
find_value(const Options *options, const char *name)
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
static void
raise_bad_option(const char *name, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" %s", name, rule)));
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
	OptionValue value = find_value(options, name);
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
	OptionValue option = find_value(options, name);
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

/* Read the limits of a server from its options */
static void
read_limits(const Options *options, ServerLimits *limits)
{
	limits->max_expires_in = read_interval(options, MAX_EXPIRES_IN);
	limits->permissions = read_list(options, PERMISSIONS);
	limits->roles = read_list(options, ROLES);
}

/* Read the limits of a server; datum is 0 if it has no options */
void
read_server_limits(Datum datum, ServerLimits *limits)
{
	Options		options;

	memset(limits, 0, sizeof(*limits));
	if (DatumGetPointer(datum) == NULL)
		return;
	options = get_options(PG_DETOAST_DATUM(datum));
	read_limits(&options, limits);
}

/* Read a mapping, which the caller wipes; datum is 0 if it has no options */
void
read_mapping_options(Datum datum, MappingOptions *mapping)
{
	Options		options;

	memset(mapping, 0, sizeof(*mapping));
	if (DatumGetPointer(datum) == NULL)
		return;
	mapping->array = PG_DETOAST_DATUM_COPY(datum);
	options = get_options(mapping->array);
	mapping->apikey = find_value(&options, OPTION_APIKEY);
	mapping->secret = find_value(&options, OPTION_SECRET);
}

/* Wipe the options of a mapping */
void
wipe_mapping_options(MappingOptions *mapping)
{
	if (mapping->array != NULL)
		OPENSSL_cleanse(mapping->array, VARSIZE(mapping->array));
}

/* Raise for an option whose name is none of these */
static void
raise_unknown_option(Datum element, const WordList *names)
{
	char	   *name = pnstrdup(VARDATA_ANY(DatumGetPointer(element)),
								name_length(element));

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("unknown option \"%s\"", text_for_client(name)),
			 names->count == 0 ?
			 errhint("This kind of object has no options.") :
			 errhint("Its options are %s.",
					 word_list_describe(names))));
}

/* Raise unless each option has one of these names */
static void
require_names(const Options *options, const WordList *names)
{
	for (int i = 0; i < options->count; i++)
	{
		Datum		element = options->elements[i];

		if (!is_listed(VARDATA_ANY(DatumGetPointer(element)),
					   name_length(element), names))
			raise_unknown_option(element, names);
	}
}

/* Raise unless a list, if there is one, has only known values */
static void
require_known_values(const char *name, const WordList *list,
					 const WordList *known)
{
	for (int i = 0; list != NULL && i < list->count; i++)
	{
		if (!is_listed(list->words[i].text, list->words[i].length, known))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" has an unknown value", name),
					 errhint("Known are %s.  To allow others, set videosdk_token.allow_unknown_values.",
							 word_list_describe(known))));
	}
}

/* Raise unless the options of a server are valid */
static void
require_valid_server(const Options *options, bool allow_unknown_values)
{
	ServerLimits limits;

	require_names(options, &server_option_names);
	read_limits(options, &limits);
	if (allow_unknown_values)
		return;
	require_known_values(PERMISSIONS, limits.permissions, &known_permissions);
	require_known_values(ROLES, limits.roles, &known_roles);
}

/* Raise unless an apikey or a secret can be used and is long enough */
static void
require_valid_value(const char *name, OptionValue value, int min_length)
{
	int			length;
	SecretStatus status = secret_status(value.text, value.length, &length);

	if (status != SECRET_USABLE)
		raise_bad_option(name, secret_rule(status));
	if (length < min_length)
		raise_bad_option(name, psprintf("must be at least %d bytes long",
										min_length));
}

/* Raise unless the options of a mapping are valid */
static void
require_valid_mapping(const Options *options)
{
	OptionValue apikey = find_value(options, OPTION_APIKEY);
	OptionValue secret = find_value(options, OPTION_SECRET);

	require_names(options, &mapping_option_names);
	if (apikey.text == NULL && secret.text == NULL)
		return;					/* restored from a dump without them */
	if (apikey.text == NULL || secret.text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"%s\" is missing",
						apikey.text == NULL ? OPTION_APIKEY : OPTION_SECRET),
				 errhint("Give both apikey and secret.")));

	require_valid_value(OPTION_APIKEY, apikey, 0);
	require_valid_value(OPTION_SECRET, secret, MIN_SECRET_LENGTH);
	if (apikey.length == secret.length &&
		memcmp(apikey.text, secret.text, secret.length) == 0)
		raise_bad_option(OPTION_SECRET, "must not be the apikey");
}

/*
 * Raise for a foreign table or a column of one.  PostgreSQL would create a table
 * of a wrapper without handler, and then fail to list it for anybody.
 */
static void
raise_no_tables(void)
{
	ereport(ERROR,
			(errcode(ERRCODE_WRONG_OBJECT_TYPE),
			 errmsg("servers of foreign-data wrapper \"%s\" cannot have foreign tables",
					WRAPPER_NAME),
			 errdetail("They hold credentials, and no data.")));
}

/*
 * Raise unless the options of an object of our wrapper, which is in this
 * catalogue, are valid
 */
void
require_valid_options(Datum datum, Oid catalog, bool allow_unknown_values)
{
	struct varlena *array = PG_DETOAST_DATUM_COPY(datum);

	PG_TRY();
	{
		Options		options = get_options(array);

		if (catalog == ForeignServerRelationId)
			require_valid_server(&options, allow_unknown_values);
		else if (catalog == UserMappingRelationId)
			require_valid_mapping(&options);
		else if (catalog == ForeignTableRelationId ||
				 catalog == AttributeRelationId)
			raise_no_tables();
		else
			require_names(&options, &no_option_names);
	}
	PG_FINALLY();
	{
		OPENSSL_cleanse(array, VARSIZE(array));
	}
	PG_END_TRY();
}
