/*
 * webhook.h: the event of a webhook whose signature holds
 */
#ifndef WEBHOOK_H
#define WEBHOOK_H

#include "bytes/rsa_sha256.h"
#include "utils/jsonb.h"

extern Jsonb *require_webhook_event(Datum body, Datum signature,
									const RsaKeys *keys);

#endif							/* WEBHOOK_H */
