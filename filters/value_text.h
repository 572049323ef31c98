// SPDX-License-Identifier: BSD-2-Clause
// Single values in words, for explanations.
#pragma once

#include <stdio.h>
#include "crypto/public_key.h"
#include "filters/policy.h"

/* ", " before all but the first. */
void value_write_comma(FILE *out, size_t i);
void value_write_quoted(FILE *out, const void *text, size_t size);
void value_write_hex(FILE *out, const void *value, size_t size);

/* The fingerprint. */
void value_write_key(FILE *out, const struct public_key *key);

/* An OID by its name among those of the selector's kind. */
void value_write_oid(FILE *out, enum selector_kind kind, const char *oid);

/* As in a URI: "private"; "other". */
const char *value_class_name(CK_OBJECT_CLASS class);

/* 0: "Sun". */
const char *value_day_name(unsigned day);
