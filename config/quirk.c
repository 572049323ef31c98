// SPDX-License-Identifier: BSD-2-Clause
#include "config/quirk.h"

#include <stddef.h>
#include <string.h>

const struct quirk_entry quirks[QUIRK_COUNT] = {
    /* tpm2-pkcs11: wrong signatures and crashes under threads */
    [QUIRK_SERIALIZE] = {"serialize", "no two calls run at the same time", NULL, NULL},
    /* tpm2-pkcs11 has crashed in C_Finalize, libraries with threads of their own have hung there */
    [QUIRK_NO_FINALIZE] = {"no-finalize", "C_Finalize is never called", NULL, NULL},
    /* cackey has lost its readers after it */
    [QUIRK_NO_REINITIALIZE] = {"no-reinitialize",
                               "the library is not finalised in order to be initialised anew",
                               "U.S. Government", "CACKey"},
    /* p11-kit's client stays without slots when the server comes later; early versions of ykcs11
       knew only the readers of C_Initialize */
    [QUIRK_SLOTS_FROZEN] = {"slots-frozen",
                            "the library is initialised anew before its slots are listed again",
                            "p11-kit", "p11-kit (no connection)"},
    /* AWS CloudHSM's client 5 before 5.5: C_OpenSession fails without CKF_RW_SESSION */
    [QUIRK_RW_SESSION] = {"rw-session", "sessions are opened for reading and writing", NULL, NULL},
    /* p11gate itself, behind a socket */
    [QUIRK_RECOVERS] = {"recovers", "what is lost with a card or a library is its own to bring back",
                        "p11gate", "p11gate PKCS#11 filter"},
};

static bool is_text(const CK_UTF8CHAR *field, size_t size, const char *text)
{
    size_t length = strlen(text);

    if (length > size || memcmp(field, text, length) != 0)
        return false;
    while (length < size && field[length] == ' ')
        length++;
    return length == size;
}

bool quirk_is_known(enum quirk quirk, const CK_INFO *info)
{
    const struct quirk_entry *own = &quirks[quirk];

    return own->manufacturer != NULL &&
           is_text(info->manufacturerID, sizeof(info->manufacturerID), own->manufacturer) &&
           is_text(info->libraryDescription, sizeof(info->libraryDescription), own->description);
}
