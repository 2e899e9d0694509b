/*
 * token_form.c: a token taken apart: three segments of base64url, two of which
 * hold a JSON object
 *
 * A token that cannot be taken apart is told in words what is wrong with it, and the
 * usual accidents, such as quotes around it, by their names.  Nothing here raises an
 * error about a token.
 */
#include "postgres.h"

#include "access/detoast.h"
#include "fmgr.h"
#include "utils/jsonb.h"

#include "bytes/base64url.h"
#include "compat.h"
#include "encoding.h"
#include "json_reader.h"
#include "token_form.h"

/* What people put before a token: the scheme of RFC 6750, section 2.1 */
#define BEARER	"Bearer "

/* Set what is wrong and return false, for "return fail(...)" */
static bool
fail(TokenForm *form, const char *detail, const char *hint)
{
	form->detail = detail;
	form->hint = hint;
	return false;
}

/* What is wrong with a token whose signature has so few characters, palloc'd */
char *
token_cut_short(int signature_characters)
{
	return psprintf("The token is cut short: its signature has %d of %d characters.",
					signature_characters, SIGNATURE_LENGTH);
}

/* True if a text is quoted, at one end at least */
static bool
is_quoted(const char *text, const char *end)
{
	return strchr("\"'", text[0]) != NULL || strchr("\"'", end[-1]) != NULL;
}

/* True if a text has a byte as URLs write it, "%" and two hexadecimal digits */
static bool
is_url_encoded(const char *text, const char *end)
{
	for (; end - text > 2; text++)
	{
		if (text[0] == '%' && isxdigit((unsigned char) text[1]) &&
			isxdigit((unsigned char) text[2]))
			return true;
	}
	return false;
}

/*
 * Fail for what is no JWT: with the usual accident on the way if it is one, else
 * with this detail and this hint
 */
static bool
fail_as_it_looks(TokenForm *form, const char *detail, const char *hint)
{
	const Jwt  *jwt = &form->jwt;
	const char *text = jwt->header.text;
	const char *end = jwt->signature.text + jwt->signature.length;

	if (text == end)
		return fail(form, "The token is empty.", NULL);
	if (end - text >= (int) strlen(BEARER) &&
		pg_strncasecmp(text, BEARER, strlen(BEARER)) == 0)
		return fail(form, "The token starts with \"" BEARER "\".",
					"Pass what follows \"" BEARER "\" in the Authorization header.");
	if (has_white_space_around(text, (int) (end - text)))
		return fail(form, "The token has white space around it, such as a newline.",
					"Remove it, for example with btrim(token, E' \\t\\r\\n').");
	if (is_quoted(text, end))
		return fail(form, "The token stands in quotes.",
					"Pass what is between them: jq -r writes it out of JSON, ->> reads it.");
	if (is_url_encoded(text, end))
		return fail(form, "The token is URL-encoded: it has \"%\" and two hexadecimal digits where a character was.",
					"Decode it first, as JavaScript's decodeURIComponent() does.");
	return fail(form, detail, hint);
}

/* True if a text that is no JWT starts like one */
static bool
starts_like_token(const Jwt *jwt)
{
	return jwt->header.length > strlen(JWT_START) &&
		memcmp(jwt->header.text, JWT_START, strlen(JWT_START)) == 0;
}

/* Split a token, a text datum, into three segments (RFC 7515 section 7.1) */
bool
token_split(TokenForm *form, Datum token)
{
	struct varlena *text;

	/* Known without reading what may be hundreds of megabytes */
	if (toast_raw_datum_size(token) > JWT_MAX_LENGTH + VARHDRSZ)
	{
		jwt_split("", 0, &form->jwt);
		return fail(form, psprintf("The token is longer than %d bytes.",
								   JWT_MAX_LENGTH), NULL);
	}

	text = PG_DETOAST_DATUM_PACKED(token);
	jwt_split(VARDATA_ANY(text), VARSIZE_ANY_EXHDR(text), &form->jwt);
	if (form->jwt.segments == 3)
		return true;
	return fail_as_it_looks(form,
							psprintf("The token has %d %s separated by dots, but a JWT has 3.",
									 form->jwt.segments,
									 form->jwt.segments == 1 ? "segment" : "segments"),
							form->jwt.segments < 3 && starts_like_token(&form->jwt) ?
							COPY_WHOLE_TOKEN : NULL);
}

/* What is wrong with a segment, to follow a colon */
static const char *
base64url_problem(Base64urlStatus status)
{
	switch (status)
	{
		case BASE64URL_BAD_CHARACTER:
			return "it has a character other than A-Z, a-z, 0-9, - and _";
		case BASE64URL_BAD_LENGTH:
			return "its length is a multiple of four plus one";
		case BASE64URL_TRAILING_BITS:
			return "its last character has bits that must be zero";
		case BASE64URL_OK:
			break;
	}
	return NULL;
}

/* Decode a segment; sets *bytes, which end with a NUL, and *length */
static Base64urlStatus
decode(const JwtSegment *segment, char **bytes, int *length)
{
	*length = (int) base64url_decoded_length(segment->length);
	*bytes = palloc(*length + 1);
	(*bytes)[*length] = '\0';
	return base64url_decode(segment->text, segment->length,
							(uint8_t *) *bytes);
}

/* A segment is base64url, as the status says */
static bool
is_base64url(TokenForm *form, const char *name, Base64urlStatus status)
{
	if (status == BASE64URL_OK)
		return true;
	return fail_as_it_looks(form,
							psprintf("The %s is not base64url: %s.", name,
									 base64url_problem(status)), NULL);
}

/* Decode a segment, so that it can be read */

bool
token_decode_header(TokenForm *form)
{
	return is_base64url(form, "header",
						decode(&form->jwt.header,
							   &form->header, &form->header_length));
}

bool
token_decode_payload(TokenForm *form)
{
	return is_base64url(form, "payload",
						decode(&form->jwt.payload,
							   &form->payload, &form->payload_length));
}

bool
token_decode_signature(TokenForm *form)
{
	const JwtSegment *segment = &form->jwt.signature;
	Base64urlStatus status = decode(segment, &form->signature,
									&form->signature_length);

	/* What a cut leaves has no other characters */
	if ((status == BASE64URL_BAD_LENGTH || status == BASE64URL_TRAILING_BITS) &&
		segment->length < SIGNATURE_LENGTH)
		return fail_as_it_looks(form, token_cut_short((int) segment->length),
								COPY_WHOLE_TOKEN);
	return is_base64url(form, "signature", status);
}

/* Read a JSON object, which *object is set to */
static bool
read_object(TokenForm *form, const char *name, char *text, int length,
			Jsonb **object)
{
	Jsonb	   *json;
	JsonReadStatus status = json_read(text, length, &json);

	if (status != JSON_READ_OK)
		return fail(form, psprintf("The %s %s.", name, json_read_problem(status)),
					NULL);
	if (!JB_ROOT_IS_OBJECT(json))
		return fail(form, psprintf("The %s is not a JSON object.", name), NULL);
	*object = json;
	return true;
}

/* Read a segment that was decoded, as a JSON object */

bool
token_read_header(TokenForm *form, Jsonb **header)
{
	return read_object(form, "header", form->header, form->header_length,
					   header);
}

bool
token_read_payload(TokenForm *form, Jsonb **payload)
{
	return read_object(form, "payload", form->payload, form->payload_length,
					   payload);
}
