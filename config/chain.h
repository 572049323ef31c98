// SPDX-License-Identifier: BSD-2-Clause
// Reads what a rule asks of the chain above a certificate: `ca`, `valid` and `revocation` of one map are one question (policy.md 4).
#pragma once

#include "config/schema.h"
#include "filters/policy.h"

enum chain_key { CHAIN_CA, CHAIN_VALID, CHAIN_REVOCATION };

/* A map of `certificate` while it is read. */
struct certificate_map {
    struct selector selector; /* owned; SELECTOR_ALL of what is asked of the certificate alone */
    struct field chain[3];    /* by enum chain_key; key NULL: not said */
};

field_reader chain_read_key; /* into struct certificate_map; detail: enum chain_key */

/* Into struct trust_wish. */
field_reader chain_read_grace;
field_reader chain_read_warn_before;
field_reader chain_read_check;
field_reader chain_read_mode;
field_reader chain_read_max_age;

/* Adds the question about the chain, or about the dates alone, to the map's selector. */
void chain_make(struct reader *reader, struct certificate_map *map);
