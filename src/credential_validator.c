/*
 * credential_validator.c: which options a foreign server and its user mapping may
 * have
 *
 * PostgreSQL asks before it stores them.  What is wrong is raised, and no value is
 * shown, since it may be a secret.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "catalog/pg_attribute.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_foreign_table.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "utils/builtins.h"
#include "utils/varlena.h"

#include "claims.h"
#include "compat.h"
#include "credential_options.h"
#include "credential_validator.h"
#include "encoding.h"
#include "signing_key.h"
#include "webhook_key.h"

/* A name is taken for a misspelt one up to so many edits, as in PostgreSQL */
#define MAX_EDITS	4

/* What VideoSDK's dashboard gives */
#define APIKEY_FORM	"xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx"
#define SECRET_FORM	"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"

static const Word server_names[] = {
	WORD(OPTION_MAX_EXPIRES_IN),
	WORD(OPTION_PERMISSIONS),
	WORD(OPTION_ROLES),
	WORD(OPTION_REQUIRED),
	WORD(OPTION_REVOKED_BEFORE),
	WORD(OPTION_VERIFY_ONLY),
	WORD(OPTION_WEBHOOK_PUBLIC_KEY),
};
static const Word mapping_names[] = {
	WORD(OPTION_APIKEY),
	WORD(OPTION_SECRET),
	WORD(OPTION_PREVIOUS_APIKEY),
	WORD(OPTION_PREVIOUS_SECRET),
	WORD(OPTION_PREVIOUS_UNTIL),
};

static const WordList no_option_names = {0, NULL};
static const WordList server_option_names = {lengthof(server_names), server_names};
static const WordList mapping_option_names = {lengthof(mapping_names), mapping_names};

/* The members that a server may require */
static const Word required[] = {WORD("roomId"), WORD("participantId"), WORD("jti")};
static const WordList known_required = {lengthof(required), required};

/* The name that a text is nearest to; NULL if it is near to none */
static const char *
find_nearest(const char *text, int length, const WordList *names)
{
	const char *nearest = NULL;
	int			max_edits = Min(MAX_EDITS, length / 2);

	if (length >= NAMEDATALEN)
		return NULL;
	for (int i = 0; i < names->count; i++)
	{
		const Word *name = &names->words[i];
		int			edits = varstr_levenshtein_less_equal(text, length,
														  name->text, name->length,
														  1, 1, 1, max_edits, true);

		if (edits <= max_edits)
		{
			nearest = name->text;
			max_edits = edits - 1;
		}
	}
	return nearest;
}

/* Raise for an option whose name is none of these */
static void
raise_unknown_option(Datum element, const WordList *names)
{
	char	   *name = pnstrdup(VARDATA_ANY(DatumGetPointer(element)),
								option_name_length(element));
	const char *nearest = find_nearest(name, (int) strlen(name), names);

	ereport(ERROR,
			(errcode(ERRCODE_FDW_INVALID_OPTION_NAME),
			 errmsg("unknown option \"%s\"", text_for_client(name)),
			 names->count == 0 ?
			 errhint("This kind of object has no options.") :
			 errhint("%sIts options are %s.",
					 nearest == NULL ? "" :
					 psprintf("Perhaps you meant \"%s\".  ", nearest),
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
					   option_name_length(element), names))
			raise_unknown_option(element, names);
	}
}

/* Raise unless a list, if there is one, has only known values */
static void
require_known_values(const char *name, const WordList *list,
					 const WordList *known, const char *to_list_others)
{
	for (int i = 0; list != NULL && i < list->count; i++)
	{
		if (!is_listed(list->words[i].text, list->words[i].length, known))
			ereport(ERROR,
					(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
					 errmsg("option \"%s\" has an unknown value", name),
					 errhint("Known are %s.%s",
							 word_list_describe(known), to_list_others)));
	}
}

/* Raise unless the public keys of webhooks, if they are there, can be used */
static void
require_valid_webhook_key(OptionValue pems)
{
	RsaKeysStatus status;
	RsaKeys    *keys;

	if (pems.text == NULL)
		return;
	status = rsa_keys_read(pems.text, pems.length, &keys);
	rsa_keys_free(keys);
	require_usable_keys(status, WEBHOOK_KEY_OPTION);
}

/* Raise unless the options of a server are valid */
static void
require_valid_server(const Options *options, bool allow_unknown_values)
{
	static const char to_list_others[] =
		"  To allow others, set videosdk_token.allow_unknown_values.";
	ServerOptions server;

	require_names(options, &server_option_names);
	read_server(options, &server);
	require_known_values(OPTION_REQUIRED, server.limits.required,
						 &known_required, "");
	require_valid_webhook_key(server.webhook_public_key);
	if (allow_unknown_values)
		return;
	require_known_values(OPTION_PERMISSIONS, server.limits.permissions,
						 &known_permissions, to_list_others);
	require_known_values(OPTION_ROLES, server.limits.roles,
						 &known_roles, to_list_others);
}

/* Raise for an apikey and a secret that were given the one for the other */
static void
raise_swapped(const char *name, const char *looks_like)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
			 errmsg("option \"%s\" looks like %s", name, looks_like),
			 errhint("VideoSDK's API key is a UUID, and its secret has %d hexadecimal digits.  Swap them if they are the wrong way round: each token would show the secret to everybody.",
					 (int) strlen(SECRET_FORM))));
}

/* Raise unless an apikey, if there is one, can be used */
static void
require_valid_apikey(const char *name, OptionValue apikey)
{
	if (apikey.text == NULL)
		return;
	(void) require_usable_value(name, apikey);
	if (text_has_form(apikey.text, apikey.length, SECRET_FORM))
		raise_swapped(name, "a secret");
}

/* Raise unless a secret, if there is one, can be used and is long enough */
static void
require_valid_secret(const char *name, OptionValue secret)
{
	if (secret.text == NULL)
		return;
	if (require_usable_value(name, secret) < MIN_SECRET_LENGTH)
		raise_bad_option(name, psprintf("must be at least %d bytes long",
										MIN_SECRET_LENGTH));
	if (text_has_form(secret.text, secret.length, APIKEY_FORM))
		raise_swapped(name, "an API key");
}

/* Raise unless an option is there that others need */
static void
require_option(const char *name, OptionValue value, const char *hint)
{
	if (value.text == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_FDW_DYNAMIC_PARAMETER_VALUE_NEEDED),
				 errmsg("option \"%s\" is missing", name),
				 errhint("%s", hint)));
}

/* Raise unless those options of a mapping are there that the others need */
static void
require_whole_pairs(const MappingOptions *mapping)
{
	require_option(OPTION_APIKEY, mapping->apikey,
				   "Give both apikey and secret.");
	require_option(OPTION_SECRET, mapping->secret,
				   "Give both apikey and secret.");
	if (mapping->previous_apikey.text == NULL &&
		mapping->previous_secret.text == NULL &&
		mapping->previous_until.text == NULL)
		return;
	require_option(OPTION_PREVIOUS_SECRET, mapping->previous_secret,
				   "Give both previous_secret and previous_until, or drop all that is previous.");
	require_option(OPTION_PREVIOUS_UNTIL, mapping->previous_until,
				   "Give both previous_secret and previous_until, or drop all that is previous.");
}

/* Raise unless the options of a mapping are valid */
static void
require_valid_mapping(const Options *options)
{
	MappingOptions mapping;

	require_names(options, &mapping_option_names);
	if (options->count == 0)
		return;					/* restored from a dump without them */
	read_mapping(options, &mapping);
	require_whole_pairs(&mapping);

	require_valid_apikey(OPTION_APIKEY, mapping.apikey);
	require_valid_secret(OPTION_SECRET, mapping.secret);
	require_valid_apikey(OPTION_PREVIOUS_APIKEY, mapping.previous_apikey);
	require_valid_secret(OPTION_PREVIOUS_SECRET, mapping.previous_secret);
	if (mapping.previous_until.text != NULL)
		(void) require_time(OPTION_PREVIOUS_UNTIL, mapping.previous_until);

	/* Tokens show an apikey to everybody */
	require_different(OPTION_SECRET, mapping.secret,
					  OPTION_APIKEY, mapping.apikey);
	require_different(OPTION_SECRET, mapping.secret,
					  OPTION_PREVIOUS_APIKEY, mapping.previous_apikey);
	require_different(OPTION_PREVIOUS_SECRET, mapping.previous_secret,
					  OPTION_APIKEY, mapping.apikey);
	require_different(OPTION_PREVIOUS_SECRET, mapping.previous_secret,
					  OPTION_PREVIOUS_APIKEY, mapping.previous_apikey);

	/* A rotation that leaves the secret as it was is a mistake */
	require_different(OPTION_PREVIOUS_SECRET, mapping.previous_secret,
					  OPTION_SECRET, mapping.secret);
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
