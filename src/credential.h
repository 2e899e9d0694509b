/*
 * credential.h: credentials that the database keeps in foreign servers
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "bytes/hmac_sha256.h"
#include "signing_key.h"
#include "signing_policy.h"

typedef struct CredentialCache CredentialCache;

typedef struct Credential
{
	const char *apikey;
	SecretStatus secret_status;
	HmacSha256 *hmac;			/* NULL unless the secret can be used */
	const ServerLimits *limits;
} Credential;

extern CredentialCache *credential_cache_create(MemoryContext owner);
extern const Credential *require_credential(CredentialCache *cache,
											Name server_name);

#endif							/* CREDENTIAL_H */
