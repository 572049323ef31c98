// SPDX-License-Identifier: BSD-2-Clause
// Stands in for config/secure_file.c and config/identity.c: an input may name any path of the
// machine, and none of them is opened. One text is the configuration, and one key is in every other
// file whose name ends in .pub.
#include "config/identity.h"
#include "config/secure_file.h"
#include "tests/fuzz/fuzz.h"

#include <stdlib.h>
#include <string.h>

/* It must exist, for config_load() looks. */
const char fuzz_config_path[] = "/dev/null";

static const char key_file[] =
    "# a comment\n"
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk one\n"
    "ssh-dss AAAAB3NzaC1kc3MAAACBAP two\n";

static const char *config_text;
static size_t config_size;

void fuzz_set_file(const char *text, size_t size)
{
    config_text = text;
    config_size = size;
}

bool secure_file_read(const char *path, bool system, struct position position,
                      struct message_list *messages, struct secure_file *file)
{
    const char *text = config_text;
    size_t size = config_size;

    (void)system;
    if (strcmp(path, fuzz_config_path) != 0) {
        const char *end = strlen(path) > 4 ? path + strlen(path) - 4 : "";

        if (strcmp(end, ".pub") != 0) {
            message_add(messages, SEVERITY_ERROR, position, "the named file is not there");
            return false;
        }
        text = key_file;
        size = strlen(key_file);
    }
    *file = (struct secure_file){.text = malloc(size + 1), .size = size};
    FUZZ_REQUIRE(file->text != NULL);
    if (size > 0)
        memcpy(file->text, text, size);
    file->text[size] = '\0';
    return true;
}

bool secure_file_check(const char *path, bool system, struct position position,
                       struct message_list *messages)
{
    (void)path;
    (void)system;
    (void)position;
    (void)messages;
    return true;
}

void secure_file_finish(struct secure_file *file)
{
    free(file->text);
    *file = (struct secure_file){0};
}

void identity_init(struct identity *identity)
{
    *identity = (struct identity){.user = strdup("alice.b*"),
                                  .uid = strdup("1000"),
                                  .home = strdup("/home/alice"),
                                  .host_label = strdup("box")}; /* the host's full name: unknown */
}

void identity_init_of(struct identity *identity, uid_t id)
{
    (void)id;
    identity_init(identity);
}

void identity_finish(struct identity *identity)
{
    free(identity->user);
    free(identity->uid);
    free(identity->home);
    free(identity->host);
    free(identity->host_label);
    *identity = (struct identity){0};
}
