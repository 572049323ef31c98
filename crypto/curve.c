// SPDX-License-Identifier: BSD-2-Clause
// The table of curves: their names, their OIDs, and how CKA_EC_PARAMS tells them apart.
#include "crypto/internal.h"

#include <string.h>
#include <strings.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/objects.h>

struct curve {
    enum key_curve curve;
    int nid; /* OpenSSL's number: it looks a name up after it has read the host's openssl.cnf */
    const char *names[4]; /* the first is what we print */
    unsigned char oid[12];
    size_t oid_size;
};

static const struct curve curves[] = {
    {CURVE_P256, NID_X9_62_prime256v1, {"nistp256", "P-256", "secp256r1", "prime256v1"},
     {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07}, 10},
    {CURVE_P384, NID_secp384r1, {"nistp384", "P-384", "secp384r1", NULL},
     {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x22}, 7},
    {CURVE_P521, NID_secp521r1, {"nistp521", "P-521", "secp521r1", NULL},
     {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x23}, 7},
    {CURVE_SECP256K1, NID_secp256k1, {"secp256k1", NULL, NULL, NULL},
     {0x06, 0x05, 0x2b, 0x81, 0x04, 0x00, 0x0a}, 7},
    {CURVE_ED25519, NID_ED25519, {"ed25519", "edwards25519", NULL, NULL},
     {0x06, 0x03, 0x2b, 0x65, 0x70}, 5},
    {CURVE_ED448, NID_ED448, {"ed448", "edwards448", NULL, NULL},
     {0x06, 0x03, 0x2b, 0x65, 0x71}, 5},
};

enum { N_CURVES = sizeof(curves) / sizeof(curves[0]) };

static const struct curve *find(enum key_curve curve)
{
    for (size_t i = 0; i < N_CURVES; i++) {
        if (curves[i].curve == curve)
            return &curves[i];
    }
    return NULL;
}

int key_curve_nid(enum key_curve curve)
{
    const struct curve *found = find(curve);
    return found != NULL ? found->nid : NID_undef;
}

const unsigned char *key_curve_oid(enum key_curve curve, size_t *size)
{
    const struct curve *found = find(curve);

    if (found == NULL)
        return NULL;
    *size = found->oid_size;
    return found->oid;
}

enum key_curve key_curve_from_nid(int nid)
{
    for (size_t i = 0; i < N_CURVES; i++) {
        if (curves[i].nid == nid)
            return curves[i].curve;
    }
    return CURVE_OTHER;
}

bool key_curve_is_edwards(enum key_curve curve)
{
    return curve == CURVE_ED25519 || curve == CURVE_ED448;
}

enum key_curve key_curve_from_name(const char *name)
{
    for (size_t i = 0; i < N_CURVES; i++) {
        for (size_t j = 0; j < 4 && curves[i].names[j] != NULL; j++) {
            if (strcasecmp(curves[i].names[j], name) == 0)
                return curves[i].curve;
        }
    }
    return CURVE_NONE;
}

const char *key_curve_name(enum key_curve curve)
{
    const struct curve *found = find(curve);
    return found != NULL ? found->names[0] : "other";
}

/* curveName as PrintableString (PKCS#11 3.0, 2.3.5): "edwards25519" and the like. */
static enum key_curve from_printable_string(const unsigned char *params, size_t size)
{
    char name[32];

    if (size < 2 || params[0] != 0x13 || params[1] != size - 2 || size - 2 >= sizeof(name) ||
        memchr(params + 2, '\0', size - 2) != NULL)
        return CURVE_NONE;
    memcpy(name, params + 2, size - 2);
    name[size - 2] = '\0';
    return key_curve_from_name(name);
}

/* Explicit parameters, as some vendors give them; OpenSSL recognises the named curve behind them. */
static enum key_curve from_explicit(const unsigned char *params, size_t size)
{
    const unsigned char *at = params;
    EC_GROUP *group;
    int nid;

    ERR_set_mark();
    group = size <= 4096 ? d2i_ECPKParameters(NULL, &at, (long)size) : NULL;
    nid = group != NULL ? EC_GROUP_get_curve_name(group) : NID_undef;
    if (group != NULL && nid == NID_undef)
        nid = EC_GROUP_check_named_curve(group, 0, NULL);
    EC_GROUP_free(group);
    ERR_pop_to_mark();
    return key_curve_from_nid(nid);
}

enum key_curve key_curve_from_params(struct crypto *crypto, const void *params, size_t size)
{
    (void)crypto;
    for (size_t i = 0; i < N_CURVES; i++) {
        if (curves[i].oid_size == size && memcmp(curves[i].oid, params, size) == 0)
            return curves[i].curve;
    }
    enum key_curve curve = from_printable_string(params, size);
    if (curve != CURVE_NONE)
        return curve;
    return from_explicit(params, size);
}
