/*
 * webhook.c: any text as the body of a webhook, which we sign or a stranger, as the
 * signature, or as the public key
 *
 * It goes through the front door, which raises.  What we signed is accepted if and
 * only if it is an object within the limits, and is what jsonb_in reads; nothing
 * else is accepted, and an error says nothing of it.
 */
#include "postgres.h"

#include <openssl/evp.h>
#include <openssl/pem.h>

#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"
#include "utils/jsonb.h"
#include "utils/memutils.h"

#include "backend.h"
#include "compat.h"
#include "json_reader.h"

#define GOOD_BODY	"{\"webhookType\":\"participant-left\",\"data\":{}}"

#define BAD_SIGNATURE	MAKE_SQLSTATE('2', '8', 'V', '0', '1')

extern Datum videosdk_verify_webhook(PG_FUNCTION_ARGS);

/* What the function did */
typedef struct Outcome
{
	Jsonb	   *event;			/* NULL if it raised */
	int			sqlstate;
} Outcome;

/* One of two private keys, made once */
static EVP_PKEY *
private_key(bool is_ours)
{
	static EVP_PKEY *keys[2] = {NULL};

	if (keys[is_ours] == NULL)
		keys[is_ours] = EVP_RSA_gen(2048);
	REQUIRE(keys[is_ours] != NULL);
	return keys[is_ours];
}

/* Our public key as a PEM, made once */
static text *
public_key(void)
{
	static text *pem = NULL;

	if (pem == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		BIO		   *bio = BIO_new(BIO_s_mem());
		char	   *start;
		long		length;

		REQUIRE(PEM_write_bio_PUBKEY(bio, private_key(true)) == 1);
		length = BIO_get_mem_data(bio, &start);
		pem = cstring_to_text_with_len(start, (int) length);
		BIO_free(bio);
		MemoryContextSwitchTo(caller);
	}
	return pem;
}

/* The signature of a text's bytes in UTF-8, in base64 */
static text *
sign_body(char *body, int length, bool is_ours)
{
	unsigned char *utf8 = pg_do_encoding_conversion((unsigned char *) body, length,
													GetDatabaseEncoding(), PG_UTF8);
	size_t		utf8_length = utf8 == (unsigned char *) body ? (size_t) length : strlen((char *) utf8);
	unsigned char signature[256];
	size_t		signature_length = sizeof(signature);
	char	   *base64 = palloc(2 * sizeof(signature));
	EVP_MD_CTX *context = EVP_MD_CTX_new();

	REQUIRE(EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, private_key(is_ours)) == 1);
	REQUIRE(EVP_DigestSign(context, signature, &signature_length, utf8, utf8_length) == 1);
	EVP_MD_CTX_free(context);
	EVP_EncodeBlock((unsigned char *) base64, signature, (int) signature_length);
	return cstring_to_text(base64);
}

/* Our signature of the good body, made once */
static text *
good_signature(void)
{
	static text *signature = NULL;

	if (signature == NULL)
	{
		MemoryContext caller = MemoryContextSwitchTo(TopMemoryContext);
		char		body[] = GOOD_BODY;

		signature = sign_body(body, (int) strlen(body), true);
		MemoryContextSwitchTo(caller);
	}
	return signature;
}

/* Require that an error has words of ours and nothing of what was passed, and hides the statement */
static void
check_error(const ErrorData *error)
{
	static const char *const messages[] = {
		"webhook is malformed", "webhook has no valid signature", "webhook cannot be written as UTF-8"
	};
	bool		is_known = strncmp(error->message, "public_key must ", strlen("public_key must ")) == 0;

	for (size_t i = 0; i < lengthof(messages); i++)
		is_known = is_known || strcmp(error->message, messages[i]) == 0;
	REQUIRE(is_known);
	REQUIRE(error->hide_stmt);
	REQUIRE(error->context == NULL);
}

/* Call videosdk_verify_webhook */
static Outcome
verify(text *body, text *signature, text *key)
{
	MemoryContext context = CurrentMemoryContext;
	ErrorContextCallback *callbacks = error_context_stack;
	FmgrInfo	function = {.fn_mcxt = context,.fn_nargs = 3};
	Outcome volatile outcome = {0};
	LOCAL_FCINFO(call, 3);

	InitFunctionCallInfoData(*call, &function, 3, InvalidOid, NULL, NULL);
	call->args[0] = (NullableDatum) {PointerGetDatum(body), false};
	call->args[1] = (NullableDatum) {PointerGetDatum(signature), false};
	call->args[2] = (NullableDatum) {PointerGetDatum(key), false};
	PG_TRY();
	{
		outcome.event = DatumGetJsonbP(videosdk_verify_webhook(call));
	}
	PG_CATCH();
	{
		ErrorData  *error;

		MemoryContextSwitchTo(context);
		error = CopyErrorData();
		FlushErrorState();
		check_error(error);
		outcome.sqlstate = error->sqlerrcode;
	}
	PG_END_TRY();
	REQUIRE(error_context_stack == callbacks);
	return (Outcome) {outcome.event, outcome.sqlstate};
}

/* True if a text can be a json: what is not never comes to us */
static bool
is_json(const char *body)
{
	Datum		json;

	return soft_input(json_in, pstrdup(body), &json) == 0;
}

static void
check_our_body(char *body, int size)
{
	Outcome		outcome = verify(cstring_to_text_with_len(body, size),
								 sign_body(body, size, true), public_key());
	Datum		expected;

	if (outcome.event != NULL)
	{
		REQUIRE(JB_ROOT_IS_OBJECT(outcome.event));
		REQUIRE(soft_input(jsonb_in, pstrdup(body), &expected) == 0);
		REQUIRE(compareJsonbContainers(&outcome.event->root, &DatumGetJsonbP(expected)->root) == 0);
	}
	else
	{
		int			length = (int) strlen(body);
		char	   *utf8 = (char *) pg_do_encoding_conversion((unsigned char *) body, length,
															  GetDatabaseEncoding(), PG_UTF8);
		Jsonb	   *event;

		REQUIRE(outcome.sqlstate == ERRCODE_INVALID_TEXT_REPRESENTATION);
		REQUIRE(json_read(pstrdup(utf8), (int) strlen(utf8), &event) != JSON_READ_OK ||
				!JB_ROOT_IS_OBJECT(event));
	}
}

static void
check_strangers_body(char *body, int size)
{
	REQUIRE(verify(cstring_to_text_with_len(body, size), sign_body(body, size, false),
				   public_key()).sqlstate == BAD_SIGNATURE);
}

static void
check_signature(const char *signature, int size)
{
	Outcome		outcome = verify(cstring_to_text(GOOD_BODY), cstring_to_text_with_len(signature, size),
								 public_key());

	REQUIRE(outcome.sqlstate == BAD_SIGNATURE ||
			outcome.sqlstate == ERRCODE_INVALID_TEXT_REPRESENTATION);
}

/* The key, and ours with it in front and behind, which may not count unless the other is a key, too */
static void
check_key(const char *key, int size)
{
	text	   *body = cstring_to_text(GOOD_BODY);
	text	   *signature = good_signature();
	char	   *ours = text_to_cstring(public_key());
	char	   *other = pnstrdup(key, size);
	int			alone = verify(body, signature, cstring_to_text(other)).sqlstate;
	bool		is_blank = strspn(other, " \t\n\v\f\r") == (size_t) size;
	bool		is_good = alone == BAD_SIGNATURE || is_blank;

	REQUIRE(alone == BAD_SIGNATURE || alone == ERRCODE_INVALID_PARAMETER_VALUE);
	REQUIRE((verify(body, signature, cstring_to_text(psprintf("%s%s", ours, other))).event != NULL) == is_good);
	REQUIRE((verify(body, signature, cstring_to_text(psprintf("%s%s", other, ours))).event != NULL) == is_good);
}

/* A body with the signature of another one */
static void
check_other_body(char *body, int size)
{
	Outcome		outcome = verify(cstring_to_text_with_len(body, size),
								 good_signature(), public_key());

	REQUIRE((outcome.event != NULL) == (strcmp(body, GOOD_BODY) == 0));
	REQUIRE(outcome.event != NULL || outcome.sqlstate == BAD_SIGNATURE);
}

/*
 * The length of an input, which libFuzzer changes anyway, says what it is.  344, the
 * length of a signature by our key in base64, is one of a signature.
 */
int
fuzz_webhook(const uint8_t *data, size_t size)
{
	char	   *text = palloc_with_nul(data, size);

	if (!pg_verify_mbstr(GetDatabaseEncoding(), text, (int) size, true))
		return 0;
	switch (size % 5)
	{
		case 0:
			if (is_json(text))
				check_our_body(text, (int) size);
			break;
		case 1:
			if (is_json(text))
				check_strangers_body(text, (int) size);
			break;
		case 2:
			if (is_json(text))
				check_other_body(text, (int) size);
			break;
		case 3:
			check_key(text, (int) size);
			break;
		default:
			check_signature(text, (int) size);
			break;
	}
	return 0;
}
