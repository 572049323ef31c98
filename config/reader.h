// SPDX-License-Identifier: BSD-2-Clause
// What all readers of the configuration share: what it is read for, and how errors in it are
// reported.
#pragma once

#include <stdbool.h>
#include "common/message.h"
#include "config/document.h"
#include "config/identity.h"
#include "config/secure_file.h"

struct account;
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
    const struct account *user;   /* borrowed; who it is read for; NULL: the process's own user */
    bool named;                   /* a file that stands in place of the configuration */
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

/* Reads a file of up to limit bytes that the one whom it is read for may rely on:
 * secure_file_read_up_to(), where he is the effective user. What stands in place of the
 * configuration may belong to the caller as well. */
bool reader_file(struct reader *reader, const char *path, size_t limit, struct position position,
                 struct secure_file *file);

/* secure_file_check_secret() for the same. */
bool reader_check_secret(struct reader *reader, const char *path, struct position position);

enum { READER_FOUND_SIZE = 64 };

/* "`text`", cut to fit. */
void reader_quote(const char *text, char out[READER_FOUND_SIZE]);

/* A node in a few words ("`text`", "a list", "a map", "nothing"), cut to fit. */
void reader_found(const struct node *node, char out[READER_FOUND_SIZE]);
