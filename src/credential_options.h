/*
 * credential_options.h: the options of a foreign server and its user mapping
 */
#ifndef CREDENTIAL_OPTIONS_H
#define CREDENTIAL_OPTIONS_H

#include "signing_policy.h"

/* The foreign-data wrapper whose servers hold credentials */
#define WRAPPER_NAME	"videosdk"

/* The options of its user mappings */
#define OPTION_APIKEY	"apikey"
#define OPTION_SECRET	"secret"

/* An option's value, in the server encoding, without a final NUL */
typedef struct OptionValue
{
	char	   *text;			/* NULL if there is none */
	int			length;
} OptionValue;

/* The options of a user mapping */
typedef struct MappingOptions
{
	OptionValue apikey;
	OptionValue secret;
	struct varlena *array;		/* which holds them */
} MappingOptions;

extern void read_server_limits(Datum datum, ServerLimits *limits);
extern void read_mapping_options(Datum datum, MappingOptions *mapping);
extern void wipe_mapping_options(MappingOptions *mapping);
extern void require_valid_options(Datum datum, Oid catalog,
								  bool allow_unknown_values);

#endif							/* CREDENTIAL_OPTIONS_H */
