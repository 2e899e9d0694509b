/*
 * token_form.h: a token taken apart
 */
#ifndef TOKEN_FORM_H
#define TOKEN_FORM_H

#include "bytes/jwt.h"
#include "utils/jsonb.h"

/* The characters of a signature: those of an HMAC-SHA256 in base64url */
#define SIGNATURE_LENGTH	43

#define COPY_WHOLE_TOKEN	"Copy the whole token."

/* A token as far as it was taken apart, and why it could not be further */
typedef struct TokenForm
{
	Jwt			jwt;
	char	   *header;			/* decoded, as the next two */
	int			header_length;
	char	   *payload;
	int			payload_length;
	char	   *signature;
	int			signature_length;
	const char *detail;			/* a sentence, after a function returned false */
	const char *hint;			/* a sentence, or NULL */
} TokenForm;

extern bool token_split(TokenForm *form, Datum token);
extern bool token_decode_header(TokenForm *form);
extern bool token_decode_payload(TokenForm *form);
extern bool token_decode_signature(TokenForm *form);
extern bool token_read_header(TokenForm *form, Jsonb **header);
extern bool token_read_payload(TokenForm *form, Jsonb **payload);
extern char *token_cut_short(int signature_characters);

#endif							/* TOKEN_FORM_H */
