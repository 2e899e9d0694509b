/*
 * no_rsa.c: stands before OpenSSL, by LD_PRELOAD, and finds no algorithm to verify
 * signatures with
 */
extern void *EVP_SIGNATURE_fetch(void *context, const char *name,
								 const char *properties);

void *
EVP_SIGNATURE_fetch(void *context, const char *name, const char *properties)
{
	(void) context;
	(void) name;
	(void) properties;
	return 0;
}
