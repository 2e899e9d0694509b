/*
 * webhook.c: the event of a webhook whose signature holds
 *
 * A webhook comes from a stranger, by way of our user.  Its body is not parsed
 * before its signature holds, which is that of the body's bytes in UTF-8.  What is
 * wrong is raised, and nothing of it is shown.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "mb/pg_wchar.h"
#include "utils/builtins.h"

#include "bytes/base64.h"
#include "encoding.h"
#include "json_reader.h"
#include "webhook.h"
#include "webhook_key.h"

#define MAX_BODY_LENGTH	(1024 * 1024)

/* More than the base64 of the longest signature has */
#define MAX_SIGNATURE_CHARACTERS	(2 * RSA_MAX_SIGNATURE_LENGTH)

/* Raise for a body that is no event, with what is wrong, to follow its name */
static void
raise_bad_body(const char *problem)
{
	ereport(ERROR,
			(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
			 errmsg("webhook is malformed"),
			 errdetail_internal("The body %s.", problem)));
}

/* Raise for a body that is too long */
static void
raise_too_long(void)
{
	raise_bad_body(psprintf("is longer than %d bytes", MAX_BODY_LENGTH));
}

/* A copy of a text, which may have a NUL in it, with a final NUL */
static char *
copy(const char *text, int length)
{
	char	   *result = palloc(length + 1);

	memcpy(result, text, length);
	result[length] = '\0';
	return result;
}

/* The body in UTF-8, with a final NUL; sets *length; raises if it cannot be used */
static char *
require_body(Datum datum, int *length)
{
	struct varlena *body;
	char	   *utf8;

	/* Known without reading what may be hundreds of megabytes */
	if (toast_raw_datum_size(datum) > MAX_BODY_LENGTH + VARHDRSZ)
		raise_too_long();
	body = PG_DETOAST_DATUM_PACKED(datum);
	*length = VARSIZE_ANY_EXHDR(body);
	utf8 = utf8_from_server(VARDATA_ANY(body), length);
	if (utf8 == NULL)
		ereport(ERROR,
				(errcode(ERRCODE_UNTRANSLATABLE_CHARACTER),
				 errmsg("webhook cannot be written as UTF-8"),
				 errdetail("The database's encoding is %s.",
						   GetDatabaseEncodingName())));
	if (*length > MAX_BODY_LENGTH)
		raise_too_long();
	return copy(utf8, *length);
}

/* The bytes of a signature in base64; sets *length; raises if it is not base64 */
static uint8_t *
require_signature(Datum datum, size_t *length)
{
	struct varlena *signature = toast_raw_datum_size(datum) >
		MAX_SIGNATURE_CHARACTERS + VARHDRSZ ? NULL :
		PG_DETOAST_DATUM_PACKED(datum);
	int			characters = signature == NULL ? 0 : VARSIZE_ANY_EXHDR(signature);
	uint8_t    *bytes = palloc(characters + 1);

	if (signature == NULL ||
		base64_decode(copy(VARDATA_ANY(signature), characters), characters,
					  bytes, length) != BASE64URL_OK)
		ereport(ERROR,
				(errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
				 errmsg("webhook is malformed"),
				 errdetail("The signature is not base64 of an RSA signature."),
				 errhint("Pass the header videosdk-signature as it is.")));
	return bytes;
}

/* Raise unless one of the keys has signed a body */
static void
require_signed(const char *body, int length, const uint8_t *signature,
			   size_t signature_length, const RsaKeys *keys)
{
	switch (rsa_sha256_verify(keys, body, length, signature, signature_length))
	{
		case RSA_VERIFIED:
			break;
		case RSA_NOT_VERIFIED:
			ereport(ERROR,
					(errcode(MAKE_SQLSTATE('2', '8', 'V', '0', '1')),
					 errmsg("webhook has no valid signature"),
					 errdetail("This body was not signed with the key that belongs to the public key."),
					 errhint("Pass the body as it came: JSON that was read and written again has other bytes.")));
			break;
		case RSA_VERIFY_CRYPTO_FAILED:
			raise_rsa_failure();
	}
}

/*
 * The event of a webhook, whose body is a json datum and whose signature is a text
 * datum (RFC 8017 section 8.2.2); raises unless one of the keys has signed it and it
 * is a JSON object
 */
Jsonb *
require_webhook_event(Datum body_datum, Datum signature_datum,
					  const RsaKeys *keys)
{
	int			length;
	char	   *body = require_body(body_datum, &length);
	size_t		signature_length;
	uint8_t    *signature = require_signature(signature_datum,
											  &signature_length);
	Jsonb	   *event;
	JsonReadStatus status;

	require_signed(body, length, signature, signature_length, keys);

	status = json_read(body, length, &event);
	if (status != JSON_READ_OK)
		raise_bad_body(json_read_problem(status));
	if (!JB_ROOT_IS_OBJECT(event))
		raise_bad_body("is not a JSON object");
	return event;
}
