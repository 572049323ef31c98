// SPDX-License-Identifier: BSD-2-Clause
// Public keys in ssh's forms (RFC 4253 6.6, RFC 5656 3.1, RFC 8709): blob, fingerprint, authorized_keys line.
#include "crypto/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <openssl/core_names.h>

struct ssh_type {
    const char *name;
    CK_KEY_TYPE type;
    enum key_curve curve;
    const char *curve_name; /* in the blob of ECDSA keys */
};

static const struct ssh_type types[] = {
    {"ssh-rsa", CKK_RSA, CURVE_NONE, NULL},
    {"ecdsa-sha2-nistp256", CKK_EC, CURVE_P256, "nistp256"},
    {"ecdsa-sha2-nistp384", CKK_EC, CURVE_P384, "nistp384"},
    {"ecdsa-sha2-nistp521", CKK_EC, CURVE_P521, "nistp521"},
    {"ssh-ed25519", CKK_EC_EDWARDS, CURVE_ED25519, NULL},
    {"ssh-ed448", CKK_EC_EDWARDS, CURVE_ED448, NULL},
};

enum { N_TYPES = sizeof(types) / sizeof(types[0]), BLOB_MAX = 8192, FINGERPRINT_TEXT = 43 };

static const struct ssh_type *type_of(const struct public_key *key)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        if (types[i].type == key->type && types[i].curve == key->curve)
            return &types[i];
    }
    return NULL;
}

static void put_size(FILE *out, size_t size)
{
    const unsigned char head[4] = {(unsigned char)(size >> 24), (unsigned char)(size >> 16),
                                   (unsigned char)(size >> 8), (unsigned char)size};
    fwrite(head, 1, sizeof(head), out);
}

static void put_string(FILE *out, const void *bytes, size_t size)
{
    put_size(out, size);
    fwrite(bytes, 1, size, out);
}

/* RFC 4251, 5: a positive number whose first bit is set gets a zero byte before it. */
static void put_mpint(FILE *out, const CK_ATTRIBUTE *number)
{
    const unsigned char *bytes = number->pValue;
    bool pad = number->ulValueLen > 0 && (bytes[0] & 0x80) != 0;

    put_size(out, number->ulValueLen + pad);
    if (pad)
        fputc(0, out);
    fwrite(bytes, 1, number->ulValueLen, out);
}

static void put_point(FILE *out, const struct public_key *key)
{
    size_t size;
    const unsigned char *point = public_key_point(key, &size);

    put_string(out, point, size);
}

static void put_key(FILE *out, const struct ssh_type *type, const struct public_key *key)
{
    const struct attributes *list = &key->attributes;

    put_string(out, type->name, strlen(type->name));
    if (type->type == CKK_RSA) {
        put_mpint(out, attributes_find(list, CKA_PUBLIC_EXPONENT));
        put_mpint(out, attributes_find(list, CKA_MODULUS));
        return;
    }
    if (type->curve_name != NULL)
        put_string(out, type->curve_name, strlen(type->curve_name));
    put_point(out, key);
}

bool public_key_set_ssh(struct crypto *crypto, struct public_key *key)
{
    const struct ssh_type *type = type_of(key);
    bool complete;
    FILE *out;

    if (type == NULL)
        return true;
    out = open_memstream((char **)&key->ssh_blob, &key->ssh_blob_size);
    if (out == NULL)
        return false;
    put_key(out, type, key);
    /* Without memory the stream keeps what fitted: half a blob would have another fingerprint. */
    complete = fflush(out) == 0 && ferror(out) == 0;
    if (fclose(out) != 0 || !complete || key->ssh_blob == NULL)
        return false;
    key->has_fingerprint = crypto_sha256(crypto, key->ssh_blob, key->ssh_blob_size, NULL, 0,
                                         key->fingerprint);
    return key->has_fingerprint;
}

char *public_key_ssh_text(const struct public_key *key)
{
    const struct ssh_type *type = type_of(key);
    size_t size = 4 * ((key->ssh_blob_size + 2) / 3) + 1;
    unsigned char *base64 = type != NULL && key->has_fingerprint ? malloc(size) : NULL;
    char *text = NULL;

    if (base64 == NULL)
        return NULL;
    EVP_EncodeBlock(base64, key->ssh_blob, (int)key->ssh_blob_size);
    if (asprintf(&text, "%s %s", type->name, (char *)base64) < 0)
        text = NULL;
    free(base64);
    return text;
}

void fingerprint_text(const uint8_t fingerprint[PUBLIC_KEY_HASH_SIZE], char out[51])
{
    unsigned char base64[48];

    EVP_EncodeBlock(base64, fingerprint, PUBLIC_KEY_HASH_SIZE);
    memcpy(out, "SHA256:", 7);
    memcpy(out + 7, base64, FINGERPRINT_TEXT);
    out[7 + FINGERPRINT_TEXT] = '\0';
}

bool public_key_fingerprint_text(const struct public_key *key, char out[51])
{
    if (key->has_fingerprint)
        fingerprint_text(key->fingerprint, out);
    return key->has_fingerprint;
}

bool fingerprint_parse(const char *text, uint8_t out[PUBLIC_KEY_HASH_SIZE])
{
    unsigned char base64[FINGERPRINT_TEXT + 2];
    unsigned char bytes[36], again[48];

    if (strncmp(text, "SHA256:", 7) != 0)
        return false;
    text += 7;
    if (strlen(text) == FINGERPRINT_TEXT + 1 && text[FINGERPRINT_TEXT] == '=')
        ; /* ssh-keygen cuts the padding; with it the text says the same */
    else if (strlen(text) != FINGERPRINT_TEXT)
        return false;
    memcpy(base64, text, FINGERPRINT_TEXT);
    base64[FINGERPRINT_TEXT] = '=';
    base64[FINGERPRINT_TEXT + 1] = '\0';
    if (EVP_DecodeBlock(bytes, base64, FINGERPRINT_TEXT + 1) != 33)
        return false;
    /* One text for one hash: the unused bits of the last character must be zero. */
    EVP_EncodeBlock(again, bytes, PUBLIC_KEY_HASH_SIZE);
    if (memcmp(again, base64, FINGERPRINT_TEXT) != 0)
        return false;
    memcpy(out, bytes, PUBLIC_KEY_HASH_SIZE);
    return true;
}

struct reader {
    const unsigned char *at;
    size_t left;
};

static bool get_string(struct reader *in, CK_ATTRIBUTE *out)
{
    size_t size;

    if (in->left < 4)
        return false;
    size = (size_t)in->at[0] << 24 | (size_t)in->at[1] << 16 | (size_t)in->at[2] << 8 | in->at[3];
    if (size > in->left - 4)
        return false;
    *out = (CK_ATTRIBUTE){.pValue = (void *)(uintptr_t)(in->at + 4), .ulValueLen = size};
    in->at += 4 + size;
    in->left -= 4 + size;
    return true;
}

static bool is_text(const CK_ATTRIBUTE *value, const char *text)
{
    return value->ulValueLen == strlen(text) && memcmp(value->pValue, text, strlen(text)) == 0;
}

/* The rest of a blob after its type, as attributes. */
static bool get_values(struct reader *in, const struct ssh_type *type, struct attributes *list)
{
    CK_ATTRIBUTE first, second;
    size_t size = 0;
    const unsigned char *oid = key_curve_oid(type->curve, &size);

    if (type->type == CKK_RSA)
        return get_string(in, &first) && get_string(in, &second) &&
               attributes_set(list, CKA_PUBLIC_EXPONENT, first.pValue, first.ulValueLen) &&
               attributes_set(list, CKA_MODULUS, second.pValue, second.ulValueLen);
    if (type->curve_name != NULL && (!get_string(in, &first) || !is_text(&first, type->curve_name)))
        return false;
    return get_string(in, &second) && attributes_set(list, CKA_EC_PARAMS, oid, size) &&
           attributes_set(list, CKA_EC_POINT, second.pValue, second.ulValueLen);
}

static struct public_key *from_blob(struct crypto *crypto, const struct ssh_type *type,
                                    const unsigned char *blob, size_t size)
{
    struct reader in = {blob, size};
    struct attributes list = {0};
    struct public_key *key = NULL;
    CK_ATTRIBUTE name;

    if (get_string(&in, &name) && is_text(&name, type->name) && get_values(&in, type, &list) &&
        in.left == 0)
        key = public_key_from_attributes(crypto, &list);
    attributes_finish(&list);
    /* One key, one blob: ssh takes no other form of a number or a point. */
    if (key != NULL && (key->ssh_blob_size != size || memcmp(key->ssh_blob, blob, size) != 0)) {
        public_key_destroy(key);
        key = NULL;
    }
    return key;
}

static struct public_key *from_base64(struct crypto *crypto, const struct ssh_type *type,
                                      const char *text, size_t size)
{
    unsigned char blob[BLOB_MAX], again[BLOB_MAX + 1];
    size_t padding = 0;
    int decoded;

    if (size == 0 || size > BLOB_MAX || size % 4 != 0)
        return NULL;
    while (padding < 2 && text[size - 1 - padding] == '=')
        padding++;
    decoded = EVP_DecodeBlock(blob, (const unsigned char *)text, (int)size);
    if (decoded < (int)padding)
        return NULL;
    /* OpenSSL lets much pass: '=' anywhere, '-' as the end, bits that say nothing. */
    if (EVP_EncodeBlock(again, blob, decoded - (int)padding) != (int)size ||
        memcmp(again, text, size) != 0)
        return NULL;
    return from_blob(crypto, type, blob, (size_t)decoded - padding);
}

/* The end of one word of an authorized_keys line; blanks inside double quotes belong to it. */
static const char *word_end(const char *at)
{
    bool quoted = false;

    for (; *at != '\0' && *at != '\n' && *at != '\r' && (quoted || (*at != ' ' && *at != '\t')); at++) {
        if (*at == '\\' && at[1] == '"')
            at++;
        else if (*at == '"')
            quoted = !quoted;
    }
    return at;
}

static const struct ssh_type *type_named(const char *name, size_t size)
{
    for (size_t i = 0; i < N_TYPES; i++) {
        if (strlen(types[i].name) == size && memcmp(types[i].name, name, size) == 0)
            return &types[i];
    }
    return NULL;
}

struct public_key *public_key_from_ssh_line(struct crypto *crypto, const char *line)
{
    /* The type is the first word, or the second after the options. */
    for (int word = 0; word < 2; word++) {
        const char *end;
        line += strspn(line, " \t");
        end = word_end(line);
        const struct ssh_type *type = type_named(line, (size_t)(end - line));
        line = end;
        if (type != NULL) {
            line += strspn(line, " \t");
            return from_base64(crypto, type, line, (size_t)(word_end(line) - line));
        }
    }
    return NULL;
}
