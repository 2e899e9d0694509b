/*
 * no_algorithm.c: stands before OpenSSL, by LD_PRELOAD, and finds no algorithm of the
 * kind that FETCH, a function of OpenSSL's, is for
 */
extern void *FETCH(void *context, const char *name, const char *properties);

void *
FETCH(void *context, const char *name, const char *properties)
{
	(void) context;
	(void) name;
	(void) properties;
	return 0;
}
