/*
 * webhook_key.h: the public keys of webhooks that an expression keeps from row to
 * row, and what they must be
 */
#ifndef WEBHOOK_KEY_H
#define WEBHOOK_KEY_H

#include "bytes/rsa_sha256.h"

/* What keys go by in messages, where they are an option of a server */
#define WEBHOOK_KEY_OPTION	"option \"webhook_public_key\""

typedef struct WebhookKey WebhookKey;

extern void raise_rsa_failure(void);
extern void require_usable_keys(RsaKeysStatus status, const char *name);
extern WebhookKey *webhook_key_create(MemoryContext owner);
extern RsaKeysStatus webhook_key_set(WebhookKey *key, const char *pems,
									 int length);
extern const RsaKeys *webhook_key_rsa(const WebhookKey *key);

#endif							/* WEBHOOK_KEY_H */
