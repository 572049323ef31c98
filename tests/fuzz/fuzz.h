// SPDX-License-Identifier: BSD-2-Clause
// What the fuzz targets share: what must hold for every input, and a world without files and users.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/message.h"
#include "config/node.h"
#include "config/reader.h"
#include "filters/policy.h"

enum {
    FUZZ_LONGEST_MESSAGE = 1024, /* bytes of one message, its file's name left out */
    FUZZ_LONGEST_TIME = 2,       /* seconds of processor time for one input */
};

/* The target itself; fuzz.c calls it, and looks at time and output. */
void fuzz_one(const uint8_t *data, size_t size);

/* Ends the process, so that the input is kept, when the condition is false. */
#define FUZZ_REQUIRE(condition)                                                                    \
    do {                                                                                           \
        if (!(condition))                                                                          \
            fuzz_fail(__FILE__, __LINE__, #condition);                                             \
    } while (0)
_Noreturn void fuzz_fail(const char *file, int line, const char *condition);

struct crypto *fuzz_crypto(void);

/* A copy with a NUL behind it, cut at the first NUL; the caller frees. */
char *fuzz_text(const uint8_t *data, size_t size);

/* The values of a document are UTF-8: no other text reaches what reads them. */
bool fuzz_is_utf8(const char *text);

/* Every error names a place within the text, or in a file that the text names; no message is too
 * long or holds what steers a terminal. file: of the text. */
void fuzz_check_messages(const struct message_list *messages, const char *file, const char *text,
                         size_t size);

/* What reads one value: a reader and a quoted scalar, both borrowing from here until the next call.
 * The reader's messages are fresh; fuzz_value_end() looks at them. False: the value was refused. */
struct fuzz_value {
    struct reader reader;
    struct node node;
    struct message_list messages;
    struct selector selector;
};
void fuzz_value_begin(struct fuzz_value *value, char *text);
bool fuzz_value_good(const struct fuzz_value *value);
void fuzz_value_end(struct fuzz_value *value);

/* What stands in place of every file (world.c): the first path is the configuration's. */
extern const char fuzz_config_path[];
void fuzz_set_file(const char *text, size_t size);
