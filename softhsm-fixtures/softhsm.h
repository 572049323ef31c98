// SPDX-License-Identifier: BSD-2-Clause
// SoftHSM in a private folder: its configuration, its tokens, one session on the token being
// filled.
#ifndef FIXTURES_SOFTHSM_H
#define FIXTURES_SOFTHSM_H

#include "attributes.h"

struct softhsm;

// Makes FOLDER with softhsm2.conf and tokens/ (what is there stays), loads MODULE (NULL: where
// distributions put SoftHSM) and initialises it. NULL, with the reason on stderr, on failure.
struct softhsm *softhsm_create(const char *folder, const char *module);
// Makes a new token and opens it for the objects that follow.
CK_RV softhsm_make_token(struct softhsm *softhsm, const char *label, const char *pin,
                         const char *so_pin);
// Opens a token that is there by its label. CKR_TOKEN_NOT_PRESENT if none has it.
CK_RV softhsm_open_token(struct softhsm *softhsm, const char *label, const char *pin);
// CKR_SESSION_HANDLE_INVALID while no token is open.
CK_RV softhsm_add(struct softhsm *softhsm, struct template *template);
// Deletes every object that matches. CKR_OBJECT_HANDLE_INVALID if there is none.
CK_RV softhsm_delete(struct softhsm *softhsm, struct template *template);
// Accepts NULL.
void softhsm_destroy(struct softhsm *softhsm);

#endif
