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
};

enum loss loss_of(CK_RV rv);

/* What the application is told of an error that no replay mended: its own session is virtual and lives on, whatever became of ours. */
CK_RV recover_answer(CK_RV rv);

/* Brings the token back to where the failed call can be replayed once: false when that cannot be. */
bool recover_token(struct token *token, CK_RV rv);
