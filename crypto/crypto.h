// SPDX-License-Identifier: BSD-2-Clause
// OpenSSL in a library context of our own, with its default provider: the host's openssl.cnf may load a provider that loads us. What
// OpenSSL has no context for (names of OIDs, explicit curve parameters) may still read that file; a call that comes back to us through it
// is refused.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crypto;

/* NULL when there is no memory, or OpenSSL has no default provider. */
struct crypto *crypto_create(void);
void crypto_destroy(struct crypto *crypto);

/* SHA-256 of two concatenated parts (the second may be NULL with size 0). */
bool crypto_sha256(struct crypto *crypto, const void *first, size_t first_size, const void *second,
                   size_t second_size, uint8_t out[32]);

/* Asks for a PIN on the terminal, or reads a line of standard input where there is none, without echo. The prompt goes to the
 * terminal or stderr. False when nothing was typed or there is an error. The caller wipes pin. */
bool crypto_read_pin(const char *prompt, char *pin, size_t size);

/* At most 256 bytes. False when there are none to be had. */
bool crypto_random(struct crypto *crypto, void *out, size_t size);
