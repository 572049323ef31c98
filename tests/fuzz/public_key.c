// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes public keys in ssh's forms, in SubjectPublicKeyInfo, and fingerprints: one text for one key, and for one hash.
#include "crypto/public_key.h"

#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/key_file.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/decoded_key.h"

/* What the world answers for a path of this name. */
static void check_line(const char *line)
{
    struct public_key *key = public_key_from_ssh_line(fuzz_crypto(), line);
    struct public_key *again;
    char *text;

    if (key == NULL)
        return;
    text = public_key_ssh_text(key);
    FUZZ_REQUIRE(text != NULL && key->has_fingerprint);
    /* Between type and key there may be more blanks than one. */
    FUZZ_REQUIRE(strstr(line, strchr(text, ' ') + 1) != NULL);
    again = public_key_from_ssh_line(fuzz_crypto(), text);
    FUZZ_REQUIRE(again != NULL && public_key_equal(key, again));
    FUZZ_REQUIRE(memcmp(key->fingerprint, again->fingerprint, PUBLIC_KEY_HASH_SIZE) == 0);
    public_key_destroy(again);
    public_key_destroy(key);
    free(text);
}

/* A blob reaches the parser only in base64, which no fuzzer finds by chance. */
static void check_blob(const uint8_t *blob, size_t size)
{
    static const char *const types[] = {"ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256",
                                        "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521"};
    unsigned char *base64 = malloc(4 * ((size + 2) / 3) + 1);
    char *line = NULL;

    FUZZ_REQUIRE(base64 != NULL);
    EVP_EncodeBlock(base64, blob, (int)size);
    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        FUZZ_REQUIRE(asprintf(&line, "%s %s", types[i], (char *)base64) > 0);
        check_line(line);
        free(line);
    }
    free(base64);
}

static void check_info(const uint8_t *der, size_t size)
{
    const uint8_t *at = der;
    EVP_PKEY *decoded = d2i_PUBKEY(NULL, &at, (long)size);
    struct public_key *key;

    ERR_clear_error();
    key = public_key_from_spki(fuzz_crypto(), der, size);
    FUZZ_REQUIRE(ERR_peek_error() == 0);
    FUZZ_REQUIRE(decoded_key_agrees(decoded, key));
    public_key_destroy(key);
    EVP_PKEY_free(decoded);
    ERR_clear_error();
}

static void check_fingerprint(const char *text)
{
    unsigned char base64[48];
    uint8_t hash[PUBLIC_KEY_HASH_SIZE];
    bool padded = strlen(text) == 51;

    if (!fingerprint_parse(text, hash))
        return;
    EVP_EncodeBlock(base64, hash, sizeof(hash));
    base64[padded ? 44 : 43] = '\0';
    FUZZ_REQUIRE(strncmp(text, "SHA256:", 7) == 0 && strcmp(text + 7, (char *)base64) == 0);
}

/* Lines of a whole file, each of which is a key, a comment, or an error at its place. */
static void check_file(const uint8_t *data, size_t size)
{
    struct fuzz_value value;
    char name[] = "value";
    struct position position;

    fuzz_value_begin(&value, name);
    position = value.node.position;
    fuzz_set_file((const char *)data, size);
    key_file_read(&value.reader, fuzz_config_path, position, &value.selector);
    FUZZ_REQUIRE(fuzz_value_good(&value) ==
                 (value.selector.n_keys > 0 && value.messages.errors == 0));
    for (size_t i = 0; i < value.selector.n_keys; i++)
        FUZZ_REQUIRE(value.selector.keys[i]->has_fingerprint);
    for (size_t i = 0; i < value.messages.count; i++)
        FUZZ_REQUIRE(strlen(value.messages.items[i].text) <= FUZZ_LONGEST_MESSAGE);
    message_list_finish(&value.messages);
    fuzz_value_end(&value);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);

    check_line(text);
    check_fingerprint(text);
    check_file(data, size);
    check_blob(data, size);
    check_info(data, size);
    free(text);
}
