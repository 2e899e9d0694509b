/*
 * jwt.c: any bytes as a token to split and as a payload to assemble a token of
 */
#include "fuzz.h"

#include "bytes/base64url.h"
#include "bytes/hmac_sha256.h"
#include "bytes/jwt.h"

/* Keyed once */
static HmacSha256 *
fuzz_hmac(void)
{
	static const char secret[] = "a secret of the fuzzer's own";
	static HmacSha256 *hmac = NULL;

	if (hmac == NULL)
		hmac = hmac_sha256_new((const uint8_t *) secret, strlen(secret));
	REQUIRE(hmac != NULL);
	return hmac;
}

static size_t
count_dots(const char *text, size_t length)
{
	size_t		dots = 0;

	for (size_t i = 0; i < length; i++)
		dots += text[i] == '.';
	return dots;
}

/* Require that the segments lie in the token, one behind the other, with a dot between */
static void
check_split(const char *token, size_t length)
{
	Jwt			jwt;
	JwtSegment	input;
	const char *end = token + length;
	size_t		dots = count_dots(token, length);

	jwt_split(token, length, &jwt);
	REQUIRE((size_t) jwt.segments == dots + 1);
	REQUIRE(jwt.header.text == token);
	REQUIRE(jwt.payload.text ==
			jwt.header.text + jwt.header.length + (dots >= 1));
	REQUIRE(jwt.signature.text ==
			jwt.payload.text + jwt.payload.length + (dots >= 2));
	REQUIRE(jwt.signature.text + jwt.signature.length == end);
	REQUIRE(count_dots(jwt.header.text, jwt.header.length) == 0);
	REQUIRE(count_dots(jwt.payload.text, jwt.payload.length) == 0);

	if (dots >= 2)
	{
		input = jwt_signing_input(&jwt);
		REQUIRE(input.text == token);
		REQUIRE(input.text + input.length + 1 == jwt.signature.text);
	}
	REQUIRE(jwt_has_our_header(&jwt) ==
			(jwt.header.length == strlen(JWT_HEADER_SEGMENT) &&
			 strncmp(jwt.header.text, JWT_HEADER_SEGMENT,
					 jwt.header.length) == 0));
}

/* Require that a segment decodes to these bytes */
static void
check_segment(const JwtSegment *segment, const uint8_t *bytes, size_t length)
{
	uint8_t    *decoded = make_room_for(length);

	REQUIRE(base64url_decoded_length(segment->length) == length);
	REQUIRE(base64url_decode(segment->text, segment->length, decoded) ==
			BASE64URL_OK);
	REQUIRE(memcmp(decoded, bytes, length) == 0);
	free(decoded);
}

/* Require that a token made of a payload has our header, that payload, and its own signature */
static void
check_assembly(const uint8_t *payload, size_t payload_length)
{
	HmacSha256 *hmac = fuzz_hmac();
	size_t		length = jwt_length(payload_length);
	char	   *token = make_room_for(length);
	uint8_t		signature[HMAC_SHA256_LENGTH];
	JwtSegment	input;
	Jwt			jwt;

	REQUIRE(jwt_assemble(payload, payload_length, hmac, token));
	check_split(token, length);
	jwt_split(token, length, &jwt);
	REQUIRE(jwt.segments == 3);
	REQUIRE(jwt_has_our_header(&jwt));
	check_segment(&jwt.payload, payload, payload_length);

	input = jwt_signing_input(&jwt);
	REQUIRE(hmac_sha256_sign(hmac, input.text, input.length, signature));
	check_segment(&jwt.signature, signature, HMAC_SHA256_LENGTH);
	free(token);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t    *bytes = make_room_for(size);

	memcpy(bytes, data, size);
	check_split((char *) bytes, size);
	check_assembly(bytes, size);
	free(bytes);
	return 0;
}
