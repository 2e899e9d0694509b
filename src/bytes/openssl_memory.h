/*
 * openssl_memory.h: whether there is memory for OpenSSL to fetch algorithms
 */
#ifndef OPENSSL_MEMORY_H
#define OPENSSL_MEMORY_H

#include <openssl/crypto.h>
#include <stdbool.h>

/* Several times what OpenSSL 3.0 takes to fetch HMAC and SHA-256, 36 kB */
#define ENOUGH_TO_FETCH	((size_t) 256 * 1024)

/*
 * True if there is memory to fetch algorithms.  OpenSSL constructs them once in
 * a process, and does not try again those that failed for lack of memory
 * (ossl_method_construct in crypto/core_fetch.c): a session would be left
 * without them when there is memory again.
 */
static inline bool
openssl_has_memory_to_fetch(void)
{
	void	   *memory = OPENSSL_malloc(ENOUGH_TO_FETCH);

	OPENSSL_free(memory);
	return memory != NULL;
}

#endif							/* OPENSSL_MEMORY_H */
