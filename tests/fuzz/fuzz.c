// SPDX-License-Identifier: BSD-2-Clause
// Calls the target, and looks at what must hold for every input.
#include "tests/fuzz/fuzz.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>
#include "config/stamps.h"
#include "common/utf8.h"
#include "crypto/crypto.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void fuzz_fail(const char *file, int line, const char *condition)
{
    fprintf(stderr, "%s:%d: not true: %s\n", file, line, condition);
    abort();
}

struct crypto *fuzz_crypto(void)
{
    static struct crypto *crypto; /* for as long as the process lives */

    if (crypto == NULL)
        crypto = crypto_create();
    FUZZ_REQUIRE(crypto != NULL);
    return crypto;
}

char *fuzz_text(const uint8_t *data, size_t size)
{
    char *text = size > 0 ? strndup((const char *)data, size) : strdup("");

    FUZZ_REQUIRE(text != NULL);
    return text;
}

bool fuzz_is_utf8(const char *text)
{
    size_t length;

    for (; *text != '\0'; text += length)
        if (utf8_decode(text, strlen(text), &length) == UTF8_INVALID)
            return false;
    return true;
}

/* In characters; 0: there is no such line. The columns of a line go from 1 to one behind its last
 * character. */
static size_t last_column(const char *text, size_t size, unsigned long line)
{
    size_t column = 1;
    size_t length;

    for (size_t at = 0; at < size; at += length) {
        bool ends = utf8_decode(text + at, size - at, &length) == '\n';

        if (line == 1 && ends)
            return column;
        line -= ends;
        column = ends ? 1 : column + 1;
    }
    return line == 1 ? column : 0;
}

/* at: behind the file's name. */
static void check_place(const char *at, const char *text, size_t size)
{
    char *end = NULL;
    unsigned long line, column;

    line = strtoul(at + 1, &end, 10);
    FUZZ_REQUIRE(at[0] == ':' && *end == ':' && line >= 1);
    column = strtoul(end + 1, &end, 10);
    FUZZ_REQUIRE(end[0] == ':' && end[1] == ' ' && column >= 1);
    FUZZ_REQUIRE(column <= last_column(text, size, line));
}

static void check_message(const char *message, const char *file, const char *text, size_t size)
{
    size_t length;
    const char *rest = message;

    if (strncmp(message, file, strlen(file)) == 0) {
        rest = message + strlen(file);
        check_place(rest, text, size);
    } else {
        rest = strstr(message, ".pub:"); /* the world's files end so */
        FUZZ_REQUIRE(rest != NULL);
    }
    FUZZ_REQUIRE(strlen(rest) <= FUZZ_LONGEST_MESSAGE);
    for (const char *at = rest; *at != '\0'; at += length) {
        int32_t code = utf8_decode(at, strlen(at), &length);

        FUZZ_REQUIRE(code >= 0x20 && code != 0x7f && (code < 0x80 || code > 0x9f));
    }
}

void fuzz_check_messages(const struct message_list *messages, const char *file, const char *text,
                         size_t size)
{
    size_t errors = 0;

    for (size_t i = 0; i < messages->count; i++) {
        check_message(messages->items[i].text, file, text, size);
        errors += messages->items[i].severity == SEVERITY_ERROR;
    }
    FUZZ_REQUIRE(errors == messages->errors);
}

void fuzz_value_begin(struct fuzz_value *value, char *text)
{
    const struct position position = {.file = "value", .line = 1, .column = 1};

    *value = (struct fuzz_value){
        .node = {.kind = NODE_SCALAR, .style = STYLE_QUOTED, .text = text, .position = position},
        .selector = {.kind = SELECTOR_ALL, .position = position},
    };
    value->reader = (struct reader){.crypto = fuzz_crypto(),
                                    .folder = "/",
                                    .stamps = stamps_create(),
                                    .messages = &value->messages};
    FUZZ_REQUIRE(value->reader.stamps != NULL);
    identity_init(&value->reader.identity);
}

bool fuzz_value_good(const struct fuzz_value *value)
{
    return value->messages.errors == 0;
}

void fuzz_value_end(struct fuzz_value *value)
{
    fuzz_check_messages(&value->messages, "value", value->node.text, strlen(value->node.text));
    message_list_finish(&value->messages);
    selector_finish(&value->selector);
    identity_finish(&value->reader.identity);
    stamps_destroy(value->reader.stamps);
}

static double processor_seconds(void)
{
    struct timespec now = {0};

    clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

/* From now on what is printed can be measured. */
static void catch_stdout(void)
{
    static bool caught;
    int file;

    if (caught)
        return;
    file = memfd_create("stdout", MFD_CLOEXEC);
    FUZZ_REQUIRE(file >= 0 && dup2(file, STDOUT_FILENO) == STDOUT_FILENO);
    close(file);
    caught = true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    double start;

    catch_stdout();
    start = processor_seconds();
    fuzz_one(data, size);
    FUZZ_REQUIRE(processor_seconds() - start < FUZZ_LONGEST_TIME);
    FUZZ_REQUIRE(fflush(stdout) == 0 && lseek(STDOUT_FILENO, 0, SEEK_END) == 0);
    return 0;
}
