// SPDX-License-Identifier: BSD-2-Clause
#include "filters/parameters.h"

#include <stddef.h>
#include "common/constants.h"

/* Not here: what joins two keys (CKM_CONCATENATE_BASE_AND_KEY, ECDH with two pairs, X9.42 likewise) and TLS's with their out handles. */
static const struct {
    CK_MECHANISM_TYPE type;
    CK_ULONG size; /* of the parameters */
} known[] = {
    {CKM_RSA_PKCS_OAEP, sizeof(CK_RSA_PKCS_OAEP_PARAMS)},
    {CKM_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA1_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA224_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA256_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA384_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_SHA512_RSA_PKCS_PSS, sizeof(CK_RSA_PKCS_PSS_PARAMS)},
    {CKM_ECDH1_DERIVE, sizeof(CK_ECDH1_DERIVE_PARAMS)},
    {CKM_ECDH1_COFACTOR_DERIVE, sizeof(CK_ECDH1_DERIVE_PARAMS)},
    {CKM_AES_CBC, 16},
    {CKM_AES_CBC_PAD, 16},
    {CKM_AES_CTR, sizeof(CK_AES_CTR_PARAMS)},
    {CKM_AES_GCM, sizeof(CK_GCM_PARAMS)},
    {CKM_DES_CBC, 8},
    {CKM_DES_CBC_PAD, 8},
    {CKM_DES3_CBC, 8},
    {CKM_DES3_CBC_PAD, 8},
    {CKM_AES_ECB_ENCRYPT_DATA, sizeof(CK_KEY_DERIVATION_STRING_DATA)},
    {CKM_AES_CBC_ENCRYPT_DATA, sizeof(CK_AES_CBC_ENCRYPT_DATA_PARAMS)},
};

bool parameters_name_no_object(const CK_MECHANISM *mechanism)
{
    if (mechanism->pParameter == NULL)
        return mechanism->ulParameterLen == 0;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].type == mechanism->mechanism)
            return known[i].size == mechanism->ulParameterLen;
    }
    return false;
}
