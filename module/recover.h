// SPDX-License-Identifier: BSD-2-Clause
// What is done when the vendor has lost something: the one place (docs/architecture.md).
#pragma once

#include <stdbool.h>
#include "module/token.h"

enum loss {
    LOSS_NONE,
    LOSS_OPERATION, /* an operation that somebody abandoned is still active on our session */
    LOSS_OBJECT,  /* an object handle is not known any more */
    LOSS_SESSION, /* the session or the card is gone */
    LOSS_LOGIN,   /* the card forgot the login */
    LOSS_LIBRARY, /* somebody else finalised the library */
    LOSS_DOUBT,   /* the code says nothing, and the card may be gone: of signatures alone */
    LOSSES
};

/* How far a signature has come with its recovery. A zeroed struct is the beginning. */
struct recovery {
    unsigned replays;
};

/* What a code of any call says. Never LOSS_DOUBT. */
enum loss loss_of(CK_RV rv);

/* What the application is told of an error that no replay mended: its own session is virtual and lives on, whatever became of ours. */
CK_RV recover_answer(CK_RV rv);

/* The same of a call on a token: CKR_DEVICE_REMOVED where that turned out to be gone. */
CK_RV recover_answer_of(const struct token *token, CK_RV rv);

/* Brings the token back to where the failed call can be replayed once: false when that cannot be. */
bool recover_token(struct token *token, CK_RV rv);

/* The same without reading the token, for who reads it then. */
bool recover_for_reading(struct token *token, CK_RV rv);

/* The same after a failed signature, which can be repeated: codes that say nothing get one replay; a loss after a replay gets another with the
 * library initialised again, where that is ours to do. */
bool recover_signature(struct recovery *recovery, struct token *token, CK_RV rv);

/* Looks for a token that is out, once a second at most and after each event of its reader, at the cost of listing its vendor's slots; at
 * none where pcscd says that no card is in any reader. Is it there? */
bool recover_find(struct token *token);
