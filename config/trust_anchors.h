// SPDX-License-Identifier: BSD-2-Clause
// Reads `trust_anchors`: named authorities, from files (policy.md 2).
#pragma once

#include "config/schema.h"
#include "filters/trust_wish.h"

/* The authorities of one configuration, by their names. */
struct trust_store;

void trust_store_destroy(struct trust_store *store);

/* NULL: there is none of that name. Borrowed. */
const struct trust_source *trust_store_find(const struct trust_store *store, const char *name);

/* Of the index, from 0 on; NULL: there are no more. The place is that of the name. */
const char *trust_store_name(const struct trust_store *store, size_t index);
struct position trust_store_position(const struct trust_store *store, size_t index);

/* Reads those of the document, before its rules are; NULL: there are none, or there is no memory. Files are read and checked as the
 * reader says, and added to its stamps. What is wrong is put as a message. The caller owns the store. */
struct trust_store *trust_anchors_read_all(struct reader *reader, const struct node *root);

/* Of a value that trust_anchors_read_all() has read. */
field_reader trust_anchors_read;

/* Into struct trust_files. */
field_reader trust_anchors_read_file; /* detail: enum trust_file */

enum trust_file { TRUST_FILE_ANCHORS, TRUST_FILE_INTERMEDIATES, TRUST_FILE_CRL };

/* The files of one name, as they are written. */
struct trust_files {
    const struct node *values[3]; /* borrowed; by enum trust_file; NULL: not said */
};
