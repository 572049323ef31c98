// SPDX-License-Identifier: BSD-2-Clause
// Quirks: what is to be minded with a vendor's library and not with all of them. What does no harm to the others has no name: it is always done.
#pragma once

#include <stdbool.h>
#include <p11-kit/pkcs11.h>

enum quirk {
    QUIRK_SERIALIZE,
    QUIRK_NO_FINALIZE,
    QUIRK_NO_REINITIALIZE,
    QUIRK_SLOTS_FROZEN,
    QUIRK_RW_SESSION,
    QUIRK_RECOVERS,
    QUIRK_COUNT,
};

/* The texts are as C_GetInfo tells them, without the blanks at the end; NULL: no library is known by itself to have the quirk. */
struct quirk_entry {
    const char *name;    /* in the configuration */
    const char *changes; /* for the log: what is done otherwise */
    const char *manufacturer;
    const char *description;
};

extern const struct quirk_entry quirks[QUIRK_COUNT];

/* Does the library that says this of itself have it? */
bool quirk_is_known(enum quirk quirk, const CK_INFO *info);
