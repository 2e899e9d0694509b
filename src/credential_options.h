/*
 * credential_options.h: the options of a foreign server and its user mapping, read
 */
#ifndef CREDENTIAL_OPTIONS_H
#define CREDENTIAL_OPTIONS_H

#include "signing_policy.h"

/* The foreign-data wrapper whose servers hold credentials */
#define WRAPPER_NAME	"videosdk"

/* The options of its servers; two are named like the claims that they limit */
#define OPTION_MAX_EXPIRES_IN	"max_expires_in"
#define OPTION_PERMISSIONS		"permissions"
#define OPTION_ROLES			"roles"
#define OPTION_REQUIRED			"required"
#define OPTION_VERIFY_ONLY		"verify_only"
#define OPTION_REVOKED_BEFORE	"revoked_before"
#define OPTION_WEBHOOK_PUBLIC_KEY	"webhook_public_key"

/* The options of its user mappings */
#define OPTION_APIKEY			"apikey"
#define OPTION_SECRET			"secret"
#define OPTION_PREVIOUS_APIKEY	"previous_apikey"
#define OPTION_PREVIOUS_SECRET	"previous_secret"
#define OPTION_PREVIOUS_UNTIL	"previous_until"

/* The options of an object as its catalogue has them, each "name=value" */
typedef struct Options
{
	int			count;
	Datum	   *elements;
} Options;

/* An option's value, in the server encoding, without a final NUL */
typedef struct OptionValue
{
	char	   *text;			/* NULL if there is none */
	int			length;
} OptionValue;

/* The options of a server */
typedef struct ServerOptions
{
	ServerLimits limits;
	bool		verify_only;
	const TimestampTz *revoked_before;	/* in whole seconds; NULL: never */
	OptionValue webhook_public_key;
} ServerOptions;

/* The options of a user mapping */
typedef struct MappingOptions
{
	OptionValue apikey;
	OptionValue secret;
	OptionValue previous_apikey;
	OptionValue previous_secret;
	OptionValue previous_until;
} MappingOptions;

extern Options get_options(struct varlena *array);
extern int	option_name_length(Datum element);
extern void raise_bad_option(const char *name, const char *rule);
extern void require_different(const char *name, OptionValue value,
							  const char *other_name, OptionValue other);
extern TimestampTz require_time(const char *name, OptionValue value);
extern void read_server(const Options *options, ServerOptions *server);
extern void read_server_options(Datum datum, ServerOptions *server);
extern void read_mapping(const Options *options, MappingOptions *mapping);

#endif							/* CREDENTIAL_OPTIONS_H */
