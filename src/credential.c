/*
 * credential.c: credentials that the database keeps in foreign servers
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
#include "errors.h"
#include "signing_key.h"

#define WRAPPER_NAME	"videosdk"

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
	MemoryContext limits;		/* of what was read from the options */
	SigningKey *key;
	bool		is_loaded;
	Credential	credential;

	/* What it was loaded for */
	uint64		changes;
	Oid			role;
	NameData	server;
};

/* PostgreSQL calls this for a change of a source */
static void
count_change(Datum argument pg_attribute_unused(),
			 int cache_id pg_attribute_unused(),
			 uint32 hash_value pg_attribute_unused())
{
	changes++;
}

/* Begin to count, once in a session */
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

/* An empty cache, which lives as long as its owner */
CredentialCache *
credential_cache_create(MemoryContext owner)
{
	CredentialCache *cache = MemoryContextAllocZero(owner,
													sizeof(CredentialCache));

	cache->limits = AllocSetContextCreate(owner, "videosdk_token server limits",
										  ALLOCSET_SMALL_SIZES);
	cache->key = signing_key_create(owner);
	watch_sources();
	return cache;
}

/* An attribute of a tuple; 0 if NULL */
static Datum
get_options(int cache_id, HeapTuple tuple, AttrNumber attribute)
{
	bool		is_null;
	Datum		options = SysCacheGetAttr(cache_id, tuple, attribute, &is_null);

	return is_null ? (Datum) 0 : options;
}

/* Raise unless a server is of our wrapper */
static void
check_wrapper(Form_pg_foreign_server server)
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
check_usage(Form_pg_foreign_server server)
{
	AclResult	result = foreign_server_aclcheck(server->oid, GetUserId(),
												 ACL_USAGE);

	if (result != ACLCHECK_OK)
		aclcheck_error(result, OBJECT_FOREIGN_SERVER,
					   text_for_client(NameStr(server->srvname)));
}

/* The server of that name, which the current role may use; to be released */
static HeapTuple
find_server(Name name)
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

	check_wrapper((Form_pg_foreign_server) GETSTRUCT(tuple));
	check_usage((Form_pg_foreign_server) GETSTRUCT(tuple));
	return tuple;
}

/* The mapping of a server for PUBLIC; to be released */
static HeapTuple
find_mapping(Form_pg_foreign_server server)
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
				 errhint("Run CREATE USER MAPPING FOR PUBLIC SERVER %s OPTIONS (apikey '...', secret '...').",
						 text_for_client(quote_identifier(name)))));
	return tuple;
}

/* Raise for a mapping that lacks an option, with the statement that adds it */
static void
raise_incomplete(Form_pg_foreign_server server, const MappingOptions *mapping)
{
	const char *name = NameStr(server->srvname);
	bool		lacks_apikey = mapping->apikey.text == NULL;
	bool		lacks_secret = mapping->secret.text == NULL;

	ereport(ERROR,
			(errcode(ERRCODE_UNDEFINED_OBJECT),
			 errmsg("user mapping for PUBLIC of server \"%s\" has no %s",
					text_for_client(name), lacks_secret ? "secret" : "apikey"),
			 errhint("Run ALTER USER MAPPING FOR PUBLIC SERVER %s OPTIONS (%s%s%s).",
					 text_for_client(quote_identifier(name)),
					 lacks_apikey ? "ADD apikey '...'" : "",
					 lacks_apikey && lacks_secret ? ", " : "",
					 lacks_secret ? "ADD secret '...'" : "")));
}

/* Take a mapping's apikey, and key the HMAC with its secret */
static void
take_mapping(CredentialCache *cache, Form_pg_foreign_server server,
			 const MappingOptions *mapping)
{
	OptionValue apikey = mapping->apikey;
	MemoryContext caller;

	if (apikey.text == NULL || mapping->secret.text == NULL)
		raise_incomplete(server, mapping);

	/* Not so if the validator was there */
	if (apikey.length == 0 ||
		utf8_from_server(apikey.text, &apikey.length) == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_PARAMETER_VALUE),
				 errmsg("apikey must not be empty and must be writable as UTF-8")));

	caller = MemoryContextSwitchTo(cache->limits);
	cache->credential.apikey = pnstrdup(mapping->apikey.text,
										mapping->apikey.length);
	MemoryContextSwitchTo(caller);

	check_secret(signing_key_set(cache->key, mapping->secret.text,
								 mapping->secret.length));
	cache->credential.hmac = signing_key_hmac(cache->key);
}

/* Read the options of a mapping */
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

/* Read the options of a server and its mapping */
static void
load(CredentialCache *cache, HeapTuple server, HeapTuple mapping)
{
	Datum		server_options = get_options(FOREIGNSERVERNAME, server,
											 Anum_pg_foreign_server_srvoptions);
	Datum		mapping_options = get_options(USERMAPPINGUSERSERVER, mapping,
											  Anum_pg_user_mapping_umoptions);
	MemoryContext caller;

	MemoryContextReset(cache->limits);
	caller = MemoryContextSwitchTo(cache->limits);
	read_server_limits(server_options, &cache->credential.limits);
	MemoryContextSwitchTo(caller);
	load_mapping(cache, (Form_pg_foreign_server) GETSTRUCT(server),
				 mapping_options);
}

/* Look up a server and its mapping for the current role, and read them */
static void
look_up(CredentialCache *cache, Name server_name)
{
	HeapTuple	server = find_server(server_name);
	HeapTuple	mapping = find_mapping((Form_pg_foreign_server) GETSTRUCT(server));

	load(cache, server, mapping);
	ReleaseSysCache(mapping);
	ReleaseSysCache(server);
}

/* Is what was loaded last what a look-up would find? */
static bool
is_current(const CredentialCache *cache, Name server_name)
{
	return cache->is_loaded && cache->changes == changes &&
		cache->role == GetUserId() &&
		strcmp(NameStr(cache->server), NameStr(*server_name)) == 0;
}

/*
 * The credential of a server as it is now, for the current role; raises if
 * there is none or the role may not use it
 *
 * It is looked up until no message arrives meanwhile, so that limits and secret
 * are of one time.
 */
const Credential *
credential_look_up(CredentialCache *cache, Name server_name)
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
