// SPDX-License-Identifier: BSD-2-Clause
// Why a selector is true, false or unknown: what it wants and what is seen. The verdicts are those of selector_match().
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "filters/decide.h"

/* Text of the token's or the policy's, as it is: it may hold any byte. */
struct explained_text {
    char *bytes; /* owned; NULL: there is none */
    size_t size;
};

/* One selector; of SELECTOR_ALL, SELECTOR_ANY and SELECTOR_NOT the children say more. */
struct explanation {
    const struct selector *selector; /* borrowed */
    const char *name;                /* as in the configuration: "id", "token.label" */
    enum truth truth;
    struct explained_text wanted;
    struct explained_text seen; /* none: nothing that can be read */
    bool open;                  /* private objects are not visible yet, or there is no token, and the truth may change when they are */
    struct explanation *children; /* owned array */
    size_t n_children;
};

/* The explanation borrows from the selector and has to be finished. False when there is no memory: it is then empty. */
bool explanation_make(const struct selector *selector, const struct subject *subject,
                      struct explanation *explanation);
void explanation_finish(struct explanation *explanation);
