// SPDX-License-Identifier: BSD-2-Clause
#include "module/pin_guard.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "crypto/crypto.h"

enum { SALT_SIZE = 16, HASH_SIZE = 32 };

struct refused_pin {
    CK_USER_TYPE user;
    CK_RV rv; /* what the vendor answered */
    uint8_t salt[SALT_SIZE];
    uint8_t hash[HASH_SIZE];
};

/* Codes of a failed C_Login that say nothing about the PIN; every other one counts as a refusal (OpenSC says
 * CKR_GENERAL_ERROR for a wrong PIN). */
static const CK_RV innocent[] = {
    CKR_USER_ALREADY_LOGGED_IN,
    CKR_USER_PIN_NOT_INITIALIZED,
    CKR_USER_TYPE_INVALID,
    CKR_USER_ANOTHER_ALREADY_LOGGED_IN,
    CKR_HOST_MEMORY,
    CKR_DEVICE_ERROR,
    CKR_DEVICE_MEMORY,
    CKR_DEVICE_REMOVED,
    CKR_FUNCTION_CANCELED,
    CKR_FUNCTION_NOT_SUPPORTED,
    CKR_OPERATION_NOT_INITIALIZED,
    CKR_SESSION_CLOSED,
    CKR_SESSION_HANDLE_INVALID,
    CKR_SESSION_READ_WRITE_SO_EXISTS,
    CKR_TOKEN_NOT_PRESENT,
    CKR_TOKEN_NOT_RECOGNIZED,
    CKR_CRYPTOKI_NOT_INITIALIZED,
};

bool pin_guard_is_refusal(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(innocent) / sizeof(innocent[0]); i++) {
        if (innocent[i] == rv)
            return false;
    }
    return rv != CKR_OK;
}

CK_RV pin_guard_check(const struct pin_guard *guard, struct crypto *crypto, CK_USER_TYPE user,
                      const CK_UTF8CHAR *pin, CK_ULONG size)
{
    uint8_t hash[HASH_SIZE];

    if (guard->blind && pin != NULL)
        return CKR_FUNCTION_FAILED;
    for (size_t i = 0; pin != NULL && i < guard->count; i++) {
        const struct refused_pin *refused = &guard->refused[i];
        if (!crypto_sha256(crypto, refused->salt, SALT_SIZE, pin, size, hash))
            return CKR_FUNCTION_FAILED;
        bool same = refused->user == user && memcmp(hash, refused->hash, HASH_SIZE) == 0;
        explicit_bzero(hash, sizeof(hash));
        if (same) {
            log_notice("this PIN was refused before; it is not sent again: type another one");
            return refused->rv;
        }
    }
    return CKR_OK;
}

static void remember(struct pin_guard *guard, struct crypto *crypto, CK_USER_TYPE user,
                     const CK_UTF8CHAR *pin, CK_ULONG size, CK_RV rv)
{
    struct refused_pin *grown = calloc(guard->count + 1, sizeof(*grown));
    struct refused_pin *refused;

    guard->blind = true; /* until the refusal is written down */
    if (grown == NULL)
        return;
    if (guard->refused != NULL) { /* not realloc: it would leave the hashes of short PINs behind */
        memcpy(grown, guard->refused, guard->count * sizeof(*grown));
        explicit_bzero(guard->refused, guard->count * sizeof(*grown));
    }
    free(guard->refused);
    guard->refused = grown;
    refused = &grown[guard->count];
    *refused = (struct refused_pin){.user = user, .rv = rv};
    if (crypto_random(crypto, refused->salt, SALT_SIZE) &&
        crypto_sha256(crypto, refused->salt, SALT_SIZE, pin, size, refused->hash)) {
        guard->count++;
        guard->blind = false;
    }
}

static void forget(struct pin_guard *guard, CK_USER_TYPE user)
{
    size_t kept = 0;

    for (size_t i = 0; i < guard->count; i++) {
        if (guard->refused[i].user != user)
            guard->refused[kept++] = guard->refused[i];
    }
    if (guard->count > kept)
        explicit_bzero(guard->refused + kept, (guard->count - kept) * sizeof(*guard->refused));
    guard->count = kept;
}

void pin_guard_record(struct pin_guard *guard, struct crypto *crypto, CK_USER_TYPE user,
                      const CK_UTF8CHAR *pin, CK_ULONG size, CK_RV rv)
{
    if (rv == CKR_OK)
        forget(guard, user);
    else if (pin != NULL && pin_guard_is_refusal(rv))
        remember(guard, crypto, user, pin, size, rv);
}

void pin_guard_finish(struct pin_guard *guard)
{
    if (guard->refused != NULL)
        explicit_bzero(guard->refused, guard->count * sizeof(*guard->refused));
    free(guard->refused);
    *guard = (struct pin_guard){0};
}
