/*
 * jwt.h: the compact form of a JWT (RFC 7515 section 3.1, RFC 7519)
 */
#ifndef JWT_H
#define JWT_H

#include "hmac_sha256.h"

#define JWT_MAX_LENGTH		65536

/* How each JWT begins: {" in base64url */
#define JWT_START			"eyJ"

/* {"alg":"HS256","typ":"JWT"} */
#define JWT_HEADER_SEGMENT	"eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9"

typedef struct JwtSegment
{
	const char *text;
	size_t		length;
} JwtSegment;

typedef struct Jwt
{
	int			segments;		/* how many; 3 in a JWT */
	JwtSegment	header;
	JwtSegment	payload;
	JwtSegment	signature;		/* all that follows the second dot */
} Jwt;

extern void jwt_split(const char *token, size_t length, Jwt *jwt);
extern bool jwt_has_our_header(const Jwt *jwt);
extern JwtSegment jwt_signing_input(const Jwt *jwt);
extern size_t jwt_length(size_t payload_length);
extern bool jwt_assemble(const uint8_t *payload, size_t payload_length,
						 HmacSha256 *hmac, char *token);

#endif							/* JWT_H */
