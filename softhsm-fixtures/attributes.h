// SPDX-License-Identifier: BSD-2-Clause
// The template of one object: set by code, then changed by the options of a description.
#ifndef FIXTURES_ATTRIBUTES_H
#define FIXTURES_ATTRIBUTES_H

#include "description.h"

#include <p11-kit/pkcs11.h>
#include <stdbool.h>
#include <stddef.h>

enum { TEMPLATE_MAX = 40 };

// Owns the values. Zero-initialise, then template_finish.
struct template
{
    CK_ATTRIBUTE items[TEMPLATE_MAX];
    CK_ULONG count;
};

// Each sets one attribute, replacing what it had; the bytes are copied. Out of memory or room ends
// the program.
void template_set(struct template *template, CK_ATTRIBUTE_TYPE type, const void *bytes,
                  size_t length);
void template_set_bool(struct template *template, CK_ATTRIBUTE_TYPE type, bool value);
void template_set_ulong(struct template *template, CK_ATTRIBUTE_TYPE type, CK_ULONG value);
void template_remove(struct template *template, CK_ATTRIBUTE_TYPE type);
void template_finish(struct template *template);

// Applies every option id=, label=, value= and CKA_...= of the statement; any other name must be in
// OWN, a list with NULL at its end (or NULL for none), else the program ends. Values:
//   "text"  true|false  hex:0102  empty  absent  @300 (that many x)  number; a bare id is hex; else
//   text
void template_apply(struct template *template, const struct statement *statement,
                    const char *const *own);

#endif
