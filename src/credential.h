/*
 * credential.h: credentials that the database keeps in foreign servers
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "bytes/hmac_sha256.h"
#include "payload_rules.h"

typedef struct CredentialCache CredentialCache;

typedef struct Credential
{
	const char *apikey;
	HmacSha256 *hmac;
	ServerLimits limits;
} Credential;

extern CredentialCache *credential_cache_create(MemoryContext owner);
extern const Credential *credential_look_up(CredentialCache *cache,
											Name server_name);

#endif							/* CREDENTIAL_H */
