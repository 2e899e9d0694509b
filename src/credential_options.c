/*
 * credential_options.c: the options of a foreign server and its user mapping,
 * read and validated
 *
 * A catalogue has them as an array of "name=value".  They are read in a copy
 * of that array, with no copy of a value, so that one place can wipe a secret.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_foreign_server.h"
#include "catalog/pg_type.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "parser/scansup.h"
#include "utils/array.h"
#include "utils/builtins.h"
#include "utils/timestamp.h"

#include "compat.h"
#include "credential_options.h"
#include "encoding.h"
#include "errors.h"
#include "numeric_date.h"
#include "signing_key.h"
#include "soft_input.h"

/* RFC 7518 section 3.2: at least as long as the hash */
#define MIN_SECRET_LENGTH	HMAC_SHA256_LENGTH

static const Word server_names[] = {WORD("max_expires_in"), WORD("permissions"), WORD("roles")};
static const Word mapping_names[] = {WORD("apikey"), WORD("secret")};

static const ValueList no_option_names = {0, NULL};
static const ValueList server_option_names = {lengthof(server_names), server_names};
static const ValueList mapping_option_names = {lengthof(mapping_names), mapping_names};

/* The elements of an array of options, which point into it */
static int
get_elements(struct varlena *array, Datum **elements)
{
	int			count;

	deconstruct_array((ArrayType *) array, TEXTOID, -1, false, TYPALIGN_INT,
					  elements, NULL, &count);
	return count;
}

/* The length of the name before an option's "="; 0 if there is none */
static int
name_length(Datum element)
{
	char	   *text = VARDATA_ANY(DatumGetPointer(element));
	char	   *sign = memchr(text, '=', VARSIZE_ANY_EXHDR(DatumGetPointer(element)));

	return sign == NULL ? 0 : (int) (sign - text);
}

/* Has an option this name? */
static bool
has_name(Datum element, const char *name)
{
	int			length = name_length(element);

	return length == (int) strlen(name) &&
		memcmp(VARDATA_ANY(DatumGetPointer(element)), name, length) == 0;
}

/* Find the value of an option */
static OptionValue
find_value(struct varlena *array, const char *name)
{
	OptionValue value = {NULL, 0};
	Datum	   *elements;
	int			count = get_elements(array, &elements);

	for (int i = 0; i < count; i++)
	{
		int			start = (int) strlen(name) + 1;

		if (!has_name(elements[i], name))
			continue;
		value.text = VARDATA_ANY(DatumGetPointer(elements[i])) + start;
		value.length = VARSIZE_ANY_EXHDR(DatumGetPointer(elements[i])) - start;
	}
	return value;
}

/* Raise for an option that does not follow its rule; not with its value */
static void
raise_bad_option(const char *name, const char *rule)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" %s", name, rule)));
}

/* Read an interval as if IntervalStyle, which any user may set, was not set */
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

/* An interval of at least one second; NULL if there is none */
static Interval *
read_interval(const char *name, OptionValue value)
{
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

/* A list of values, separated by commas; NULL if there is none */
static ValueList *
read_list(const char *name, OptionValue option)
{
	ValueList  *list;
	Word	   *values;
	char	   *text;
	char	   *value;

	if (option.text == NULL)
		return NULL;
	list = palloc0(sizeof(ValueList));
	values = palloc((option.length + 1) * sizeof(Word));
	text = pnstrdup(option.text, option.length);
	while ((value = strsep(&text, ",")) != NULL)
	{
		char	   *end = value + strlen(value);

		while (scanner_isspace(*value))
			value++;
		while (end > value && scanner_isspace(end[-1]))
			*--end = '\0';
		if (*value == '\0')
			raise_bad_option(name,
							 "must be a list of values, separated by commas");
		values[list->count].text = value;
		values[list->count].length = end - value;
		list->count++;
	}
	list->values = values;
	return list;
}

/* Read the limits of a server; 0 for no options */
void
read_server_limits(Datum options, ServerLimits *limits)
{
	struct varlena *array;

	memset(limits, 0, sizeof(*limits));
	if (DatumGetPointer(options) == NULL)
		return;
	array = PG_DETOAST_DATUM(options);
	limits->max_expires_in = read_interval("max_expires_in",
										   find_value(array, "max_expires_in"));
	limits->permissions = read_list("permissions",
									find_value(array, "permissions"));
	limits->roles = read_list("roles", find_value(array, "roles"));
}

/* Read a mapping; 0 for no options.  To be wiped. */
void
read_mapping_options(Datum options, MappingOptions *mapping)
{
	memset(mapping, 0, sizeof(*mapping));
	if (DatumGetPointer(options) == NULL)
		return;
	mapping->array = PG_DETOAST_DATUM_COPY(options);
	mapping->apikey = find_value(mapping->array, "apikey");
	mapping->secret = find_value(mapping->array, "secret");
}

/* Wipe a mapping */
void
wipe_mapping_options(MappingOptions *mapping)
{
	if (mapping->array != NULL)
		OPENSSL_cleanse(mapping->array, VARSIZE(mapping->array));
}

/* Raise for an option that there is not */
static void
raise_unknown_option(Datum element, const ValueList *names)
{
	char	   *name = pnstrdup(VARDATA_ANY(DatumGetPointer(element)),
								name_length(element));

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("unknown option \"%s\"", text_for_client(name)),
			 names->count == 0 ?
			 errhint("This kind of object has no options.") :
			 errhint("Its options are %s.",
					 value_list_describe(names))));
}

/* Raise unless each option has one of these names */
static void
check_names(struct varlena *array, const ValueList *names)
{
	Datum	   *elements;
	int			count = get_elements(array, &elements);

	for (int i = 0; i < count; i++)
	{
		bool		is_known = false;

		for (int j = 0; j < names->count; j++)
			is_known |= has_name(elements[i], names->values[j].text);
		if (!is_known)
			raise_unknown_option(elements[i], names);
	}
}

/* Raise unless a list, if there is one, has only known values */
static void
check_known_values(const char *name, const ValueList *list,
				   const ValueList *known)
{
	for (int i = 0; list != NULL && i < list->count; i++)
	{
		bool		is_known = false;

		for (int j = 0; j < known->count; j++)
			is_known |= strcmp(list->values[i].text, known->values[j].text) == 0;
		if (!is_known)
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" has an unknown value", name),
					 errhint("Known are %s.  To allow others, set videosdk_token.allow_unknown_values.",
							 value_list_describe(known))));
	}
}

/* Raise unless the options of a server are valid */
static void
validate_server(struct varlena *array, bool allow_unknown_values)
{
	ServerLimits limits;

	check_names(array, &server_option_names);
	read_server_limits(PointerGetDatum(array), &limits);
	if (allow_unknown_values)
		return;
	check_known_values("permissions", limits.permissions, &known_permissions);
	check_known_values("roles", limits.roles, &known_roles);
}

/* Raise unless an apikey or a secret can be used */
static void
check_value(const char *name, OptionValue value, int min_length)
{
	int			length = value.length;
	char	   *utf8;

	if (value.length == 0)
		raise_bad_option(name, "must not be empty");
	if (has_white_space_around(value.text, value.length))
		raise_bad_option(name, "must not start or end with white space");

	utf8 = utf8_from_server(value.text, &length);
	if (utf8 == NULL)
		raise_bad_option(name, "cannot be written as UTF-8");
	if (utf8 != value.text)
		OPENSSL_cleanse(utf8, length);
	if (length < min_length)
		raise_bad_option(name, psprintf("must be at least %d bytes long",
										min_length));
}

/* Raise unless the options of a mapping are valid */
static void
validate_mapping(struct varlena *array)
{
	OptionValue apikey = find_value(array, "apikey");
	OptionValue secret = find_value(array, "secret");

	check_names(array, &mapping_option_names);
	if (apikey.text == NULL && secret.text == NULL)
		return;					/* restored from a dump without them */
	if (apikey.text == NULL || secret.text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"%s\" is missing",
						apikey.text == NULL ? "apikey" : "secret"),
				 errhint("Give both apikey and secret.")));

	check_value("apikey", apikey, 0);
	check_value("secret", secret, MIN_SECRET_LENGTH);
	if (apikey.length == secret.length &&
		memcmp(apikey.text, secret.text, secret.length) == 0)
		raise_bad_option("secret", "must not be the apikey");
}

/* Raise unless the options of an object of our wrapper are valid */
void
credential_validate(Datum options, Oid catalog, bool allow_unknown_values)
{
	struct varlena *array = PG_DETOAST_DATUM_COPY(options);

	PG_TRY();
	{
		if (catalog == ForeignServerRelationId)
			validate_server(array, allow_unknown_values);
		else if (catalog == UserMappingRelationId)
			validate_mapping(array);
		else
			check_names(array, &no_option_names);
	}
	PG_FINALLY();
	{
		OPENSSL_cleanse(array, VARSIZE(array));
	}
	PG_END_TRY();
}
