// SPDX-License-Identifier: BSD-2-Clause
// SubjectPublicKeyInfo (RFC 5280, 4.1.2.7; RFC 3279, 2.3; RFC 8410, 4). OpenSSL looks for its
// encoders first, which costs a program that reads one key and ends more than all else that is done
// with the key.
#include "crypto/internal.h"

#include <stdlib.h>
#include <string.h>

enum {
    ROOM = 2 * PUBLIC_KEY_MODULUS_MAX + 128,
    INTEGER = 0x02,
    BIT_STRING = 0x03,
    SEQUENCE = 0x30
};

static const unsigned char rsa_algorithm[] = {0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7,
                                              0x0d, 0x01, 0x01, 0x01, 0x05, 0x00};
static const unsigned char ec_algorithm[] = {0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01};

/* DER from its end to its beginning, so that a length is known when it is written. */
struct der {
    unsigned char bytes[ROOM];
    size_t at;  /* where it begins */
    bool wrong; /* it did not fit, or a number is 0, which is in no key */
};

static void put(struct der *der, const void *bytes, size_t size)
{
    if (size > der->at) {
        der->wrong = true;
        return;
    }
    der->at -= size;
    memcpy(der->bytes + der->at, bytes, size);
}

static void put_byte(struct der *der, size_t byte)
{
    const unsigned char one = (unsigned char)byte;

    put(der, &one, 1);
}

/* Makes one value of what was put since the end was there. */
static void wrap(struct der *der, unsigned char tag, size_t end)
{
    size_t size = end - der->at, rest = size, n = 0;

    for (; size >= 0x80 && rest > 0; rest >>= 8, n++)
        put_byte(der, rest & 0xff);
    put_byte(der, size < 0x80 ? size : 0x80 | n);
    put_byte(der, tag);
}

static void put_integer(struct der *der, const CK_ATTRIBUTE *number)
{
    size_t end = der->at;

    der->wrong = der->wrong || number->ulValueLen == 0;
    if (der->wrong)
        return;
    put(der, number->pValue, number->ulValueLen);
    if ((der->bytes[der->at] & 0x80) != 0)
        put_byte(der, 0);
    wrap(der, INTEGER, end);
}

static void put_rsa(struct der *der, const struct public_key *key)
{
    size_t end = der->at;

    put_integer(der, attributes_find(&key->attributes, CKA_PUBLIC_EXPONENT));
    put_integer(der, attributes_find(&key->attributes, CKA_MODULUS));
    wrap(der, SEQUENCE, end);
}

/* CKA_EC_POINT is an OCTET STRING around it, of less than 256 bytes. */
static void put_point(struct der *der, const struct public_key *key)
{
    const CK_ATTRIBUTE *point = attributes_find(&key->attributes, CKA_EC_POINT);
    const unsigned char *bytes = point->pValue;
    size_t head = bytes[1] < 0x80 ? 2 : 3;

    put(der, bytes + head, point->ulValueLen - head);
}

static void put_algorithm(struct der *der, const struct public_key *key)
{
    const CK_ATTRIBUTE *curve = attributes_find(&key->attributes, CKA_EC_PARAMS);
    size_t end = der->at;

    if (key->type == CKK_RSA)
        put(der, rsa_algorithm, sizeof(rsa_algorithm));
    else
        put(der, curve->pValue, curve->ulValueLen);
    if (key->type == CKK_EC)
        put(der, ec_algorithm, sizeof(ec_algorithm));
    wrap(der, SEQUENCE, end);
}

bool public_key_set_spki(struct crypto *crypto, struct public_key *key)
{
    struct der *der = malloc(sizeof(*der));
    bool ok;

    if (der == NULL)
        return false;
    der->at = ROOM;
    der->wrong = false;
    if (key->type == CKK_RSA)
        put_rsa(der, key);
    else
        put_point(der, key);
    put_byte(der, 0); /* bits that are not used */
    wrap(der, BIT_STRING, ROOM);
    put_algorithm(der, key);
    wrap(der, SEQUENCE, ROOM);
    ok =
        !der->wrong &&
        crypto_sha256(crypto, der->bytes + der->at, ROOM - der->at, NULL, 0, key->spki_hash) &&
        attributes_set(&key->attributes, CKA_PUBLIC_KEY_INFO, der->bytes + der->at, ROOM - der->at);
    free(der);
    return ok;
}
