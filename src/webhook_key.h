/*
 * webhook_key.h: the public keys of webhooks that an expression keeps from row to
 * row, and what they must be
 */
#ifndef WEBHOOK_KEY_H
#define WEBHOOK_KEY_H

#include "bytes/rsa_sha256.h"

typedef struct WebhookKey WebhookKey;

extern void raise_rsa_failure(void);
extern const char *webhook_key_rule(RsaKeysStatus status);
extern WebhookKey *webhook_key_create(MemoryContext owner);
extern RsaKeysStatus webhook_key_set(WebhookKey *key, const char *pems,
									 int length);
extern const RsaKeys *webhook_key_rsa(const WebhookKey *key);

#endif							/* WEBHOOK_KEY_H */
