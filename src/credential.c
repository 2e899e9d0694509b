/*
 * credential.c: credentials that the database keeps in foreign servers
 *
 * A server and its mapping are looked up for the current role; what is missing or
 * not allowed is raised.
 *
 * The credential of a server is its mapping for PUBLIC and nothing else: its
 * options are hidden from all but the server's owner and superusers.  Mappings
 * of single roles are ignored, because their role could read them, and a role
 * with USAGE could make one for itself and so shadow the real secret.
 *
 * An expression outlives statements, SET ROLE and REVOKE in PL/pgSQL.  So each
 * call looks up server, privilege and mapping anew, unless it is for the same
 * server and role as the last, and PostgreSQL has not reported a change of any
 * catalogue that the answer depends on.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "catalog/pg_user_mapping.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/builtins.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "credential.h"
#include "credential_options.h"
#include "encoding.h"
#include "signing_key.h"

/*
 * The catalogues that say what a credential is and who may use it.  A role may
 * have USAGE through others, or as a member of pg_database_owner.
 */
static const int sources[] = {
	FOREIGNSERVEROID,
	FOREIGNDATAWRAPPEROID,
	USERMAPPINGUSERSERVER,
	AUTHOID,
	AUTHMEMROLEMEM,
	DATABASEOID
};

/* Counts the changes of these catalogues that this session has heard of */
static uint64 changes = 0;

struct CredentialCache
{
	MemoryContext options;		/* of what was read from the options */
	SigningKey *key;
	bool		is_loaded;
	Credential	credential;

	/* What it was loaded for */
	uint64		changes;
	Oid			role;
	NameData	server;
};

/* Count a change of a source; PostgreSQL calls this for each */
static void
count_change(Datum argument pg_attribute_unused(),
			 int cache_id pg_attribute_unused(),
			 uint32 hash_value pg_attribute_unused())
{
	changes++;
}

/* Have the changes of the sources counted, from the first call on */
static void
watch_sources(void)
{
	static bool are_watched = false;

	if (are_watched)
		return;
	are_watched = true;
	for (size_t i = 0; i < lengthof(sources); i++)
		CacheRegisterSyscacheCallback(sources[i], count_change, (Datum) 0);
}

/* Create an empty cache, which lives as long as its owner */
CredentialCache *
credential_cache_create(MemoryContext owner)
{
	CredentialCache *cache = MemoryContextAllocZero(owner,
													sizeof(CredentialCache));

	cache->options = AllocSetContextCreate(owner,
										   "videosdk_token server options",
										   ALLOCSET_SMALL_SIZES);
	cache->key = signing_key_create(owner);
	watch_sources();
	return cache;
}

/* An attribute of a tuple; 0 if it is NULL */
static Datum
get_attribute(int cache_id, HeapTuple tuple, AttrNumber attribute)
{
	bool		is_null;
	Datum		value = SysCacheGetAttr(cache_id, tuple, attribute, &is_null);

	return is_null ? (Datum) 0 : value;
}

/* Raise unless a server is of our wrapper */
static void
require_wrapper(Form_pg_foreign_server server)
{
	HeapTuple	tuple = SearchSysCache1(FOREIGNDATAWRAPPEROID,
										ObjectIdGetDatum(server->srvfdw));
	bool		is_ours = HeapTupleIsValid(tuple) &&
		strcmp(NameStr(((Form_pg_foreign_data_wrapper) GETSTRUCT(tuple))->fdwname),
			   WRAPPER_NAME) == 0;

	if (HeapTupleIsValid(tuple))
		ReleaseSysCache(tuple);
	if (!is_ours)
		ereport(ERROR,
				(errcode(ERRCODE_WRONG_OBJECT_TYPE),
				 errmsg("server \"%s\" is not of foreign-data wrapper \"%s\"",
						text_for_client(NameStr(server->srvname)),
						WRAPPER_NAME)));
}

/* Raise unless the current role may use a server */
static void
require_usage(Form_pg_foreign_server server)
{
	AclResult	result = foreign_server_aclcheck(server->oid, GetUserId(),
												 ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER,
					   text_for_client(NameStr(server->srvname)));
}

/*
 * The server of that name, to be released; raises if there is none or the
 * current role may not use it
 */
static HeapTuple
require_server(Name name)
{
	HeapTuple	tuple = SearchSysCache1(FOREIGNSERVERNAME,
										NameGetDatum(name));

	/* The name is not repeated: it may be a secret in the wrong place */
	if (!HeapTupleIsValid(tuple))
		ereport(ERROR,
				(errcode(ERRCODE_UNDEFINED_OBJECT),
				 errmsg("server does not exist"),
				 errhint("Pass the name of a server made with CREATE SERVER ... FOREIGN DATA WRAPPER %s, and not the secret.",
						 WRAPPER_NAME)));

	require_wrapper((Form_pg_foreign_server) GETSTRUCT(tuple));
	require_usage((Form_pg_foreign_server) GETSTRUCT(tuple));
	return tuple;
}

/* The mapping of a server for PUBLIC, to be released; raises if there is none */
static HeapTuple
require_mapping(Form_pg_foreign_server server)
{
	HeapTuple	tuple = SearchSysCache2(USERMAPPINGUSERSERVER,
										ObjectIdGetDatum(InvalidOid),
										ObjectIdGetDatum(server->oid));
	const char *name = NameStr(server->srvname);

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
require_complete(Form_pg_foreign_server server, const MappingOptions *mapping)
{
	const char *name = NameStr(server->srvname);
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

/* Raise unless an apikey can be used: it may have been stored unvalidated */
static void
require_usable_apikey(const OptionValue *apikey)
{
	int			length;
	SecretStatus status = secret_status(apikey->text, apikey->length, &length);

	if (status != SECRET_USABLE)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("apikey %s", secret_rule(status))));
}

/*
 * Keep a mapping's apikey, and key the HMAC with its secret; raises if one is
 * missing or the apikey cannot be used
 */
static void
take_mapping(CredentialCache *cache, Form_pg_foreign_server server,
			 const MappingOptions *mapping)
{
	Credential *credential = &cache->credential;
	MemoryContext caller;

	require_complete(server, mapping);
	require_usable_apikey(&mapping->apikey);

	caller = MemoryContextSwitchTo(cache->options);
	credential->apikey = pnstrdup(mapping->apikey.text,
								  mapping->apikey.length);
	MemoryContextSwitchTo(caller);

	credential->secret_status = signing_key_set(cache->key,
												mapping->secret.text,
												mapping->secret.length);
	credential->hmac = credential->secret_status == SECRET_USABLE ?
		signing_key_hmac(cache->key) : NULL;
}

/* Read the options of a mapping; raises if they cannot be used */
static void
load_mapping(CredentialCache *cache, Form_pg_foreign_server server,
			 Datum options)
{
	MappingOptions mapping;

	read_mapping_options(options, &mapping);
	PG_TRY();
	{
		take_mapping(cache, server, &mapping);
	}
	PG_FINALLY();
	{
		wipe_mapping_options(&mapping);
	}
	PG_END_TRY();
}

/* Read the options of a server and its mapping; raises if they cannot be used */
static void
load(CredentialCache *cache, HeapTuple server, HeapTuple mapping)
{
	Datum		server_options = get_attribute(FOREIGNSERVERNAME, server,
											   Anum_pg_foreign_server_srvoptions);
	Datum		mapping_options = get_attribute(USERMAPPINGUSERSERVER, mapping,
												Anum_pg_user_mapping_umoptions);
	MemoryContext caller;

	MemoryContextReset(cache->options);
	caller = MemoryContextSwitchTo(cache->options);
	read_server_limits(server_options, &cache->credential.limits);
	MemoryContextSwitchTo(caller);
	load_mapping(cache, (Form_pg_foreign_server) GETSTRUCT(server),
				 mapping_options);
}

/*
 * Look up a server and its mapping for the current role, and read them; raises if
 * that is not possible
 */
static void
look_up(CredentialCache *cache, Name server_name)
{
	HeapTuple	server = require_server(server_name);
	HeapTuple	mapping = require_mapping((Form_pg_foreign_server) GETSTRUCT(server));

	load(cache, server, mapping);
	ReleaseSysCache(mapping);
	ReleaseSysCache(server);
}

/* True if a look-up would find what was loaded last */
static bool
is_current(const CredentialCache *cache, Name server_name)
{
	return cache->is_loaded && cache->changes == changes &&
		cache->credential.secret_status == SECRET_USABLE &&
		cache->role == GetUserId() &&
		strcmp(NameStr(cache->server), NameStr(*server_name)) == 0;
}

/*
 * The credential of a server as it is now, for the current role; raises if
 * there is none or the role may not use it.  Its secret_status says whether the
 * secret can be used; the caller raises if not.
 *
 * It is looked up until no message arrives meanwhile, so that limits and secret
 * are of one time.
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
		cache->changes = changes;
		cache->role = GetUserId();
		cache->server = *server_name;
		look_up(cache, server_name);
		cache->is_loaded = true;
		AcceptInvalidationMessages();
	} while (messages != SharedInvalidMessageCounter);
	return &cache->credential;
}
