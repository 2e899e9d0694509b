/*
 * credential.c: credentials that the database keeps in foreign servers
 *
 * The credential of a server is its mapping for PUBLIC and nothing else: its
 * options are hidden from all but the server's owner and superusers.  Mappings
 * of single roles are ignored, because their role could read them, and a role
 * with USAGE could make one for itself and so shadow the real secret.
 *
 * What is missing or not allowed is raised.
 *
 * An expression outlives statements, SET ROLE and REVOKE in PL/pgSQL.  So each
 * call reads the mapping anew, unless it is for the same server and role as the
 * last, and PostgreSQL has not reported a change of any catalogue that the answer
 * depends on.  Server and privilege are those that credential_server.c remembers,
 * which forgets them at any such change.
 */
#include "postgres.h"

#include <openssl/crypto.h>

#include "access/htup_details.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/syscache.h"

#include "credential.h"
#include "credential_options.h"
#include "credential_server.h"
#include "encoding.h"
#include "signing_key.h"

struct CredentialCache
{
	MemoryContext owner;
	SigningKey *key;
	char	   *apikey;			/* NULL until there is one */
	SigningKey *previous_key;	/* without a secret where there is no previous */
	char	   *previous_apikey;
	TimestampTz previous_until;
	bool		is_loaded;
	Credential	credential;

	/* What it was loaded for */
	uint64		generation;
	const Server *server;
};

/* Create an empty cache, which lives as long as its owner */
CredentialCache *
credential_cache_create(MemoryContext owner)
{
	CredentialCache *cache = MemoryContextAllocZero(owner,
													sizeof(CredentialCache));

	cache->owner = owner;
	cache->key = signing_key_create(owner);
	cache->previous_key = signing_key_create(owner);
	cache->credential.key = cache->key;
	return cache;
}

/* The mapping of a server for PUBLIC, to be released; raises if there is none */
static HeapTuple
require_mapping(const Server *server)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(InvalidOid),
										ObjectIdGetDatum(server->id));
	const char *name = NameStr(server->name);

	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server \"%s\" has no user mapping for PUBLIC",
						text_for_client(name)),
				 errhint("Run CREATE USER MAPPING FOR PUBLIC SERVER %s OPTIONS (" OPTION_APIKEY " '...', " OPTION_SECRET " '...').",
						 text_for_client(quote_identifier(name)))));
	return tuple;
}

/*
 * Raise if a mapping lacks apikey or secret, with the statement that adds what is
 * missing
 */
static void
require_complete(const Server *server, const MappingOptions *mapping)
{
	const char *name = NameStr(server->name);
	bool		lacks_apikey = mapping->apikey.text == NULL;
	bool		lacks_secret = mapping->secret.text == NULL;

	if (!lacks_apikey && !lacks_secret)
		return;
	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("user mapping for PUBLIC of server \"%s\" has no %s",
					text_for_client(name),
					lacks_secret ? OPTION_SECRET : OPTION_APIKEY),
			 errhint("Run ALTER USER MAPPING FOR PUBLIC SERVER %s OPTIONS (%s%s%s).",
					 text_for_client(quote_identifier(name)),
					 lacks_apikey ? "ADD " OPTION_APIKEY " '...'" : "",
					 lacks_apikey && lacks_secret ? ", " : "",
					 lacks_secret ? "ADD " OPTION_SECRET " '...'" : "")));
}

/* Raise unless an apikey can be used: the mapping may have been stored unvalidated */
static void
require_usable_apikey(const char *name, OptionValue apikey)
{
	int			length;
	SecretStatus status = secret_status(apikey.text, apikey.length, &length);

	if (status != SECRET_USABLE)
		raise_bad_option(name, secret_rule(status));
}

/* Replace a text of the cache by an option's value */
static void
keep(CredentialCache *cache, char **text, const OptionValue *value)
{
	MemoryContext caller;

	if (*text != NULL)
		pfree(*text);
	*text = NULL;
	caller = MemoryContextSwitchTo(cache->owner);
	*text = pnstrdup(value->text, value->length);
	MemoryContextSwitchTo(caller);
}

/* Keep the current pair of a mapping; raises if its apikey cannot be used */
static void
take_current(CredentialCache *cache, const MappingOptions *mapping)
{
	Credential *credential = &cache->credential;

	require_usable_apikey(OPTION_APIKEY, mapping->apikey);
	require_different(OPTION_APIKEY, mapping->apikey,
					  OPTION_SECRET, mapping->secret);
	keep(cache, &cache->apikey, &mapping->apikey);
	credential->secret_status = signing_key_set(cache->key,
												mapping->secret.text,
												mapping->secret.length);
	if (credential->secret_status != SECRET_USABLE)
		return;
	credential->keys[credential->key_count++] = (TokenKey) {
		.hmac = signing_key_hmac(cache->key),
		.apikey = cache->apikey
	};
}

/*
 * Keep the previous pair of a mapping, whose apikey is the current one if it has
 * none of its own; raises if it cannot be used.  Without an end there is no pair.
 */
static void
take_previous(CredentialCache *cache, const MappingOptions *mapping)
{
	Credential *credential = &cache->credential;
	bool		has_own = mapping->previous_apikey.text != NULL;
	const char *name = has_own ? OPTION_PREVIOUS_APIKEY : OPTION_APIKEY;
	const OptionValue *apikey = has_own ? &mapping->previous_apikey :
		&mapping->apikey;
	SecretStatus status;

	if (mapping->previous_secret.text == NULL ||
		mapping->previous_until.text == NULL)
	{
		signing_key_clear(cache->previous_key);
		return;
	}
	require_usable_apikey(name, *apikey);
	require_different(name, *apikey,
					  OPTION_PREVIOUS_SECRET, mapping->previous_secret);
	keep(cache, &cache->previous_apikey, apikey);
	cache->previous_until = require_time(OPTION_PREVIOUS_UNTIL,
										 mapping->previous_until);
	status = signing_key_set(cache->previous_key,
							 mapping->previous_secret.text,
							 mapping->previous_secret.length);
	if (secret_rule(status) != NULL)
		raise_bad_option(OPTION_PREVIOUS_SECRET, secret_rule(status));
	credential->secret_status = status;
	if (status != SECRET_USABLE)
		return;
	credential->keys[credential->key_count++] = (TokenKey) {
		.hmac = signing_key_hmac(cache->previous_key),
		.apikey = cache->previous_apikey,
		.until = &cache->previous_until
	};
}

/* Keep what a mapping's options say; raises if they cannot be used */
static void
take_options(CredentialCache *cache, const Server *server,
			 struct varlena *array)
{
	MappingOptions mapping = {0};

	if (array != NULL)
	{
		Options		options = get_options(array);

		read_mapping(&options, &mapping);
	}
	require_complete(server, &mapping);
	cache->credential.key_count = 0;
	take_current(cache, &mapping);
	if (cache->credential.secret_status == SECRET_USABLE)
		take_previous(cache, &mapping);
}

/* Read the mapping of a server; raises if there is none that can be used */
static void
load_mapping(CredentialCache *cache, const Server *server)
{
	HeapTuple	tuple = require_mapping(server);
	bool		is_null;
	Datum		options = SysCacheGetAttr(USERMAPPINGUSERSERVER, tuple,
										  Anum_pg_user_mapping_umoptions,
										  &is_null);
	struct varlena *array = is_null ? NULL : PG_DETOAST_DATUM_COPY(options);

	ReleaseSysCache(tuple);
	PG_TRY();
	{
		take_options(cache, server, array);
	}
	PG_FINALLY();
	{
		if (array != NULL)
			OPENSSL_cleanse(array, VARSIZE(array));
	}
	PG_END_TRY();
}

/* True if a look-up would find what was loaded last */
static bool
is_current(const CredentialCache *cache, Name server_name)
{
	if (!cache->is_loaded || cache->generation != server_generation())
		return false;
	Assert(cache->server->generation == cache->generation);
	return cache->credential.secret_status == SECRET_USABLE &&
		cache->server->role == GetUserId() &&
		strcmp(NameStr(cache->server->name), NameStr(*server_name)) == 0;
}

/*
 * The credential of a server as it is now, for the current role; raises if
 * there is none or the role may not use it.  Its secret_status says whether the
 * secret can be used; the caller raises if not.
 *
 * It is looked up until no message arrives meanwhile, so that limits and secret are
 * of one time, as far as PostgreSQL has reported it.
 */
const Credential *
require_credential(CredentialCache *cache, Name server_name)
{
	uint64		messages;

	AcceptInvalidationMessages();
	if (is_current(cache, server_name))
		return &cache->credential;

	do
	{
		messages = SharedInvalidMessageCounter;
		cache->is_loaded = false;
		cache->server = require_server(server_name);
		cache->generation = cache->server->generation;
		cache->credential.server_name = NameStr(cache->server->name);
		cache->credential.server = &cache->server->options;
		load_mapping(cache, cache->server);
		cache->is_loaded = true;
		AcceptInvalidationMessages();
	} while (messages != SharedInvalidMessageCounter);
	return &cache->credential;
}

/* Raise if tokens are not to be issued with a credential */
void
require_issuer(const Credential *credential)
{
	if (credential->server->verify_only)
		ereport(ERROR,
				(errcode(ERRCODE_INSUFFICIENT_PRIVILEGE),
				 errmsg("server \"%s\" is for verifying tokens only",
						text_for_client(credential->server_name)),
				 errdetail("It has the option \"" OPTION_VERIFY_ONLY "\"."),
				 errhint("Issue with another server.")));
}
