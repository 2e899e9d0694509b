/*
 * join_check.h: what VideoSDK answers to a client that joins
 */
#ifndef JOIN_CHECK_H
#define JOIN_CHECK_H

#include "access/tupdesc.h"
#include "token_check.h"

extern Datum make_join_row(TupleDesc type, const TokenCheck *check,
						   const TokenVerifier *verifier, text *room_id,
						   text *participant_id);

#endif							/* JOIN_CHECK_H */
