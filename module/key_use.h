// SPDX-License-Identifier: BSD-2-Clause
// What stands before and behind each use of a private key: the user's consent, where a rule asks for it, and the lines of the audit.
#pragma once

#include "common/functions.h"
#include "crypto/digest.h"
#include "module/token.h"

/* A use that was begun, as the audit describes it. */
struct key_use;

/* The function that the application called, and what it asked for; digest: as far as it is known. */
struct key_use_request {
    enum function_id function;
    const CK_MECHANISM *mechanism; /* NULL: it takes none */
    enum digest digest;
};

/* Before the vendor is asked: CKR_OK; CKR_FUNCTION_REJECTED when the user did not consent, CKR_FUNCTION_FAILED when it must be written down
 * and cannot be, both of them logged. *use, NULL or one
 * that was left unfinished, is for key_use_ended, the caller's; NULL: there is nothing to be written. */
CK_RV key_use_begins(struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request, struct key_use **use);

/* Writes what became of it. Frees *use, which may be NULL, and forgets it. */
void key_use_ended(struct gate *gate, struct key_use **use, CK_RV rv);

/* The program left it unfinished. */
void key_use_destroy(struct key_use *use);

/* Writes that it was refused before it began; reason: NULL where rv says it. */
void key_use_refused(struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request, const char *reason, CK_RV rv);
