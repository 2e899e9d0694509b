/*
 * join_check.c: what VideoSDK answers, by its documentation, to a client that joins
 * a room as a participant with a token
 *
 * The judgement of the token is token_check.c's.  Each step here returns true if
 * VideoSDK has nothing against it; else it sets the answer and returns false.
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "fmgr.h"
#include "funcapi.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"

#include "claims.h"
#include "encoding.h"
#include "join_check.h"
#include "json_writer.h"
#include "jsonb_walk.h"

/* An error of VideoSDK's SDKs, as their documentation has it */
typedef struct JoinError
{
	int			code;
	const char *name;
} JoinError;

static const JoinError invalid_api_key = {4001, "INVALID_API_KEY"};
static const JoinError invalid_token = {4002, "INVALID_TOKEN"};
static const JoinError invalid_meeting_id = {4003, "INVALID_MEETING_ID"};
static const JoinError invalid_participant_id = {4004, "INVALID_PARTICIPANT_ID"};
static const JoinError invalid_permissions = {4008, "INVALID_PERMISSIONS"};
static const JoinError unauthorized_meeting_id = {4022, "UNAUTHORIZED_MEETING_ID"};
static const JoinError unauthorized_participant_id = {4023, "UNAUTHORIZED_PARTICIPANT_ID"};
static const JoinError unauthorized_role = {4024, "UNAUTHORIZED_ROLE"};

/* What VideoSDK answers */
typedef struct JoinAnswer
{
	bool		allowed;
	bool		must_ask;		/* where allowed */
	const JoinError *error;		/* where not */
	const char *detail;
} JoinAnswer;

/* Set the error and return false, for "return fail(...)" in a step */
static bool
fail(JoinAnswer *answer, const JoinError *error, const char *detail)
{
	answer->error = error;
	answer->detail = detail;
	return false;
}

/* An id that the client passes is not empty and has no white space */
static bool
is_id(JoinAnswer *answer, const JoinError *error, const char *name,
	  const JsonbValue *id)
{
	pg_wchar	found;

	if (id->val.string.len == 0)
		return fail(answer, error, psprintf("The %s is empty.", name));
	found = first_white_space(id->val.string.val, id->val.string.len);
	if (found != 0)
		return fail(answer, error,
					psprintf("The %s %s has white space, U+%04X.", name,
							 json_excerpt(id), found));
	return true;
}

/* The apikey of a token that can be read is one of the server's */
static bool
has_apikey(JoinAnswer *answer, const TokenCheck *check, const Claims *claims,
		   const TokenVerifier *verifier)
{
	const JsonbValue *apikey = &claims->values[CLAIM_APIKEY];

	if (check->status == TOKEN_MALFORMED || check->payload == NULL)
		return true;
	if (!claims->present[CLAIM_APIKEY])
		return fail(answer, &invalid_api_key, "The token has no \"apikey\".");
	for (int i = 0; i < verifier->key_count; i++)
	{
		const char *own = verifier->keys[i].apikey;

		if (jsonb_is_string(apikey, own, (int) strlen(own)))
			return true;
	}
	return fail(answer, &invalid_api_key,
				"The \"apikey\" of the token is not that of the server.");
}

/* The token is valid */
static bool
is_valid(JoinAnswer *answer, const TokenCheck *check)
{
	if (check->status == TOKEN_VALID)
		return true;
	return fail(answer, &invalid_token,
				check->status == TOKEN_MISSING ? "There is no token." : check->detail);
}

/* A valid token is for meetings */
static bool
is_for_meetings(JoinAnswer *answer, const Claims *claims)
{
	if (claims_are_for_meetings(claims))
		return true;
	return fail(answer, &unauthorized_role,
				psprintf("The token has the roles %s, without \"" RTC "\".",
						 json_excerpt(&claims->values[CLAIM_ROLES])));
}

/* A valid token admits its holder; sets answer->must_ask */
static bool
admits(JoinAnswer *answer, const Claims *claims)
{
	PermissionsStatus status = claims_permissions_status(claims);
	const JsonbValue *permissions = &claims->values[CLAIM_PERMISSIONS];

	switch (status)
	{
		case PERMISSIONS_ADMIT:
		case PERMISSIONS_ADMIT_WHO_ASKS:
			answer->must_ask = status == PERMISSIONS_ADMIT_WHO_ASKS;
			break;
		case PERMISSIONS_CONFLICT:
			return fail(answer, &invalid_permissions,
						psprintf("The token has the permissions %s, but \"" ASK_JOIN "\" must stand alone.",
								 json_excerpt(permissions)));
		case PERMISSIONS_ONLY_MODERATE:
		case PERMISSIONS_UNKNOWN:
			return fail(answer, &invalid_permissions,
						psprintf("The token has the permissions %s, of which none lets anybody in.",
								 json_excerpt(permissions)));
	}
	return true;
}

/* A valid token is for any room, or any participant, or for this one */
static bool
is_for(JoinAnswer *answer, const JoinError *error, const char *name,
	   const Claims *claims, Claim claim, const JsonbValue *id)
{
	const JsonbValue *allowed = &claims->values[claim];

	if (!claims->present[claim] ||
		jsonb_is_string(allowed, id->val.string.val, id->val.string.len))
		return true;
	return fail(answer, error,
				psprintf("The token is for %s %s, not for %s.", name,
						 json_excerpt(allowed), json_excerpt(id)));
}

/* A text as a JSON string */
static JsonbValue
string_value(text *value)
{
	JsonbValue	string = {
		.type = jbvString,
		.val.string = {VARSIZE_ANY_EXHDR(value), VARDATA_ANY(value)}
	};

	return string;
}

/* What VideoSDK answers, in the order of its codes that the reference gives */
static JoinAnswer
join_answer(const TokenCheck *check, const TokenVerifier *verifier,
			const JsonbValue *room_id, const JsonbValue *participant_id)
{
	JoinAnswer	answer = {0};
	Claims		claims = {0};

	if (check->payload != NULL)
		claims_find(check->payload, &claims);
	answer.allowed =
		is_id(&answer, &invalid_meeting_id, "room", room_id) &&
		is_id(&answer, &invalid_participant_id, "participant",
			  participant_id) &&
		has_apikey(&answer, check, &claims, verifier) &&
		is_valid(&answer, check) &&
		is_for_meetings(&answer, &claims) &&
		admits(&answer, &claims) &&
		is_for(&answer, &unauthorized_meeting_id, "room", &claims,
			   CLAIM_ROOM_ID, room_id) &&
		is_for(&answer, &unauthorized_participant_id, "participant",
			   &claims, CLAIM_PARTICIPANT_ID, participant_id);
	return answer;
}

/* What VideoSDK answers for a token that was inspected by a verifier, as a row */
Datum
make_join_row(TupleDesc type, const TokenCheck *check,
			  const TokenVerifier *verifier, text *room_id,
			  text *participant_id)
{
	JsonbValue	room = string_value(room_id);
	JsonbValue	participant = string_value(participant_id);
	JoinAnswer	answer = join_answer(check, verifier, &room, &participant);
	bool		allowed = answer.allowed;
	Datum		values[] = {
		BoolGetDatum(allowed),
		BoolGetDatum(answer.must_ask),
		allowed ? (Datum) 0 : Int32GetDatum(answer.error->code),
		allowed ? (Datum) 0 : CStringGetTextDatum(answer.error->name),
		allowed ? (Datum) 0 : CStringGetTextDatum(answer.detail)
	};
	bool		nulls[] = {false, !allowed, allowed, allowed, allowed};

	return HeapTupleGetDatum(heap_form_tuple(type, values, nulls));
}
