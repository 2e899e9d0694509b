/*
 * join_check.c: any payload of a token, and any text as the id of who joins with it
 *
 * A client is let in only by a valid token, and the code is the one that VideoSDK
 * documents.
 */
#include "postgres.h"

#include "common/string.h"
#include "mb/pg_wchar.h"

#include "backend.h"
#include "server.h"

/* The ids of who joins */
#define ROOM		"r"
#define PARTICIPANT	"p"

/* True if a member is there and is not this string, nor an array that has it */
static bool
lacks(Jsonb *payload, const char *name, const char *string)
{
	return find_member(payload, name) != NULL && !has_string(payload, name, string);
}

/* True if the apikey is one of the server's */
static bool
has_apikey(Jsonb *payload)
{
	JsonbValue *apikey = find_member(payload, "apikey");

	return apikey != NULL && apikey->type == jbvString &&
		(has_string(payload, "apikey", "key") || has_string(payload, "apikey", "previous"));
}

/* The code that VideoSDK documents for ROOM and PARTICIPANT; 0 if they are let in */
static int
documented_code(const TokenCheck *check)
{
	Jsonb	   *payload = check->payload;
	bool		allow_join;
	bool		ask_join;

	if (check->status != TOKEN_MALFORMED && payload != NULL && !has_apikey(payload))
		return 4001;
	if (check->status != TOKEN_VALID)
		return 4002;
	if (lacks(payload, "roles", "rtc"))
		return 4024;

	allow_join = has_string(payload, "permissions", "allow_join");
	ask_join = has_string(payload, "permissions", "ask_join");
	if (allow_join == ask_join ||
		(ask_join && has_string(payload, "permissions", "allow_mod")))
		return 4008;
	return lacks(payload, "roomId", ROOM) ? 4022 :
		lacks(payload, "participantId", PARTICIPANT) ? 4023 : 0;
}

static void
inspect(Signer signer, const char *payload, size_t size, TokenCheck *check)
{
	TokenVerifier verifier = server_verifier();

	token_inspect(sign(signer, GOOD_HEADER, strlen(GOOD_HEADER), payload, size),
				  &verifier, check);
}

static void
check_payload(const uint8_t *data, size_t size, Signer signer)
{
	TokenCheck	check;

	inspect(signer, (const char *) data, size, &check);
	REQUIRE(join_code(&check, ROOM, PARTICIPANT) == documented_code(&check));
}

/* Require that an id is refused if it is empty or has white space, of which we know ASCII's */
static void
check_id(const char *id)
{
	TokenCheck	check;
	int			code;

	inspect(CURRENT, GOOD_PAYLOAD, strlen(GOOD_PAYLOAD), &check);
	code = join_code(&check, id, PARTICIPANT);
	REQUIRE(code == 0 || code == 4003);
	REQUIRE(join_code(&check, ROOM, id) == (code == 0 ? 0 : 4004));

	if (id[0] == '\0' || strpbrk(id, " \t\n\v\f\r") != NULL)
		REQUIRE(code == 4003);
	else if (pg_is_ascii(id))
		REQUIRE(code == 0);
}

/* The length of an input, which libFuzzer changes anyway, says what it is */
int
fuzz_join_check(const uint8_t *data, size_t size)
{
	char	   *text = copy_with_nul(data, size);
	TokenCheck	missing = {.status = TOKEN_MISSING};

	REQUIRE(join_code(&missing, ROOM, PARTICIPANT) == 4002);
	if (size % 4 <= STRANGER)
		check_payload(data, size, (Signer) (size % 4));
	else if (pg_verify_mbstr(GetDatabaseEncoding(), text, (int) size, true))
		check_id(text);
	free(text);
	return 0;
}
