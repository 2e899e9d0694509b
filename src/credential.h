/*
 * credential.h: credentials that the database keeps in foreign servers
 */
#ifndef CREDENTIAL_H
#define CREDENTIAL_H

#include "credential_options.h"
#include "signing_key.h"
#include "signing_policy.h"

typedef struct CredentialCache CredentialCache;

typedef struct Credential
{
	SecretStatus secret_status;
	const SigningKey *key;		/* to sign with, if the secret can be used */
	int			key_count;
	TokenKey	keys[MAX_TOKEN_KEYS];	/* to verify with: the current, the one before */
	const char *server_name;
	const ServerOptions *server;
} Credential;

extern CredentialCache *credential_cache_create(MemoryContext owner);
extern const Credential *require_credential(CredentialCache *cache,
											Name server_name);
extern void require_issuer(const Credential *credential);

#endif							/* CREDENTIAL_H */
