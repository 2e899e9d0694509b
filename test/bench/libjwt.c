/*
 * libjwt.c SECRET SAMPLE SECONDS: how long libjwt takes to sign and to verify,
 * in nanoseconds a token
 */
#include "timing.h"

#include <jwt.h>

#define EXPIRES_IN	(2 * 60 * 60)

static const unsigned char *secret;
static int	secret_length;

/* The token for the payload of a line; to be freed */
static char *
make_token(const Sample *sample, int line)
{
	time_t		now = time(NULL);
	jwt_t	   *jwt;
	char	   *token;

	if (jwt_new(&jwt) != 0 ||
		jwt_add_grants_json(jwt, sample->columns[line][PAYLOAD]) != 0 ||
		jwt_add_grant_int(jwt, "iat", now) != 0 ||
		jwt_add_grant_int(jwt, "exp", now + EXPIRES_IN) != 0 ||
		jwt_set_alg(jwt, JWT_ALG_HS256, secret, secret_length) != 0)
		exit(1);
	token = jwt_encode_str(jwt);
	jwt_free(jwt);
	return token;
}

static void
sign(const Sample *sample, int line)
{
	free(make_token(sample, line));
}

static void
verify(const Sample *sample, int line)
{
	jwt_t	   *jwt;

	/* This version leaves the times to its caller */
	if (jwt_decode(&jwt, sample->columns[line][TOKEN], secret, secret_length) != 0 ||
		jwt_get_grant_int(jwt, "exp") <= time(NULL))
		exit(1);
	jwt_free(jwt);
}

int
main(int argc, char **argv)
{
	static Sample sample;
	double		seconds;

	if (argc != 4)
		return 2;
	secret = (const unsigned char *) argv[1];
	secret_length = strlen(argv[1]);
	read_sample(argv[2], &sample);
	seconds = atof(argv[3]);

	printf("{\"sign\": %f, ", nanoseconds_each(sign, &sample, seconds));
	printf("\"verify\": %f, ", nanoseconds_each(verify, &sample, seconds));
	printf("\"sample\": \"%s\"}\n", make_token(&sample, 0));
	return 0;
}
