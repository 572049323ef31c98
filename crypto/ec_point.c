// SPDX-License-Identifier: BSD-2-Clause
// Points of elliptic curves (SEC 1, 2.3; RFC 8032, 5.1.2 and 5.2.2).
#include "crypto/internal.h"

#include <string.h>
#include <openssl/ec.h>
#include <openssl/objects.h>

enum { ED25519_SIZE = 32, ED448_SIZE = 57 };

/* Whether such a number is a point is found out by who verifies with it. */
static bool take_edwards(const void *bytes, size_t size, size_t wanted, struct ec_point *out)
{
    if (size != wanted)
        return false;
    memcpy(out->bytes, bytes, size);
    out->size = size;
    out->bits = wanted == ED25519_SIZE ? 256 : 456;
    return true;
}

/* OpenSSL refuses what is not on the curve. The point at infinity is one byte. */
static bool take_affine(const EC_GROUP *group, const void *bytes, size_t size,
                        struct ec_point *out)
{
    EC_POINT *point = EC_POINT_new(group);
    bool ok = point != NULL && EC_POINT_oct2point(group, point, bytes, size, NULL) == 1;

    if (ok) {
        out->size = EC_POINT_point2oct(group, point, POINT_CONVERSION_UNCOMPRESSED, out->bytes,
                                       sizeof(out->bytes), NULL);
        out->bits = (unsigned)EC_GROUP_order_bits(group);
    }
    EC_POINT_free(point);
    return ok && out->size > 1;
}

bool ec_point_read(struct crypto *crypto, enum key_curve curve, const void *bytes, size_t size,
                   struct ec_point *out)
{
    int nid = key_curve_nid(curve);
    EC_GROUP *group;
    bool ok;

    if (curve == CURVE_ED25519)
        return take_edwards(bytes, size, ED25519_SIZE, out);
    if (curve == CURVE_ED448)
        return take_edwards(bytes, size, ED448_SIZE, out);
    if (nid == NID_undef)
        return false;
    group = EC_GROUP_new_by_curve_name_ex(crypto->context, NULL, nid);
    ok = group != NULL && take_affine(group, bytes, size, out);
    EC_GROUP_free(group);
    return ok;
}
