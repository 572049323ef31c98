// SPDX-License-Identifier: BSD-2-Clause
// The memory that keeps a refused PIN from being sent again (policy.md 6). One a token.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <p11-kit/pkcs11.h>

struct crypto;

/* A zeroed struct is an empty memory. */
struct pin_guard {
    struct refused_pin *refused; /* owned */
    size_t count;
    bool blind; /* a refusal could not be remembered: no PIN is sent any more */
};

/* Does the code of a C_Login say that the PIN was refused, or leave that open? */
bool pin_guard_is_refusal(CK_RV rv);

/* CKR_OK, or the code that the vendor gave when it refused this PIN of this user type. A NULL PIN is always CKR_OK. When the memory
 * cannot be asked the PIN is not sent: CKR_FUNCTION_FAILED. */
CK_RV pin_guard_check(const struct pin_guard *guard, struct crypto *crypto, CK_USER_TYPE user,
                      const CK_UTF8CHAR *pin, CK_ULONG size);

/* Records the outcome of C_Login: success forgets the refusals of that user type, a refusal is remembered, and a code that says something else changes nothing. */
void pin_guard_record(struct pin_guard *guard, struct crypto *crypto, CK_USER_TYPE user,
                      const CK_UTF8CHAR *pin, CK_ULONG size, CK_RV rv);

/* Wipes and forgets. */
void pin_guard_finish(struct pin_guard *guard);
