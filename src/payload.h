/*
 * payload.h: a payload made ready to be signed
 */
#ifndef PAYLOAD_H
#define PAYLOAD_H

#include "datatype/timestamp.h"
#include "payload_json.h"
#include "payload_rules.h"

extern void payload_to_sign(Datum datum, const Interval *expires_in,
							const SigningPolicy *policy, PayloadJson *json);

#endif							/* PAYLOAD_H */
