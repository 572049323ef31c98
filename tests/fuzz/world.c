// SPDX-License-Identifier: BSD-2-Clause
// Stands in for config/secure_file.c and config/identity.c: an input may name any path of the
// machine, and none of them is opened. One text is the configuration; there is one key in every
// other file whose name ends in .pub, one authority in those in .pem, and a CRL in those in .crl.
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

static const char anchor_file[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBdTCCARugAwIBAgIUHqS/VgpC8S/ehEbS3xBK9CNzn8YwCgYIKoZIzj0EAwIw\n"
    "DzENMAsGA1UEAwwEcm9vdDAgFw0yNjExMjkxMTQyMTNaGA8yMTI2MTEwNTExNDIx\n"
    "M1owDzENMAsGA1UEAwwEcm9vdDBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABB0o\n"
    "cEF0jm2okt4y2aNSLJvXs1SMTjMfR7/NPIarGAc25ICz8vV0000h9IOznYAtZgBq\n"
    "fZyVyn2Igjq/65yaa7qjUzBRMB0GA1UdDgQWBBREHYg0NrSRXq+2x7vgrEeaYr/M\n"
    "ajAfBgNVHSMEGDAWgBREHYg0NrSRXq+2x7vgrEeaYr/MajAPBgNVHRMBAf8EBTAD\n"
    "AQH/MAoGCCqGSM49BAMCA0gAMEUCIQDHbo+xLsB8bF2X2pbBj3DNj6LBy+/rvHKs\n"
    "9wXMtDr+KwIgFmtOGDW6qiyPqvXPVHW0uL3j8DvmWABjkg0oFNbA3EU=\n"
    "-----END CERTIFICATE-----\n";

static const char crl_file[] =
    "-----BEGIN X509 CRL-----\n"
    "MIGoMFACAQEwCgYIKoZIzj0EAwIwDzENMAsGA1UEAwwEcm9vdBcNMjYxMTI5MTE0\n"
    "MjEzWhgPMjEyNjExMDUxMTQyMTNaoA4wDDAKBgNVHRQEAwIBATAKBggqhkjOPQQD\n"
    "AgNIADBFAiBWAlEY2jtCxJPmjLwCYfR8zcOh94weNvMMjzHGoeovwQIhAOLqUzhx\n"
    "4KNNsabPUARCUbumnLkEbALKMIM7sRSgm5fN\n"
    "-----END X509 CRL-----\n";

static const char *config_text;
static size_t config_size;

void fuzz_set_file(const char *text, size_t size)
{
    config_text = text;
    config_size = size;
}

static const struct {
    const char *end;
    const char *text;
} named_files[] = {{".pub", key_file}, {".pem", anchor_file}, {".crl", crl_file}};

static const char *find_named(const char *path)
{
    const char *end = strlen(path) > 4 ? path + strlen(path) - 4 : "";

    for (size_t i = 0; i < sizeof(named_files) / sizeof(named_files[0]); i++)
        if (strcmp(end, named_files[i].end) == 0)
            return named_files[i].text;
    return NULL;
}

bool secure_file_read(const char *path, bool system, struct position position,
                      struct message_list *messages, struct secure_file *file)
{
    return secure_file_read_up_to(path, SECURE_FILE_MAX_SIZE, system, position, messages, file);
}

bool secure_file_read_up_to(const char *path, size_t limit, bool system, struct position position,
                            struct message_list *messages, struct secure_file *file)
{
    const char *text = config_text;
    size_t size = config_size;

    (void)system;
    (void)limit;
    if (strcmp(path, fuzz_config_path) != 0) {
        text = find_named(path);
        if (text == NULL) {
            message_add(messages, SEVERITY_ERROR, position, "the named file is not there");
            return false;
        }
        size = strlen(text);
    }
    *file = (struct secure_file){.text = malloc(size + 1), .size = size};
    FUZZ_REQUIRE(file->text != NULL);
    if (size > 0)
        memcpy(file->text, text, size);
    file->text[size] = '\0';
    return true;
}

bool secure_file_read_of(const char *path, size_t limit, bool system, const uid_t owners[2],
                         struct position position, struct message_list *messages,
                         struct secure_file *file)
{
    (void)owners;
    return secure_file_read_up_to(path, limit, system, position, messages, file);
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

bool secure_file_check_secret(const char *path, bool system, const uid_t owners[2],
                              struct position position, struct message_list *messages)
{
    (void)owners;
    return secure_file_check(path, system, position, messages);
}

/* Nobody's PIN is in this world. */
bool secure_file_read_secret(const char *path, size_t limit, bool system,
                             struct message_list *messages, struct secure_file *file)
{
    (void)path;
    (void)limit;
    (void)system;
    (void)messages;
    (void)file;
    return false;
}

void secure_file_wipe(struct secure_file *file)
{
    secure_file_finish(file);
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
