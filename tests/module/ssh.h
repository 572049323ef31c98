// SPDX-License-Identifier: BSD-2-Clause
// What OpenSSH's ssh-pkcs11.c does, call by call (pkcs11_register_provider, pkcs11_get_key,
// pkcs11_del_provider; 9.2 to 10.5).
#pragma once

#include "tests/module/host.h"

enum { SSH_SLOTS_MAX = 8, SSH_KEYS_MAX = 64 };

struct ssh_key {
    size_t slot; /* index in the provider */
    CK_KEY_TYPE type;
    unsigned char id[300];
    CK_ULONG id_size;
    char label[256];
    unsigned char first[600], second[600]; /* modulus and exponent, or point and parameters */
    CK_ULONG first_size, second_size;
};

struct ssh_slot {
    CK_SLOT_ID id;
    CK_FLAGS flags; /* as at the enumeration */
    CK_SESSION_HANDLE session;
    bool logged_in;
};

struct ssh_provider {
    struct ssh_slot slots[SSH_SLOTS_MAX];
    size_t n_slots;
    struct ssh_key keys[SSH_KEYS_MAX];
    size_t n_keys;
    bool cannot_read; /* an attribute fetch failed where ssh gives up on the slot */
};

/* C_Initialize and the enumeration. pin: as ssh-add -s passes it, to every slot that wants one;
 * NULL: none. */
void ssh_add_provider(struct ssh_provider *provider, const char *pin);

/* The private key for a key's CKA_ID, and a signature of host_data. pin: what the user would type;
 * NULL: the agent, which does not ask. */
CK_RV ssh_sign(struct ssh_provider *provider, size_t key, const char *pin, unsigned char *signature,
               CK_ULONG *size);

/* C_CloseSession and C_Finalize. */
void ssh_del_provider(struct ssh_provider *provider);

CK_MECHANISM_TYPE ssh_mechanism(const struct ssh_key *key);

/* All of that with the one key that is permitted, which must succeed; the token's PIN is "1234". */
void ssh_log_in(const struct mock_key *key);
