// SPDX-License-Identifier: BSD-2-Clause
// The key of a certificate in a file, decided on as if the certificate were all that a token shows
// before login.
#pragma once

#include <stdbool.h>
#include "config/config.h"
#include "filters/exposure.h"

struct tokenless_key {
    struct object_list objects;       /* owned; of the file */
    struct trust_memo *trust;         /* owned; NULL: no rule asks for chains or dates */
    const struct object *certificate; /* borrowed from objects: the first */
    struct key_group group;           /* of it alone */
    struct subject subject;
    struct exposed_key key; /* its group and its verdict */
};

/* Reads the file and decides. Borrows from crypto and config, and from itself: it is not to be
 * moved. False with the reason on stderr; to be finished in either case. */
bool tokenless_key_init(struct tokenless_key *tokenless, struct crypto *crypto,
                        const struct config *config, const char *path);
void tokenless_key_finish(struct tokenless_key *tokenless);

/* It is an authority's certificate, which makes no key by itself: it is hidden, whatever the
 * verdict. */
bool tokenless_key_is_none(const struct tokenless_key *tokenless);
bool tokenless_key_is_shown(const struct tokenless_key *tokenless);

/* Why it is shown or hidden. The caller frees; NULL without memory. */
char *tokenless_key_describe(const struct tokenless_key *tokenless);

/* What the verdict would be if no rule of deny held that is unknown for lack of a token; the caller
 * frees *text, which is NULL where that is the same. False without memory. */
bool tokenless_key_suppose(const struct tokenless_key *tokenless, const struct policy *policy,
                           char **text);
