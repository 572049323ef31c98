// SPDX-License-Identifier: BSD-2-Clause
// A client of a PKCS#11 module that signs with one key.
#pragma once

#include <stddef.h>
#include <p11-kit/pkcs11.h>

enum { SIGNER_HASH_SIZE = 32, SIGNER_SIGNATURE_MAX = 1024 };

struct signer {
    CK_FUNCTION_LIST *module;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    CK_OBJECT_HANDLE key;
    CK_KEY_TYPE type;
    const char *failed; /* the function that did, a literal; NULL: none */
};

/* Loads the module, logs in where the token wants a login, and finds the private key with that one
 * byte as its id. type: CKK_RSA or CKK_EC. arguments: of C_Initialize. */
CK_RV signer_open(struct signer *signer, const char *path, const char *pin, unsigned char id,
                  CK_KEY_TYPE type, CK_C_INITIALIZE_ARGS *arguments);

/* The same with a session of its own, for another thread; that session ends with the first one's.
 */
CK_RV signer_sibling(const struct signer *signer, struct signer *sibling);

/* Signs a hash of SHA-256: PKCS #1 v1.5, or ECDSA as PKCS#11 has it. signature:
 * SIGNER_SIGNATURE_MAX bytes of room. */
CK_RV signer_sign(struct signer *signer, const unsigned char *hash, unsigned char *signature,
                  size_t *size);

/* As a client with manners: C_CloseSession and C_Finalize. */
CK_RV signer_close(struct signer *signer);
