// SPDX-License-Identifier: BSD-2-Clause
// The named keys of a run: made once by OpenSSL, kept in a cache folder, written out as PEM and
// .pub.
#ifndef FIXTURES_KEYS_H
#define FIXTURES_KEYS_H

#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdbool.h>
#include <stddef.h>

enum key_kind { KEY_RSA, KEY_EC, KEY_EDWARDS };

// A kind of key as a description names it: rsa:BITS, ec:P-256 and the like, ed25519, ed448.
struct key_type {
    enum key_kind kind;
    unsigned bits;        // RSA only
    const char *group;    // OpenSSL's name; not RSA
    const char *ssh_name; // "nistp256"; NULL where OpenSSH has no such key
};

struct key {
    char *name;
    struct key_type type;
    EVP_PKEY *pkey;
    X509_NAME *subject; // of its last certificate, or NULL
    struct key *next;
};

struct key_list {
    struct key *first;
};

// Reads the text of a key type; false if it names none.
bool key_type_parse(const char *text, struct key_type *type);
// A new key, or NULL. The caller frees it with EVP_PKEY_free.
EVP_PKEY *key_generate(const struct key_type *type);

struct key *key_list_find(const struct key_list *list, const char *name);
// Makes a key, or takes NAME and TYPE from the folder CACHE (may be NULL). NULL on failure. The
// list owns it.
struct key *key_list_add(struct key_list *list, const char *name, const char *type_text,
                         const struct key_type *type, const char *cache);
void key_list_finish(struct key_list *list);

// Writes FOLDER/NAME.pem (mode 0600) and, where OpenSSH knows the kind, FOLDER/NAME.pub.
bool key_write(const struct key *key, const char *folder);
// The uncompressed point, or the bytes of an Edwards curve's. Freed with OPENSSL_free by the caller; NULL
// for RSA.
unsigned char *key_point(const EVP_PKEY *pkey, size_t *length);
// A big number of the key by its OSSL_PKEY_PARAM_ name as big-endian bytes, padded to WIDTH with
// zeros (0: as it is). Freed with OPENSSL_free by the caller.
unsigned char *key_number(const EVP_PKEY *pkey, const char *parameter, size_t width,
                          size_t *length);
// The name of the key's last certificate, else CN=name. Freed with X509_NAME_free by the caller.
X509_NAME *key_subject(const struct key *key);

#endif
