// SPDX-License-Identifier: BSD-2-Clause
// What all readers of the configuration share: what it is read for, and how errors in it are
// reported.
#pragma once

#include <stdbool.h>
#include "common/message.h"
#include "config/document.h"
#include "config/identity.h"

struct crypto;
struct config_stamps;
struct trust_store;

struct reader {
    struct crypto *crypto;        /* borrowed */
    const char *folder;           /* borrowed; absolute: relative paths start here */
    bool system;                  /* files that are named must belong to root */
    const char *narrows;          /* borrowed; the system's file beside this one; NULL: none */
    const char *profile;          /* borrowed; the chosen one; NULL: none */
    struct identity identity;     /* owned by config.c */
    struct config_stamps *stamps; /* borrowed; named files are added */
    const struct trust_store *trust; /* borrowed; the anchors that rules may name; NULL: none */
    struct message_list *messages;
};

/* Error "FILE:LINE:COLUMN: ...". */
void reader_error(struct reader *reader, struct position position, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Error at the node: "found ..., expected ...". What is found is shown in part only. */
void reader_expected(struct reader *reader, const struct node *node, const char *expected);

void reader_no_memory(struct reader *reader);

enum { READER_FOUND_SIZE = 64 };

/* "`text`", cut to fit. */
void reader_quote(const char *text, char out[READER_FOUND_SIZE]);

/* A node in a few words ("`text`", "a list", "a map", "nothing"), cut to fit. */
void reader_found(const struct node *node, char out[READER_FOUND_SIZE]);
