/*
 * credential_server.c: a server as the current role may use it
 *
 * A role may use a server of our wrapper on which it has USAGE.  The session
 * remembers the servers that it has used, but never a secret, until a catalogue
 * changes that says what they are and who may use them, or they are too many.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_foreign_data_wrapper.h"
#include "catalog/pg_foreign_server.h"
#include "fmgr.h"
#include "miscadmin.h"
#include "storage/sinval.h"
#include "utils/acl.h"
#include "utils/inval.h"
#include "utils/memutils.h"
#include "utils/syscache.h"

#include "compat.h"
#include "credential_options.h"
#include "credential_server.h"
#include "encoding.h"

/* With more, all are forgotten */
#define MAX_SERVERS	32

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

/* Grows with each change of these catalogues that this session hears of */
static uint64 generation = 0;

/* The servers that this session remembers, all of one generation */
static Server *servers = NULL;
static int	server_count = 0;
static uint64 servers_generation = 0;
static MemoryContext servers_context = NULL;

/* Begin a generation; PostgreSQL calls this for each change of a source */
static void
begin_generation(Datum argument pg_attribute_unused(),
			 int cache_id pg_attribute_unused(),
			 uint32 hash_value pg_attribute_unused())
{
	generation++;
}

/* Have a generation begin with each change from now on */
static void
watch_sources(void)
{
	for (size_t i = 0; i < lengthof(sources); i++)
		CacheRegisterSyscacheCallback(sources[i], begin_generation, (Datum) 0);
}

/* The generation of what credentials are and who may use them */
uint64
server_generation(void)
{
	return generation;
}

/* Make ready to remember servers */
static void
create_servers(void)
{
	servers_context = AllocSetContextCreate(CacheMemoryContext,
											"videosdk_token servers",
											ALLOCSET_SMALL_SIZES);
	watch_sources();
}

/* Forget the servers if they may have changed, or are many */
static void
forget_old_servers(void)
{
	if (server_count == MAX_SERVERS)
		generation++;			/* whoever has a pointer to one drops it */
	if (servers_generation == generation)
		return;
	MemoryContextReset(servers_context);
	servers = NULL;
	server_count = 0;
	servers_generation = generation;
}

/* The server of that name that the current role has used; NULL if there is none */
static Server *
find_server(Name name)
{
	Server	   *server = servers;

	while (server != NULL &&
		   (server->role != GetUserId() ||
			strcmp(NameStr(server->name), NameStr(*name)) != 0))
		server = server->next;
	return server;
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
require_tuple(Name name)
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

/* Make a server in a memory context; raises if its options cannot be used */
static Server *
create_server(HeapTuple tuple, MemoryContext context)
{
	Form_pg_foreign_server form = (Form_pg_foreign_server) GETSTRUCT(tuple);
	MemoryContext caller = MemoryContextSwitchTo(context);
	Server	   *server = palloc(sizeof(Server));
	bool		is_null;
	Datum		options = SysCacheGetAttr(FOREIGNSERVERNAME, tuple,
										  Anum_pg_foreign_server_srvoptions,
										  &is_null);

	server->generation = servers_generation;
	server->id = form->oid;
	server->name = form->srvname;
	server->role = GetUserId();
	read_server_options(is_null ? (Datum) 0 : options, &server->options);
	MemoryContextSwitchTo(caller);
	return server;
}

/* Look up a server and remember it; raises if the current role may not use it */
static Server *
look_up(Name name)
{
	HeapTuple	tuple = require_tuple(name);
	MemoryContext context = AllocSetContextCreate(CurrentMemoryContext,
												  "videosdk_token server",
												  ALLOCSET_SMALL_SIZES);
	Server	   *server = create_server(tuple, context);

	ReleaseSysCache(tuple);
	MemoryContextSetParent(context, servers_context);
	server->next = servers;
	servers = server;
	server_count++;
	return server;
}

/*
 * The server of that name, valid while server_generation() is its generation;
 * raises if there is none or the current role may not use it
 */
const Server *
require_server(Name name)
{
	Server	   *server;

	if (servers_context == NULL)
		create_servers();
	forget_old_servers();
	server = find_server(name);
	return server != NULL ? server : look_up(name);
}

/* The same, after taking note of what other sessions have committed; raises likewise */
const Server *
require_current_server(Name name)
{
	uint64		messages;
	const Server *server;

	AcceptInvalidationMessages();
	do
	{
		CHECK_FOR_INTERRUPTS();
		messages = SharedInvalidMessageCounter;
		server = require_server(name);
		AcceptInvalidationMessages();
	} while (messages != SharedInvalidMessageCounter);
	return server;
}
