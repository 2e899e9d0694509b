/*
 * credential_server.h: a server as the current role may use it
 */
#ifndef CREDENTIAL_SERVER_H
#define CREDENTIAL_SERVER_H

#include "credential_options.h"

typedef struct Server
{
	uint64		generation;		/* what server_generation() was before it was read */
	Oid			id;
	NameData	name;
	Oid			role;			/* who may use it */
	ServerOptions options;
	struct Server *next;		/* of those that the session remembers */
} Server;

extern uint64 server_generation(void);
extern const Server *require_server(Name name);
extern const Server *require_current_server(Name name);

#endif							/* CREDENTIAL_SERVER_H */
