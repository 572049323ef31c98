// SPDX-License-Identifier: BSD-2-Clause
#include "filters/mechanism.h"

#include <stddef.h>
#include "common/constants.h"

struct mechanism {
    CK_MECHANISM_TYPE type;
    enum mechanism_use use;
    CK_KEY_TYPE key_type;     /* of signing mechanisms */
    CK_ULONG parameter_size;  /* the size it may have beside 0; 0: it takes none */
};

/* CKM_RSA_X_509 is not here: a raw operation decrypts. Edwards parameters (context, prehash) are not needed by anyone yet. */
static const struct mechanism mechanisms[] = {
    {CKM_SHA_1, MECHANISM_DIGEST, 0, 0},
    {CKM_SHA224, MECHANISM_DIGEST, 0, 0},
    {CKM_SHA256, MECHANISM_DIGEST, 0, 0},
    {CKM_SHA384, MECHANISM_DIGEST, 0, 0},
    {CKM_SHA512, MECHANISM_DIGEST, 0, 0},
    {CKM_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA1_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA224_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA256_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA384_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_SHA512_RSA_PKCS, MECHANISM_SIGN, CKK_RSA, 0},
    {CKM_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA1_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA224_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA256_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA384_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA512_RSA_PKCS_PSS, MECHANISM_SIGN, CKK_RSA, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_ECDSA, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA1, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA224, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA256, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA384, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_ECDSA_SHA512, MECHANISM_SIGN, CKK_EC, 0},
    {CKM_EDDSA, MECHANISM_SIGN, CKK_EC_EDWARDS, 0},
};

static const struct mechanism *find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (mechanisms[i].type == type)
            return &mechanisms[i];
    }
    return NULL;
}

bool mechanism_known(CK_MECHANISM_TYPE type)
{
    return find(type) != NULL;
}

CK_FLAGS mechanism_flags(CK_FLAGS flags)
{
    return flags & ~(CK_FLAGS)(CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN_RECOVER | CKF_GENERATE |
                               CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE);
}

CK_RV mechanism_check(const CK_MECHANISM *mechanism, enum mechanism_use use)
{
    const struct mechanism *found = find(mechanism->mechanism);

    if (found == NULL || found->use != use)
        return CKR_MECHANISM_INVALID;
    if (mechanism->ulParameterLen == 0)
        return CKR_OK;
    if (mechanism->ulParameterLen != found->parameter_size || mechanism->pParameter == NULL)
        return CKR_MECHANISM_PARAM_INVALID;
    return CKR_OK;
}

bool mechanism_fits_key(CK_MECHANISM_TYPE type, CK_KEY_TYPE key_type)
{
    const struct mechanism *found = find(type);
    return found != NULL && found->use == MECHANISM_SIGN && found->key_type == key_type;
}
