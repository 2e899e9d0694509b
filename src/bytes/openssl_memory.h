/*
 * openssl_memory.h: whether there is memory for OpenSSL to fetch algorithms
 */
#ifndef OPENSSL_MEMORY_H
#define OPENSSL_MEMORY_H

#include <openssl/crypto.h>
#include <stdbool.h>

/*
 * True if there is so much memory, with which to fetch algorithms.  OpenSSL constructs
 * them once in a process, and does not try again those that failed for lack of memory
 * (ossl_method_construct in crypto/core_fetch.c): a session would be left without
 * them when there is memory again.
 */
static inline bool
openssl_has_memory(size_t size)
{
	void	   *memory = OPENSSL_malloc(size);

	OPENSSL_free(memory);
	return memory != NULL;
}

#endif							/* OPENSSL_MEMORY_H */
