/*
 * compat.h: what differs between the PostgreSQLs that are supported
 *
 * No other file in src asks for a version.
 */
#ifndef COMPAT_H
#define COMPAT_H

#include "datatype/timestamp.h"
#include "fmgr.h"

#if PG_VERSION_NUM >= 160000

#include "catalog/pg_foreign_server.h"
#include "utils/acl.h"
#include "varatt.h"

#define foreign_server_aclcheck(server, role, mode) \
	object_aclcheck(ForeignServerRelationId, server, role, mode)

#else

#define foreign_server_aclcheck(server, role, mode) \
	pg_foreign_server_aclcheck(server, role, mode)

#endif

/* PostgreSQL 17 brought infinite intervals */
#ifndef INTERVAL_NOT_FINITE
#define INTERVAL_NOT_FINITE(interval)	((void) (interval), false)
#endif

/* A module has a name and a version from PostgreSQL 18 on */
#ifndef PG_MODULE_MAGIC_EXT
#define PG_MODULE_MAGIC_EXT(...)	PG_MODULE_MAGIC
#endif

extern int	soft_input(PGFunction function, char *text, Datum *result);

#endif							/* COMPAT_H */
