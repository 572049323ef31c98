// SPDX-License-Identifier: BSD-2-Clause
// The named keys of a run.
#include "keys.h"

#include <fcntl.h>
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct {
    const char *text;
    struct key_type type;
} plain_types[] = {
    {"ec:P-256", {KEY_EC, 0, "prime256v1", "nistp256"}},
    {"ec:P-384", {KEY_EC, 0, "secp384r1", "nistp384"}},
    {"ec:P-521", {KEY_EC, 0, "secp521r1", "nistp521"}},
    {"ec:secp256k1", {KEY_EC, 0, "secp256k1", NULL}},
    {"ed25519", {KEY_EDWARDS, 0, "ED25519", "ssh-ed25519"}},
    {"ed448", {KEY_EDWARDS, 0, "ED448", NULL}},
};

bool key_type_parse(const char *text, struct key_type *type)
{
    for (size_t i = 0; i < sizeof plain_types / sizeof plain_types[0]; i++) {
        if (strcmp(text, plain_types[i].text) == 0) {
            *type = plain_types[i].type;
            return true;
        }
    }
    if (strncmp(text, "rsa:", 4) != 0)
        return false;
    char *end = NULL;
    unsigned long bits = strtoul(text + 4, &end, 10);
    if (*end != '\0' || bits < 512 || bits > 16384 || bits % 16 != 0)
        return false;
    *type = (struct key_type){KEY_RSA, (unsigned)bits, NULL, "ssh-rsa"};
    return true;
}

EVP_PKEY *key_generate(const struct key_type *type)
{
    switch (type->kind) {
    case KEY_RSA:
        return EVP_RSA_gen(type->bits);
    case KEY_EC:
        return EVP_EC_gen(type->group);
    case KEY_EDWARDS:
        return EVP_PKEY_Q_keygen(NULL, NULL, type->group);
    }
    return NULL;
}

static EVP_PKEY *read_key(const char *path)
{
    FILE *stream = fopen(path, "re");
    if (stream == NULL)
        return NULL;
    EVP_PKEY *pkey = PEM_read_PrivateKey(stream, NULL, NULL, NULL);
    fclose(stream);
    return pkey;
}

// Writes aside and renames, so that programs running at the same time never read half a key.
static bool write_key(const EVP_PKEY *pkey, const char *path)
{
    char aside[4096];
    if (snprintf(aside, sizeof aside, "%s.%ld", path, (long)getpid()) >= (int)sizeof aside)
        return false;
    int descriptor = open(aside, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
    FILE *stream = descriptor < 0 ? NULL : fdopen(descriptor, "w");
    if (stream == NULL)
        return false;
    bool ok = PEM_write_PKCS8PrivateKey(stream, pkey, NULL, NULL, 0, NULL, NULL) == 1;
    ok = fclose(stream) == 0 && ok;
    ok = ok && rename(aside, path) == 0;
    if (!ok)
        unlink(aside);
    return ok;
}

static EVP_PKEY *make_or_reuse(const char *name, const char *type_text, const struct key_type *type,
                               const char *cache)
{
    char path[4096];
    if (cache == NULL)
        return key_generate(type);
    if (snprintf(path, sizeof path, "%s/%s-%s.pem", cache, name, type_text) >= (int)sizeof path)
        return NULL;
    EVP_PKEY *pkey = read_key(path);
    if (pkey != NULL)
        return pkey;
    pkey = key_generate(type);
    if (pkey != NULL)
        write_key(pkey, path); // a cache that cannot be written costs time only
    return pkey;
}

struct key *key_list_find(const struct key_list *list, const char *name)
{
    for (struct key *key = list->first; key != NULL; key = key->next)
        if (strcmp(key->name, name) == 0)
            return key;
    return NULL;
}

struct key *key_list_add(struct key_list *list, const char *name, const char *type_text,
                         const struct key_type *type, const char *cache)
{
    struct key *key = calloc(1, sizeof *key);
    if (key == NULL)
        return NULL;
    key->name = strdup(name);
    key->type = *type;
    key->pkey = make_or_reuse(name, type_text, type, cache);
    key->next = list->first;
    list->first = key;
    return key->name != NULL && key->pkey != NULL ? key : NULL;
}

void key_list_finish(struct key_list *list)
{
    while (list->first != NULL) {
        struct key *key = list->first;
        list->first = key->next;
        free(key->name);
        EVP_PKEY_free(key->pkey);
        X509_NAME_free(key->subject);
        free(key);
    }
}

unsigned char *key_point(const EVP_PKEY *pkey, size_t *length)
{
    const char *name = OSSL_PKEY_PARAM_PUB_KEY;
    unsigned char *point = NULL;
    *length = 0;
    if (EVP_PKEY_get_octet_string_param(pkey, name, NULL, 0, length) != 1)
        return NULL;
    point = OPENSSL_malloc(*length);
    if (point != NULL && EVP_PKEY_get_octet_string_param(pkey, name, point, *length, length) != 1) {
        OPENSSL_free(point);
        point = NULL;
    }
    return point;
}

unsigned char *key_number(const EVP_PKEY *pkey, const char *parameter, size_t width, size_t *length)
{
    BIGNUM *number = NULL;
    unsigned char *bytes = NULL;
    if (EVP_PKEY_get_bn_param(pkey, parameter, &number) != 1)
        return NULL;
    *length = width == 0 ? (size_t)BN_num_bytes(number) : width;
    bytes = OPENSSL_malloc(*length + 1);
    if (bytes != NULL && BN_bn2binpad(number, bytes, (int)*length) < 0) {
        OPENSSL_free(bytes);
        bytes = NULL;
    }
    BN_clear_free(number);
    return bytes;
}

X509_NAME *key_subject(const struct key *key)
{
    if (key->subject != NULL)
        return X509_NAME_dup(key->subject);
    X509_NAME *name = X509_NAME_new();
    if (name != NULL)
        X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8, (const unsigned char *)key->name, -1,
                                   -1, 0);
    return name;
}

// One RFC 4251 string: four bytes of length, then the bytes.
static void put_string(BIO *out, const void *bytes, size_t length)
{
    unsigned char prefix[4] = {(unsigned char)(length >> 24), (unsigned char)(length >> 16),
                               (unsigned char)(length >> 8), (unsigned char)length};
    BIO_write(out, prefix, sizeof prefix);
    BIO_write(out, bytes, (int)length);
}

// One RFC 4251 mpint: a zero byte before a high first bit.
static void put_number(BIO *out, const EVP_PKEY *pkey, const char *parameter)
{
    size_t length = 0;
    unsigned char *bytes = key_number(pkey, parameter, 0, &length);
    if (bytes == NULL)
        return;
    if (bytes[0] & 0x80) {
        memmove(bytes + 1, bytes, length); // key_number left room for one byte more
        bytes[0] = 0;
        length++;
    }
    put_string(out, bytes, length);
    OPENSSL_free(bytes);
}

static void put_blob(BIO *out, const struct key *key, const char *algorithm)
{
    put_string(out, algorithm, strlen(algorithm));
    if (key->type.kind == KEY_RSA) {
        put_number(out, key->pkey, OSSL_PKEY_PARAM_RSA_E);
        put_number(out, key->pkey, OSSL_PKEY_PARAM_RSA_N);
        return;
    }
    size_t length = 0;
    unsigned char *point = key_point(key->pkey, &length);
    if (key->type.kind == KEY_EC)
        put_string(out, key->type.ssh_name, strlen(key->type.ssh_name));
    put_string(out, point, length);
    OPENSSL_free(point);
}

static bool write_public(const struct key *key, const char *path)
{
    char algorithm[64];
    snprintf(algorithm, sizeof algorithm, "%s%s", key->type.kind == KEY_EC ? "ecdsa-sha2-" : "",
             key->type.ssh_name);
    FILE *stream = fopen(path, "we");
    BIO *blob = BIO_new(BIO_s_mem());
    char *bytes = NULL;
    bool ok = false;
    if (stream == NULL || blob == NULL)
        goto out;
    put_blob(blob, key, algorithm);
    long length = BIO_get_mem_data(blob, &bytes);
    char text[8192];
    if (length <= 0 || length > 6000)
        goto out;
    EVP_EncodeBlock((unsigned char *)text, (const unsigned char *)bytes, (int)length);
    ok = fprintf(stream, "%s %s %s\n", algorithm, text, key->name) > 0;
out:
    BIO_free(blob);
    if (stream != NULL)
        ok = fclose(stream) == 0 && ok;
    return ok;
}

bool key_write(const struct key *key, const char *folder)
{
    char path[4096];
    if (snprintf(path, sizeof path, "%s/%s.pem", folder, key->name) >= (int)sizeof path)
        return false;
    if (!write_key(key->pkey, path))
        return false;
    if (key->type.ssh_name == NULL)
        return true;
    snprintf(path, sizeof path, "%s/%s.pub", folder, key->name);
    return write_public(key, path);
}
