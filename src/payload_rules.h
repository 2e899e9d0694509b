/*
 * payload_rules.h: VideoSDK's rules for a payload
 */
#ifndef PAYLOAD_RULES_H
#define PAYLOAD_RULES_H

#include "claim_types.h"
#include "claims.h"
#include "signing_policy.h"
#include "utils/jsonb.h"

extern bool payload_may_be_signed(Jsonb *payload, const SigningPolicy *policy,
								  Claims *claims, PayloadTimes *times,
								  PayloadProblem *problem);
extern bool payload_is_acceptable(Jsonb *payload, const char *apikey,
								  PayloadTimes *times,
								  PayloadProblem *problem);

#endif							/* PAYLOAD_RULES_H */
