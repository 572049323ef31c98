// SPDX-License-Identifier: BSD-2-Clause
#include "crypto/internal.h"

#include <stdlib.h>
#include <string.h>
#include <openssl/err.h>

/* CKA_EC_POINT is a DER OCTET STRING around the point; some tokens give the point alone. */
static const unsigned char *unwrap_point(const CK_ATTRIBUTE *attribute, size_t *size)
{
    const unsigned char *bytes = attribute->pValue;
    size_t all = attribute->ulValueLen;

    *size = all;
    if (all >= 2 && bytes[0] == 0x04 && bytes[1] < 0x80 && bytes[1] == all - 2) {
        *size = all - 2;
        return bytes + 2;
    }
    if (all >= 3 && bytes[0] == 0x04 && bytes[1] == 0x81 && bytes[2] == all - 3) {
        *size = all - 3;
        return bytes + 3;
    }
    return bytes;
}

/* Takes the key over. NULL when ok is false, or there is no memory. */
static struct public_key *complete(struct crypto *crypto, struct public_key *key, bool ok)
{
    if (ok && attributes_set_ulong(&key->attributes, CKA_KEY_TYPE, key->type) &&
        public_key_set_spki(crypto, key) && public_key_set_ssh(crypto, key))
        return key;
    public_key_destroy(key);
    return NULL;
}

/* Without the zeros that it may begin with; 0 itself is in no key. */
static bool set_number(struct public_key *key, CK_ATTRIBUTE_TYPE type, const CK_ATTRIBUTE *number)
{
    const unsigned char *bytes = number->pValue;
    size_t size = number->ulValueLen;

    for (; size > 0 && *bytes == 0; size--)
        bytes++;
    return size > 0 && size <= PUBLIC_KEY_MODULUS_MAX &&
           attributes_set(&key->attributes, type, bytes, size);
}

static unsigned count_bits(const CK_ATTRIBUTE *number)
{
    unsigned bits = 8 * (unsigned)number->ulValueLen;

    for (unsigned mask = 0x80; (*(const unsigned char *)number->pValue & mask) == 0; mask >>= 1)
        bits--;
    return bits;
}

static bool set_rsa(struct public_key *key, const CK_ATTRIBUTE *modulus,
                    const CK_ATTRIBUTE *exponent)
{
    key->type = CKK_RSA;
    if (!set_number(key, CKA_MODULUS, modulus) || !set_number(key, CKA_PUBLIC_EXPONENT, exponent))
        return false;
    key->bits = count_bits(attributes_find(&key->attributes, CKA_MODULUS));
    return attributes_set_ulong(&key->attributes, CKA_MODULUS_BITS, key->bits);
}

struct public_key *public_key_from_rsa(struct crypto *crypto, const CK_ATTRIBUTE *modulus,
                                       const CK_ATTRIBUTE *exponent)
{
    struct public_key *key = calloc(1, sizeof(*key));

    return key != NULL ? complete(crypto, key, set_rsa(key, modulus, exponent)) : NULL;
}

/* CKA_EC_POINT: the point in a DER OCTET STRING (PKCS#11 2.40 mechanisms, 2.3.3). */
static bool set_point(struct public_key *key, const struct ec_point *point)
{
    unsigned char der[POINT_MAX + 3] = {0x04};
    size_t head = point->size < 0x80 ? 2 : 3;

    if (head == 3)
        der[1] = 0x81;
    der[head - 1] = (unsigned char)point->size;
    memcpy(der + head, point->bytes, point->size);
    return attributes_set(&key->attributes, CKA_EC_POINT, der, head + point->size);
}

static bool set_oid(struct public_key *key)
{
    size_t size = 0;
    const unsigned char *oid = key_curve_oid(key->curve, &size);
    return oid != NULL && attributes_set(&key->attributes, CKA_EC_PARAMS, oid, size);
}

const unsigned char *public_key_point(const struct public_key *key, size_t *size)
{
    const CK_ATTRIBUTE *point = attributes_find(&key->attributes, CKA_EC_POINT);
    const unsigned char *bytes = point->pValue;
    size_t head = bytes[1] < 0x80 ? 2 : 3;

    *size = point->ulValueLen - head;
    return bytes + head;
}

static bool set_ec(struct public_key *key, enum key_curve curve, const struct ec_point *point)
{
    key->type = key_curve_is_edwards(curve) ? CKK_EC_EDWARDS : CKK_EC;
    key->curve = curve;
    key->bits = point->bits;
    return set_oid(key) && set_point(key, point);
}

struct public_key *public_key_from_point(struct crypto *crypto, enum key_curve curve,
                                         const void *point, size_t size)
{
    struct ec_point read;
    struct public_key *key;

    if (!ec_point_read(crypto, curve, point, size, &read))
        return NULL;
    key = calloc(1, sizeof(*key));
    return key != NULL ? complete(crypto, key, set_ec(key, curve, &read)) : NULL;
}

static struct public_key *from_ec_attributes(struct crypto *crypto, const CK_ATTRIBUTE *params,
                                             const CK_ATTRIBUTE *point)
{
    enum key_curve curve = key_curve_from_params(crypto, params->pValue, params->ulValueLen);
    size_t size;
    const unsigned char *bytes = unwrap_point(point, &size);
    struct public_key *key = public_key_from_point(crypto, curve, bytes, size);

    /* A raw uncompressed point whose second byte happens to look like a length. */
    if (key == NULL && bytes != point->pValue)
        key = public_key_from_point(crypto, curve, point->pValue, point->ulValueLen);
    return key;
}

static struct public_key *from_attributes(struct crypto *crypto, const struct attributes *list)
{
    const CK_ATTRIBUTE *modulus = attributes_find_filled(list, CKA_MODULUS);
    const CK_ATTRIBUTE *exponent = attributes_find_filled(list, CKA_PUBLIC_EXPONENT);
    const CK_ATTRIBUTE *params = attributes_find_filled(list, CKA_EC_PARAMS);
    const CK_ATTRIBUTE *point = attributes_find_filled(list, CKA_EC_POINT);
    const CK_ATTRIBUTE *info = attributes_find_filled(list, CKA_PUBLIC_KEY_INFO);

    if (modulus != NULL && exponent != NULL)
        return public_key_from_rsa(crypto, modulus, exponent);
    if (params != NULL && point != NULL)
        return from_ec_attributes(crypto, params, point);
    if (info != NULL)
        return public_key_from_spki(crypto, info->pValue, info->ulValueLen);
    return NULL;
}

struct public_key *public_key_from_attributes(struct crypto *crypto, const struct attributes *list)
{
    struct public_key *key;

    ERR_set_mark();
    key = from_attributes(crypto, list);
    ERR_pop_to_mark();
    return key;
}

void public_key_destroy(struct public_key *key)
{
    if (key == NULL)
        return;
    attributes_finish(&key->attributes);
    free(key->ssh_blob);
    free(key);
}

bool public_key_equal(const struct public_key *a, const struct public_key *b)
{
    return a->type == b->type && memcmp(a->spki_hash, b->spki_hash, sizeof(a->spki_hash)) == 0;
}

const char *public_key_type_name(const struct public_key *key)
{
    switch (key->curve) {
    case CURVE_NONE:
        return "rsa";
    case CURVE_ED25519:
        return "ed25519";
    case CURVE_ED448:
        return "ed448";
    case CURVE_P256:
    case CURVE_P384:
    case CURVE_P521:
    case CURVE_SECP256K1:
    case CURVE_OTHER:
        break;
    }
    return "ec";
}

size_t public_key_signature_size(const struct public_key *key)
{
    size_t bytes = (key->bits + 7) / 8;

    if (key->type == CKK_RSA)
        return bytes;
    if (key->curve == CURVE_ED25519)
        return 64;
    return key->curve == CURVE_ED448 ? 114 : 2 * bytes;
}
