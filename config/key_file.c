// SPDX-License-Identifier: BSD-2-Clause
// Reads public keys from a file, line by line.
#include "config/key_file.h"

#include <stdlib.h>
#include <string.h>
#include "config/stamps.h"
#include "crypto/public_key.h"

/* Takes the key over. */
static void append(struct reader *reader, struct selector *selector, struct public_key *key)
{
    struct public_key **keys =
        reallocarray(selector->keys, selector->n_keys + 1, sizeof(struct public_key *));

    if (keys == NULL) {
        public_key_destroy(key);
        reader_no_memory(reader);
        return;
    }
    selector->keys = keys;
    selector->keys[selector->n_keys++] = key;
}

/* Of a kind that is fine for ssh, and that the policy can do without: no key of a token is like
 * that. */
static bool is_foreign(const char *line)
{
    static const char *const marks[] = {"sk-ssh-", "sk-ecdsa-", "ssh-dss", "-cert-v01@openssh.com"};

    for (size_t i = 0; i < sizeof(marks) / sizeof(marks[0]); i++)
        if (strstr(line, marks[i]) != NULL)
            return true;
    return false;
}

static void read_line(struct reader *reader, struct position position, const char *line,
                      struct selector *selector)
{
    const char *start = line + strspn(line, " \t\r");
    struct public_key *key;

    if (*start == '\0' || *start == '#')
        return;
    key = public_key_from_ssh_line(reader->crypto, start);
    if (key != NULL) {
        append(reader, selector, key);
        return;
    }
    message_add(reader->messages, is_foreign(start) ? SEVERITY_WARNING : SEVERITY_ERROR, position,
                "found a line without a public key of a kind that tokens have, expected "
                "`ssh-rsa AAAA...` or the like");
}

static void read_lines(struct reader *reader, const char *path, char *text,
                       struct selector *selector)
{
    struct position position = {.file = path, .line = 1};
    char *next = text;

    while (next != NULL) {
        char *line = strsep(&next, "\n");

        read_line(reader, position, line, selector);
        position.line++;
    }
}

void key_file_read(struct reader *reader, const char *path, struct position position,
                   struct selector *selector)
{
    struct secure_file file;
    size_t keys = selector->n_keys;
    size_t errors;

    if (!reader_file(reader, path, SECURE_FILE_MAX_SIZE, position, &file))
        return;
    errors = reader->messages->errors;
    if (!stamps_add(reader->stamps, path, &file.status))
        reader_no_memory(reader);
    else if (strlen(file.text) != file.size)
        reader_error(reader, position, "found a NUL character in %s, expected public keys", path);
    else
        read_lines(reader, path, file.text, selector);
    if (selector->n_keys == keys && reader->messages->errors == errors) {
        reader_error(reader, position, "found no key in %s, expected `ssh-rsa AAAA...` or the like",
                     path);
    }
    secure_file_finish(&file);
}
