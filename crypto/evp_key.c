// SPDX-License-Identifier: BSD-2-Clause
// Public keys as OpenSSL's, which signatures are verified and data encrypted with.
#include "crypto/internal.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/objects.h>
#include <openssl/param_build.h>

/* Types by their OIDs: for a name OpenSSL 3 first looks for an engine of the host's that has made itself the default, such as one that
 * goes through p11gate. */
static const char rsa_oid[] = "1.2.840.113549.1.1.1";
static const char ec_oid[] = "1.2.840.10045.2.1";

static EVP_PKEY *from_params(struct crypto *crypto, const char *type, OSSL_PARAM *params)
{
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(crypto->context, type, NULL);
    EVP_PKEY *key = NULL;

    if (params == NULL || context == NULL || EVP_PKEY_fromdata_init(context) != 1 ||
        EVP_PKEY_fromdata(context, &key, EVP_PKEY_PUBLIC_KEY, params) != 1)
        key = NULL;
    EVP_PKEY_CTX_free(context);
    return key;
}

static EVP_PKEY *rsa_to_openssl(struct crypto *crypto, const CK_ATTRIBUTE *modulus,
                                const CK_ATTRIBUTE *exponent)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    BIGNUM *n = BN_bin2bn(modulus->pValue, (int)modulus->ulValueLen, NULL);
    BIGNUM *e = BN_bin2bn(exponent->pValue, (int)exponent->ulValueLen, NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *key = NULL;

    if (build == NULL || n == NULL || e == NULL ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, e) != 1)
        goto out;
    params = OSSL_PARAM_BLD_to_param(build);
    key = from_params(crypto, rsa_oid, params);
out:
    OSSL_PARAM_free(params);
    OSSL_PARAM_BLD_free(build);
    BN_free(n);
    BN_free(e);
    return key;
}

static EVP_PKEY *ec_to_openssl(struct crypto *crypto, enum key_curve curve, const void *point,
                               size_t size)
{
    const char *group = OBJ_nid2sn(key_curve_nid(curve));
    OSSL_PARAM params[3];

    params[0] =
        OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, (char *)(uintptr_t)group, 0);
    params[1] = OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY,
                                                  (void *)(uintptr_t)point, size);
    params[2] = OSSL_PARAM_construct_end();
    if (key_curve_is_edwards(curve))
        return EVP_PKEY_new_raw_public_key_ex(crypto->context, group, NULL, point, size);
    return from_params(crypto, ec_oid, params);
}

EVP_PKEY *public_key_to_openssl(struct crypto *crypto, const struct public_key *key)
{
    const struct attributes *list = &key->attributes;
    size_t size;
    const unsigned char *point;

    if (key->type == CKK_RSA)
        return rsa_to_openssl(crypto, attributes_find(list, CKA_MODULUS),
                              attributes_find(list, CKA_PUBLIC_EXPONENT));
    point = public_key_point(key, &size);
    return ec_to_openssl(crypto, key->curve, point, size);
}
