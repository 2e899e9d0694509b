/*
 * server.h: a server with two keys, tokens signed with them, and what there is to
 * say of them
 */
#ifndef SERVER_H
#define SERVER_H

#include "fuzz.h"
#include "token_check.h"

#define TIME(numeric_date)	(((int64) (numeric_date) - 946684800) * USECS_PER_SEC)

/* The time of the checks */
#define VALID_AT	TIME(1795000060)

/* Whose key signs: the server's, of which the second is accepted until just after VALID_AT, or none of them */
typedef enum Signer
{
	CURRENT,
	PREVIOUS,
	STRANGER
} Signer;

/* What our tokens have */
#define GOOD_HEADER		"{\"alg\":\"HS256\",\"typ\":\"JWT\"}"
#define GOOD_PAYLOAD	"{\"apikey\":\"key\",\"permissions\":[\"allow_join\"],\"exp\":1795003600}"

extern const SigningKey *signing_key(Signer signer);
extern TokenVerifier server_verifier(void);
extern Datum sign(Signer signer, const char *header, size_t header_size,
				  const char *payload, size_t payload_size);
extern JsonbValue *find_member(Jsonb *payload, const char *name);
extern bool has_string(Jsonb *payload, const char *name, const char *string);
extern bool is_sentence(const char *text);
extern int	join_code(const TokenCheck *check, const char *room_id,
					  const char *participant_id);

#endif							/* SERVER_H */
