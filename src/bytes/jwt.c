/*
 * jwt.c: the compact form of a JWT (RFC 7515 section 3.1, RFC 7519)
 */
#include "jwt.h"

#include <string.h>

#include "base64url.h"

#define HEADER_LENGTH	(sizeof(JWT_HEADER_SEGMENT) - 1)

/*
 * Set *jwt to the segments of a token and their number.  Those that a token with
 * too few dots lacks are empty; with too many, the dots are left in the
 * signature, where they are no base64url.
 */
void
jwt_split(const char *token, size_t length, Jwt *jwt)
{
	JwtSegment *segments[] = {&jwt->header, &jwt->payload, &jwt->signature};
	const char *p = token;
	const char *end = token + length;

	jwt->segments = 1;
	for (int i = 0; i < 3; i++)
	{
		const char *dot = i < 2 ? memchr(p, '.', end - p) : NULL;

		segments[i]->text = p;
		segments[i]->length = (dot != NULL ? dot : end) - p;
		if (dot != NULL)
			jwt->segments++;
		p = dot != NULL ? dot + 1 : end;
	}

	for (p = jwt->signature.text; (p = memchr(p, '.', end - p)) != NULL; p++)
		jwt->segments++;
}

/* True if the header is byte for byte the one that jwt_assemble writes */
bool
jwt_has_our_header(const Jwt *jwt)
{
	return jwt->header.length == HEADER_LENGTH &&
		memcmp(jwt->header.text, JWT_HEADER_SEGMENT, HEADER_LENGTH) == 0;
}

/* What is signed: header, dot, payload (RFC 7515 section 5.1) */
JwtSegment
jwt_signing_input(const Jwt *jwt)
{
	JwtSegment	input = {
		jwt->header.text,
		jwt->header.length + 1 + jwt->payload.length
	};

	return input;
}

/* The length of the token for a payload of that many bytes */
size_t
jwt_length(size_t payload_length)
{
	return HEADER_LENGTH + 1 + base64url_encoded_length(payload_length) +
		1 + base64url_encoded_length(HMAC_SHA256_LENGTH);
}

/*
 * Write the jwt_length(payload_length) characters of a signed token, without a
 * final NUL; false if OpenSSL fails
 */
bool
jwt_assemble(const uint8_t *payload, size_t payload_length, HmacSha256 *hmac,
			 char *token)
{
	char	   *p = token;
	uint8_t		signature[HMAC_SHA256_LENGTH];

	memcpy(p, JWT_HEADER_SEGMENT, HEADER_LENGTH);
	p += HEADER_LENGTH;
	*p++ = '.';
	base64url_encode(payload, payload_length, p);
	p += base64url_encoded_length(payload_length);

	if (!hmac_sha256_sign(hmac, token, p - token, signature))
		return false;

	*p++ = '.';
	base64url_encode(signature, HMAC_SHA256_LENGTH, p);
	return true;
}
