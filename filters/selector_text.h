// SPDX-License-Identifier: BSD-2-Clause
// Selectors in words: how the configuration calls them, what they want, what they look at.
#pragma once

#include <stdio.h>
#include "filters/decide.h"

/* When does a selector know all of what it asks for? */
enum settled {
    SETTLED_ALWAYS,
    SETTLED_BY_TOKEN,       /* when there is a token */
    SETTLED_BY_PRIVATE_KEY, /* when the private key is visible, or is known not to be there */
    SETTLED_BY_CERTIFICATE, /* when there is a certificate to look at, or all objects are visible */
    SETTLED_BY_LOGIN,       /* when all objects are visible; true is true before that */
};

/* "id", "token.label", "any" */
const char *selector_name(const struct selector *selector);

/* The values, with commas between them; nothing for those that have children. */
void selector_write_wanted(FILE *out, const struct selector *selector);

/* What selector_match() compares with them; nothing where there is nothing. */
void selector_write_seen(FILE *out, const struct selector *selector, const struct subject *subject);

enum settled selector_settled(const struct selector *selector);
