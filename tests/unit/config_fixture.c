// SPDX-License-Identifier: BSD-2-Clause
// Loads configurations from text and compares what is said of them.
#include "tests/unit/config_fixture.h"

#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char folder[64];
static struct crypto *crypto;

int fixture_set_up(void **state)
{
    (void)state;
    strcpy(folder, "/tmp/p11gate-test-XXXXXX");
    crypto = crypto_create();
    return mkdtemp(folder) == NULL || crypto == NULL ? -1 : 0;
}

static int remove_entry(const char *path, const struct stat *status, int flag, struct FTW *walk)
{
    (void)status;
    (void)flag;
    (void)walk;
    return remove(path);
}

int fixture_tear_down(void **state)
{
    (void)state;
    crypto_destroy(crypto);
    return nftw(folder, remove_entry, 8, FTW_DEPTH | FTW_PHYS);
}

const char *fixture_folder(void)
{
    return folder;
}

struct crypto *fixture_crypto(void)
{
    return crypto;
}

const char *fixture_path(const char *name)
{
    static char paths[4][256];
    static unsigned next;
    char *path = paths[next++ % 4];

    snprintf(path, sizeof(paths[0]), "%s/%s", folder, name);
    return path;
}

const char *fixture_write(const char *name, const char *bytes, size_t size)
{
    const char *path = fixture_path(name);
    FILE *file;

    unlink(path); /* it may be read-only */
    file = fopen(path, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(bytes, 1, size, file), size);
    assert_int_equal(fchmod(fileno(file), 0600), 0);
    assert_int_equal(fclose(file), 0);
    return path;
}

const char *fixture_write_text(const char *name, const char *text)
{
    return fixture_write(name, text, strlen(text));
}

struct config *fixture_load(const char *text)
{
    struct message_list messages = {0};
    struct config *config =
        config_load(crypto, fixture_write_text("config.yaml", text), false, &messages);

    if (config == NULL || messages.count != 0)
        fail_msg("%s\nfor:\n%s", messages.count > 0 ? messages.items[0].text : "?", text);
    message_list_finish(&messages);
    return config;
}

static char *with_head(const char *text)
{
    char *joined = NULL;

    if (asprintf(&joined, "version: 1\nmodule: m.so\n%s", text) < 0)
        joined = NULL;
    assert_non_null(joined);
    return joined;
}

struct config *fixture_load_policy(const char *text)
{
    char *joined = with_head(text);
    struct config *config = fixture_load(joined);

    free(joined);
    return config;
}

/* The message of that error begins with the prefix and the expected place, and has the rest in it.
 */
static bool message_meets(const char *message, const char *prefix, const char *expected,
                          size_t length)
{
    char line[512];
    char *part;
    size_t place;

    snprintf(line, sizeof(line), "%s%.*s", prefix, (int)length, expected);
    part = strstr(line + strlen(prefix), ": ");
    if (part == NULL)
        return strcmp(line, message) == 0;
    place = (size_t)(part - line) + 2;
    return strncmp(message, line, place) == 0 && strstr(message + place, line + place) != NULL;
}

void fixture_compare(const struct message_list *messages, const char *prefix, const char *errors,
                     const char *text)
{
    size_t i = 0;

    while (*errors != '\0') {
        size_t length = strcspn(errors, "\n");
        const char *message = i < messages->count ? messages->items[i].text : "nothing";

        if (!message_meets(message, prefix, errors, length))
            fail_msg("expected %s%.*s\nbut got  %s\nfor:\n%s", prefix, (int)length, errors, message,
                     text);
        errors += length + (errors[length] == '\n' ? 1 : 0);
        i++;
    }
    if (messages->count != i)
        fail_msg("not expected: %s\nfor:\n%s", messages->items[i].text, text);
}

void fixture_expect_errors(const char *text, const char *errors)
{
    const char *path = fixture_write_text("config.yaml", text);
    struct message_list messages = {0};
    struct config *config = config_load(crypto, path, false, &messages);
    char prefix[256];

    snprintf(prefix, sizeof(prefix), "%s:", path);
    fixture_compare(&messages, prefix, errors, text);
    assert_null(config);
    assert_true(messages.errors > 0);
    message_list_finish(&messages);
}

void fixture_expect_policy_errors(const char *text, const char *errors)
{
    char *joined = with_head(text);

    fixture_expect_errors(joined, errors);
    free(joined);
}
