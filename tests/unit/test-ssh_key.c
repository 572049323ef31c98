// SPDX-License-Identifier: BSD-2-Clause
// Keys in ssh's forms: what ssh-keygen prints is what we print, and its files are what we read.
#include "tests/unit/filters_fixture.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static struct public_key *read_line(const char *line)
{
    return public_key_from_ssh_line(fixture_crypto(), line);
}

static void fingerprints_are_those_of_ssh_keygen(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        char text[51];

        assert_true(fixture_key(i)->has_fingerprint);
        assert_true(public_key_fingerprint_text(fixture_key(i), text));
        assert_string_equal(text, fixture_vector(i)->fingerprint);
    }
}

/* ssh-keygen of this machine, where there is one, on the files that the fixture wrote. */
static void ssh_keygen_itself_says_so_too(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        char command[512], text[512];
        FILE *in;

        snprintf(command, sizeof(command), "ssh-keygen -lf %s/%s.pub", fixture_folder(),
                 fixture_vector(i)->name);
        in = popen(command, "r");
        assert_non_null(in);
        assert_non_null(fgets(text, sizeof(text), in));
        assert_int_equal(pclose(in), 0);
        assert_non_null(strstr(text, fixture_vector(i)->fingerprint));
        assert_int_equal(strtoul(text, NULL, 10), fixture_key(i)->bits);
    }
}

static void the_text_is_what_ssh_keygen_wrote(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        char *text = public_key_ssh_text(fixture_key(i));

        assert_string_equal(text, fixture_vector(i)->line);
        free(text);
    }
}

static void options_blanks_and_comments_around_a_key_are_passed_over(void **state)
{
    static const struct {
        const char *before, *after;
    } frames[] = {
        {"", ""},
        {"", " user@host"},
        {"", " a comment of words ssh-rsa AAAA"},
        {"", "\n"},
        {"", "\r\n"},
        {"", " user@host\r\n"},
        {"", "\tuser"},
        {"  \t", "  "},
        {"no-pty ", ""},
        {"no-pty,no-agent-forwarding\t", " x"},
        {"command=\"echo a b\" ", ""},
        {"command=\"echo \\\"a b\\\" c\" ", ""},
        {"command=\"ssh-rsa AAAA\" ", ""},
        {"command=\"x\",from=\"10.0.0.1,*.example\" ", " c"},
        {"environment=\"A=\\\"\" ", ""},
        {"command=\"a # b\" ", ""},
        {"principals=\"a,b\"   ", ""},
    };

    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        for (size_t j = 0; j < sizeof(frames) / sizeof(frames[0]); j++) {
            char *line = NULL;
            struct public_key *key;

            assert_true(asprintf(&line, "%s%s%s", frames[j].before, fixture_vector(i)->line,
                                 frames[j].after) > 0);
            key = read_line(line);
            if (key == NULL || !public_key_equal(key, fixture_key(i)))
                fail_msg("%s", line);
            public_key_destroy(key);
            free(line);
        }
    }
}

static void lines_that_hold_no_key_are_none(void **state)
{
    static const char *const lines[] = {
        "",
        " ",
        "\n",
        "#",
        "# a comment",
        "ssh-rsa",
        "ssh-rsa ",
        "ssh-ed25519 AAAA",
        "ssh-ed25519 ====",
        "ssh-ed25519 !!!!",
        "no-pty",
        "no-pty ssh-ed25519",
        "one two ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "c=\"o ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "SSH-ED25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "ssh-ed25519x AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "ssh-ed25519\nAAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk",
        "ssh-dss AAAAB3NzaC1kc3MAAAAB",
        "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29t",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
        "-----BEGIN PUBLIC KEY-----",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(lines) / sizeof(lines[0]); i++) {
        struct public_key *key = read_line(lines[i]);

        if (key != NULL)
            fail_msg("%s", lines[i]);
    }
}

/* A line whose type or any character of whose base64 is not the right one never reads as the same
 * key; one that is cut reads as none. */
static void a_line_with_a_wrong_character_is_not_the_key(void **state)
{
    static const char wrong[] = {'=', '-', '!', ' ', '\t', '"', '\n', 'A', '\x80'};

    (void)state;
    for (enum fixture_key i = P256_A; i < N_FIXTURE_KEYS; i++) {
        char line[512];
        size_t length = strlen(fixture_vector(i)->line);
        size_t start = strcspn(fixture_vector(i)->line, " ") + 1;

        for (size_t at = 0; at < length; at++) {
            for (size_t j = 0; j < sizeof(wrong); j++) {
                struct public_key *key;

                strcpy(line, fixture_vector(i)->line);
                if (line[at] == wrong[j] || (at < start && wrong[j] == '\t'))
                    continue;
                line[at] = wrong[j];
                key = read_line(line);
                if (key != NULL && public_key_equal(key, fixture_key(i)))
                    fail_msg("%s", line);
                public_key_destroy(key);
            }
        }
        for (size_t cut = 0; cut < length; cut++) {
            strcpy(line, fixture_vector(i)->line);
            line[cut] = '\0';
            assert_null(read_line(line));
        }
    }
}

/* A line of that type around the blob. */
static struct public_key *read_blob(const char *type, const unsigned char *blob, size_t size)
{
    unsigned char base64[4096];
    char line[5000];

    EVP_EncodeBlock(base64, blob, (int)size);
    snprintf(line, sizeof(line), "%s %s", type, (char *)base64);
    return read_line(line);
}

static void a_blob_must_be_of_the_type_that_stands_before_it(void **state)
{
    static const char *const types[] = {"ssh-rsa", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384",
                                        "ecdsa-sha2-nistp521", "ssh-ed25519"};

    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);

        for (size_t j = 0; j < sizeof(types) / sizeof(types[0]); j++) {
            bool right = strncmp(fixture_vector(i)->line, types[j], strlen(types[j])) == 0;
            struct public_key *read = read_blob(types[j], key->ssh_blob, key->ssh_blob_size);

            assert_int_equal(read != NULL, right);
            public_key_destroy(read);
        }
    }
}

/* What ssh-keygen would not write is not read: lengths that go beyond the end, bytes after it,
 * points in other forms, numbers that are negative or have zeros before them. */
static void a_blob_has_one_form(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        const struct public_key *key = fixture_key(i);
        size_t space = strcspn(fixture_vector(i)->line, " ");
        char type[32] = "";
        unsigned char blob[700];

        memcpy(type, fixture_vector(i)->line, space);
        memcpy(blob, key->ssh_blob, key->ssh_blob_size);
        blob[key->ssh_blob_size] = 0;
        assert_null(read_blob(type, blob, key->ssh_blob_size + 1));
        assert_null(read_blob(type, blob, key->ssh_blob_size - 1));
        for (size_t at = 0; at < key->ssh_blob_size; at++) {
            struct public_key *read;

            memcpy(blob, key->ssh_blob, key->ssh_blob_size);
            blob[at] ^= 0x80;
            read = read_blob(type, blob, key->ssh_blob_size);
            assert_true(read == NULL || (!public_key_equal(read, key) &&
                                         read->ssh_blob_size == key->ssh_blob_size &&
                                         memcmp(read->ssh_blob, blob, read->ssh_blob_size) == 0));
            public_key_destroy(read);
        }
    }
}

static void put(unsigned char **at, const void *bytes, size_t size)
{
    const unsigned char head[] = {0, 0, (unsigned char)(size >> 8), (unsigned char)size};

    memcpy(*at, head, 4);
    memcpy(*at + 4, bytes, size);
    *at += 4 + size;
}

static void a_point_in_a_blob_is_uncompressed_and_bare(void **state)
{
    const CK_ATTRIBUTE *wrapped = attributes_find(&fixture_key(P256_A)->attributes, CKA_EC_POINT);
    const CK_ATTRIBUTE *edwards =
        attributes_find(&fixture_key(ED25519_A)->attributes, CKA_EC_POINT);
    unsigned char compressed[33];
    unsigned char blob[256];
    unsigned char *at = blob;

    (void)state;
    put(&at, "ecdsa-sha2-nistp256", 19);
    put(&at, "nistp256", 8);
    put(&at, wrapped->pValue, wrapped->ulValueLen);
    assert_null(read_blob("ecdsa-sha2-nistp256", blob, (size_t)(at - blob)));
    at = blob;
    memcpy(compressed, (const unsigned char *)wrapped->pValue + 2, sizeof(compressed));
    compressed[0] = 2 + (((const unsigned char *)wrapped->pValue)[66] & 1);
    put(&at, "ecdsa-sha2-nistp256", 19);
    put(&at, "nistp256", 8);
    put(&at, compressed, sizeof(compressed));
    assert_null(read_blob("ecdsa-sha2-nistp256", blob, (size_t)(at - blob)));
    at = blob;
    put(&at, "ssh-ed25519", 11);
    put(&at, edwards->pValue, edwards->ulValueLen);
    assert_null(read_blob("ssh-ed25519", blob, (size_t)(at - blob)));
}

static void a_line_longer_than_any_key_is_none(void **state)
{
    char *line = malloc(20000);

    (void)state;
    memset(line, 'A', 19999);
    line[19999] = '\0';
    assert_null(read_line(line));
    memcpy(line, "ssh-rsa ", 8);
    for (size_t length = 8192; length < 8210; length++) {
        char saved = line[length];
        line[length] = '\0';
        assert_null(read_line(line));
        line[length] = saved;
    }
    assert_null(read_line(line));
    free(line);
}

static void a_fingerprint_text_is_read_back(void **state)
{
    (void)state;
    for (enum fixture_key i = RSA_A; i < N_FIXTURE_KEYS; i++) {
        char padded[64];
        uint8_t hash[PUBLIC_KEY_HASH_SIZE] = {0};

        assert_true(fingerprint_parse(fixture_vector(i)->fingerprint, hash));
        assert_memory_equal(hash, fixture_key(i)->fingerprint, sizeof(hash));
        snprintf(padded, sizeof(padded), "%s=", fixture_vector(i)->fingerprint);
        memset(hash, 0, sizeof(hash));
        assert_true(fingerprint_parse(padded, hash));
        assert_memory_equal(hash, fixture_key(i)->fingerprint, sizeof(hash));
    }
}

static void what_is_no_fingerprint_is_refused_and_writes_nothing(void **state)
{
    static const char *const texts[] = {
        "",
        "SHA256:",
        "SHA256",
        "1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
        "sha256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
        "MD5:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
        " SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU",
        "SHA256: 1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5Gar",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5Gar",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU==",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarU ",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarUA",
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5GarV", /* bits that say nothing */
        "SHA256:1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5Gar=",
        "SHA256:1YwDuT0sHo23tYDJ=M74JUuIueGzj2Dhdg7hJm5GarU",
        "SHA256:1YwDuT0sHo23tYDJ-M74JUuIueGzj2Dhdg7hJm5GarU",
        "SHA256:1YwDuT0sHo23tYDJ_M74JUuIueGzj2Dhdg7hJm5GarU",
        "SHA256:\n1YwDuT0sHo23tYDJrM74JUuIueGzj2Dhdg7hJm5Gar",
    };
    uint8_t before[PUBLIC_KEY_HASH_SIZE], hash[PUBLIC_KEY_HASH_SIZE];

    (void)state;
    memset(before, 0x5a, sizeof(before));
    memcpy(hash, before, sizeof(hash));
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        if (fingerprint_parse(texts[i], hash))
            fail_msg("%s", texts[i]);
        assert_memory_equal(hash, before, sizeof(hash));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fingerprints_are_those_of_ssh_keygen),
        cmocka_unit_test(ssh_keygen_itself_says_so_too),
        cmocka_unit_test(the_text_is_what_ssh_keygen_wrote),
        cmocka_unit_test(options_blanks_and_comments_around_a_key_are_passed_over),
        cmocka_unit_test(lines_that_hold_no_key_are_none),
        cmocka_unit_test(a_line_with_a_wrong_character_is_not_the_key),
        cmocka_unit_test(a_blob_must_be_of_the_type_that_stands_before_it),
        cmocka_unit_test(a_blob_has_one_form),
        cmocka_unit_test(a_point_in_a_blob_is_uncompressed_and_bare),
        cmocka_unit_test(a_line_longer_than_any_key_is_none),
        cmocka_unit_test(a_fingerprint_text_is_read_back),
        cmocka_unit_test(what_is_no_fingerprint_is_refused_and_writes_nothing),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
