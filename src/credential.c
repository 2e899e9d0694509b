/*
 * credential.c: credentials that the database keeps in foreign servers
 *
 * The credential of a server is its mapping for PUBLIC and nothing else: its
 * options are hidden from all but the server's owner and superusers.  Mappings
 * of single roles are ignored, because their role could read them, and a role
 * with USAGE could make one for itself and so shadow the real secret.
 *
 * An expression outlives statements, SET ROLE and REVOKE in PL/pgSQL, so each
 * call looks up server, privilege and mapping anew.  What it keeps is what was
 * read from options whose bytes have not changed.
 */
#include "postgres.h"

#include <openssl/crypto.h>

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
#if PG_VERSION_NUM >= 160000
#include "varatt.h"
#endif

#include "credential.h"
#include "credential_options.h"
#include "encoding.h"
#include "errors.h"
#include "signing_key.h"

#if PG_VERSION_NUM >= 160000
#define server_aclcheck(server, role) \
	object_aclcheck(ForeignServerRelationId, server, role, ACL_USAGE)
#else
#define server_aclcheck(server, role) \
	pg_foreign_server_aclcheck(server, role, ACL_USAGE)
#endif

#define WRAPPER_NAME	"videosdk"

/* Options as they stand in a catalogue, byte for byte */
typedef struct SavedOptions
{
	void	   *bytes;			/* NULL for none */
	Size		size;
} SavedOptions;

struct CredentialCache
{
	MemoryContext owner;
	MemoryContextCallback callback;
	MemoryContext limits;		/* of what was read from the options */
	SigningKey *key;
	SavedOptions server;
	SavedOptions mapping;
	bool		is_loaded;
	Credential	credential;
};

/* Wipe and free options, which may hold a secret */
static void
forget_options(SavedOptions *saved)
{
	if (saved->bytes != NULL)
	{
		OPENSSL_cleanse(saved->bytes, saved->size);
		pfree(saved->bytes);
	}
	saved->bytes = NULL;
	saved->size = 0;
}

/* When the owner ends, or other options are to be saved */
static void
forget_all_options(void *argument)
{
	CredentialCache *cache = argument;

	forget_options(&cache->server);
	forget_options(&cache->mapping);
}

/* An empty cache, which lives as long as its owner */
CredentialCache *
credential_cache_create(MemoryContext owner)
{
	CredentialCache *cache = MemoryContextAllocZero(owner,
													sizeof(CredentialCache));

	cache->owner = owner;
	cache->limits = AllocSetContextCreate(owner, "videosdk_token server limits",
										  ALLOCSET_SMALL_SIZES);
	cache->key = signing_key_create(owner);
	cache->callback.func = forget_all_options;
	cache->callback.arg = cache;
	MemoryContextRegisterResetCallback(owner, &cache->callback);
	return cache;
}

/* Is a catalogue's attribute, 0 if NULL, what was saved? */
static bool
is_saved(const SavedOptions *saved, Datum options)
{
	if (DatumGetPointer(options) == NULL)
		return saved->bytes == NULL;
	return saved->size == VARSIZE_ANY(DatumGetPointer(options)) &&
		CRYPTO_memcmp(saved->bytes, DatumGetPointer(options),
					  saved->size) == 0;
}

/* Save a catalogue's attribute, 0 if NULL */
static void
save_options(CredentialCache *cache, SavedOptions *saved, Datum options)
{
	if (DatumGetPointer(options) == NULL)
		return;
	saved->size = VARSIZE_ANY(DatumGetPointer(options));
	saved->bytes = MemoryContextAlloc(cache->owner, saved->size);
	memcpy(saved->bytes, DatumGetPointer(options), saved->size);
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
	AclResult	result = server_aclcheck(server->oid, GetUserId());

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

/* Read the options of a server and its mapping, and save them as read */
static void
load(CredentialCache *cache, Form_pg_foreign_server server,
	 Datum server_options, Datum mapping_options)
{
	MemoryContext caller;

	cache->is_loaded = false;
	forget_all_options(cache);
	MemoryContextReset(cache->limits);

	caller = MemoryContextSwitchTo(cache->limits);
	read_server_limits(server_options, &cache->credential.limits);
	MemoryContextSwitchTo(caller);
	load_mapping(cache, server, mapping_options);

	save_options(cache, &cache->server, server_options);
	save_options(cache, &cache->mapping, mapping_options);
	cache->is_loaded = true;
}

/*
 * Find a server and its mapping; both to be released.  They are of one time:
 * if a change arrives between the two, both are looked up again.
 */
static void
find_server_and_mapping(Name server_name, HeapTuple *server,
						HeapTuple *mapping)
{
	AcceptInvalidationMessages();
	for (;;)
	{
		uint64		changes = SharedInvalidMessageCounter;

		*server = find_server(server_name);
		*mapping = find_mapping((Form_pg_foreign_server) GETSTRUCT(*server));

		AcceptInvalidationMessages();
		if (changes == SharedInvalidMessageCounter)
			return;
		ReleaseSysCache(*mapping);
		ReleaseSysCache(*server);
	}
}

/*
 * The credential of a server as it is now, for the current role; raises if
 * there is none or the role may not use it
 */
const Credential *
credential_look_up(CredentialCache *cache, Name server_name)
{
	HeapTuple	server;
	HeapTuple	mapping;
	Datum		server_options;
	Datum		mapping_options;

	find_server_and_mapping(server_name, &server, &mapping);
	server_options = get_options(FOREIGNSERVERNAME, server,
								 Anum_pg_foreign_server_srvoptions);
	mapping_options = get_options(USERMAPPINGUSERSERVER, mapping,
								  Anum_pg_user_mapping_umoptions);

	if (!cache->is_loaded || !is_saved(&cache->server, server_options) ||
		!is_saved(&cache->mapping, mapping_options))
		load(cache, (Form_pg_foreign_server) GETSTRUCT(server),
			 server_options, mapping_options);

	ReleaseSysCache(mapping);
	ReleaseSysCache(server);
	return &cache->credential;
}
