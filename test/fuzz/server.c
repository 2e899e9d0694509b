/*
 * server.c: a server with two keys, tokens signed with them, and what there is to
 * say of them
 */
#include "postgres.h"

#include "access/htup_details.h"
#include "catalog/pg_type.h"
#include "fmgr.h"
#include "funcapi.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/memutils.h"

#include "bytes/base64url.h"
#include "join_check.h"
#include "server.h"

/* The key of a signer, made once */
const SigningKey *
signing_key(Signer signer)
{
	static SigningKey *keys[STRANGER + 1] = {NULL};
	char		secret[] = "a secret of the fuzzer's own, number 0";

	if (keys[signer] == NULL)
	{
		secret[strlen(secret) - 1] += signer;
		keys[signer] = signing_key_create(TopMemoryContext);
		REQUIRE(signing_key_set(keys[signer], secret, (int) strlen(secret)) == SECRET_USABLE);
	}
	return keys[signer];
}

/* What verifies the tokens of the server at VALID_AT */
TokenVerifier
server_verifier(void)
{
	static const TimestampTz just_after = VALID_AT + 1;
	TokenVerifier verifier = {
		.key_count = 2,
		.keys = {
			[CURRENT] = {.hmac = signing_key_hmac(signing_key(CURRENT)), .apikey = "key"},
			[PREVIOUS] = {
				.hmac = signing_key_hmac(signing_key(PREVIOUS)),
				.apikey = "previous",
				.until = &just_after
			}
		},
		.valid_at = VALID_AT
	};

	return verifier;
}

/* Bytes in base64url, palloc'd */
static char *
encode(const char *bytes, size_t size)
{
	size_t		length = base64url_encoded_length(size);
	char	   *text = palloc(length + 1);

	base64url_encode((const uint8_t *) bytes, size, text);
	text[length] = '\0';
	return text;
}

/* A token with this header and payload */
Datum
sign(Signer signer, const char *header, size_t header_size,
	 const char *payload, size_t payload_size)
{
	char	   *input = psprintf("%s.%s", encode(header, header_size),
								 encode(payload, payload_size));
	uint8_t		signature[HMAC_SHA256_LENGTH];

	REQUIRE(hmac_sha256_sign(signing_key_hmac(signing_key(signer)), input,
							 strlen(input), signature));
	return CStringGetTextDatum(psprintf("%s.%s", input,
										encode((char *) signature, HMAC_SHA256_LENGTH)));
}

/* The member of that name; NULL if there is none */
JsonbValue *
find_member(Jsonb *payload, const char *name)
{
	return getKeyJsonValueFromContainer(&payload->root, name, (int) strlen(name), NULL);
}

/* True if the member of that name is this string, or an array that has it */
bool
has_string(Jsonb *payload, const char *name, const char *string)
{
	JsonbValue *member = find_member(payload, name);
	JsonbValue	value = {
		.type = jbvString,
		.val.string = {(int) strlen(string), (char *) string}
	};

	if (member == NULL)
		return false;
	if (member->type == jbvBinary)
		return findJsonbValueFromContainer(member->val.binary.data, JB_FARRAY, &value) != NULL;
	return member->type == jbvString && member->val.string.len == value.val.string.len &&
		memcmp(member->val.string.val, string, value.val.string.len) == 0;
}

/* True for a text of this database that ends with a full stop */
bool
is_sentence(const char *text)
{
	size_t		length = strlen(text);

	return length > 0 && text[length - 1] == '.' &&
		pg_verify_mbstr(GetDatabaseEncoding(), text, (int) length, true);
}

/* The type of the row of videosdk_check_join, made once */
static TupleDesc
row_type(void)
{
	static TupleDesc type = NULL;

	if (type == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);

		type = CreateTemplateTupleDesc(5);
		TupleDescInitEntry(type, 1, "allowed", BOOLOID, -1, 0);
		TupleDescInitEntry(type, 2, "must_ask", BOOLOID, -1, 0);
		TupleDescInitEntry(type, 3, "code", INT4OID, -1, 0);
		TupleDescInitEntry(type, 4, "error", TEXTOID, -1, 0);
		TupleDescInitEntry(type, 5, "detail", TEXTOID, -1, 0);
		MemoryContextSwitchTo(caller);
	}
	return type;
}

/*
 * The code of VideoSDK's answer for a token that was inspected; 0 if who joins is let
 * in.  Requires that the rest of the row goes with it.
 */
int
join_code(const TokenCheck *check, const char *room_id, const char *participant_id)
{
	TokenVerifier verifier = server_verifier();
	Datum		row = make_join_row(row_type(), check, &verifier,
									cstring_to_text(room_id),
									cstring_to_text(participant_id));
	HeapTupleHeader header = DatumGetHeapTupleHeader(row);
	HeapTupleData tuple = {
		.t_len = HeapTupleHeaderGetDatumLength(header),
		.t_data = header
	};
	Datum		values[5];
	bool		nulls[5];
	bool		allowed;

	heap_deform_tuple(&tuple, row_type(), values, nulls);
	allowed = DatumGetBool(values[0]);
	REQUIRE(!nulls[0] && nulls[1] == !allowed);
	REQUIRE(nulls[2] == allowed && nulls[3] == allowed && nulls[4] == allowed);
	if (!allowed)
	{
		REQUIRE(is_sentence(TextDatumGetCString(values[4])));
		return DatumGetInt32(values[2]);
	}
	REQUIRE(check->status == TOKEN_VALID);
	REQUIRE(DatumGetBool(values[1]) == has_string(check->payload, "permissions", "ask_join"));
	return 0;
}
