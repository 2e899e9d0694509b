/*
 * no_hmac.c: stands before OpenSSL, by LD_PRELOAD, and finds no algorithm
 */
extern void *EVP_MAC_fetch(void *context, const char *name,
						   const char *properties);

void *
EVP_MAC_fetch(void *context, const char *name, const char *properties)
{
	(void) context;
	(void) name;
	(void) properties;
	return 0;
}
