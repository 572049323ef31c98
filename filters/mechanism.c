// SPDX-License-Identifier: BSD-2-Clause
#include "filters/mechanism.h"

#include <stddef.h>
#include "common/constants.h"
#include "crypto/verifier.h"

enum parameter { PARAMETER_NONE, PARAMETER_PSS, PARAMETER_OAEP };

struct mechanism {
    CK_MECHANISM_TYPE type;
    unsigned ssh;         /* uses under preset ssh */
    unsigned more;        /* and those that read-only adds */
    CK_KEY_TYPE key_type; /* not of digests */
    enum parameter parameter;
};

#define WITH_RSA (MECHANISM_SIGN | MECHANISM_RECOVER | MECHANISM_ENCRYPT)

/* CKM_RSA_X_509 is not in ssh's: a raw operation decrypts as well as it signs. Edwards parameters
 * (context, prehash) are not needed by anyone yet. */
static const struct mechanism mechanisms[] = {
    {CKM_SHA_1, MECHANISM_DIGEST, 0, 0, PARAMETER_NONE},
    {CKM_SHA224, MECHANISM_DIGEST, 0, 0, PARAMETER_NONE},
    {CKM_SHA256, MECHANISM_DIGEST, 0, 0, PARAMETER_NONE},
    {CKM_SHA384, MECHANISM_DIGEST, 0, 0, PARAMETER_NONE},
    {CKM_SHA512, MECHANISM_DIGEST, 0, 0, PARAMETER_NONE},
    {CKM_RSA_PKCS, MECHANISM_SIGN | MECHANISM_RECOVER, MECHANISM_ENCRYPT, CKK_RSA, PARAMETER_NONE},
    {CKM_SHA1_RSA_PKCS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_NONE},
    {CKM_SHA224_RSA_PKCS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_NONE},
    {CKM_SHA256_RSA_PKCS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_NONE},
    {CKM_SHA384_RSA_PKCS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_NONE},
    {CKM_SHA512_RSA_PKCS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_NONE},
    {CKM_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_SHA1_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_SHA224_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_SHA256_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_SHA384_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_SHA512_RSA_PKCS_PSS, MECHANISM_SIGN, 0, CKK_RSA, PARAMETER_PSS},
    {CKM_RSA_PKCS_OAEP, 0, MECHANISM_ENCRYPT, CKK_RSA, PARAMETER_OAEP},
    {CKM_RSA_X_509, 0, WITH_RSA, CKK_RSA, PARAMETER_NONE},
    {CKM_ECDSA, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_ECDSA_SHA1, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_ECDSA_SHA224, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_ECDSA_SHA256, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_ECDSA_SHA384, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_ECDSA_SHA512, MECHANISM_SIGN, 0, CKK_EC, PARAMETER_NONE},
    {CKM_EDDSA, MECHANISM_SIGN, 0, CKK_EC_EDWARDS, PARAMETER_NONE},
};

static const struct mechanism *find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof(mechanisms) / sizeof(mechanisms[0]); i++) {
        if (mechanisms[i].type == type)
            return &mechanisms[i];
    }
    return NULL;
}

static unsigned uses_of(const struct mechanism *mechanism, enum preset preset)
{
    return mechanism->ssh | (preset != PRESET_SSH ? mechanism->more : 0);
}

bool mechanism_known(enum preset preset, CK_MECHANISM_TYPE type)
{
    const struct mechanism *found = find(type);

    return found != NULL && uses_of(found, preset) != 0;
}

CK_FLAGS mechanism_flags(enum preset preset, CK_FLAGS flags)
{
    CK_FLAGS gone = CKF_GENERATE | CKF_GENERATE_KEY_PAIR | CKF_WRAP | CKF_UNWRAP | CKF_DERIVE;

    if (preset == PRESET_SSH)
        gone |= CKF_ENCRYPT | CKF_DECRYPT | CKF_SIGN_RECOVER;
    return flags & ~gone;
}

/* The longest salt that an RSA key of any size has room for. */
enum { SALT_MAX = PUBLIC_KEY_MODULUS_MAX };

static bool pss_is_known(const CK_RSA_PKCS_PSS_PARAMS *pss, CK_MECHANISM_TYPE type)
{
    enum digest named = signature_digest(type);

    return digest_from_mechanism(pss->hashAlg) != DIGEST_NONE &&
           digest_from_mgf(pss->mgf) != DIGEST_NONE && pss->sLen <= SALT_MAX &&
           (named == DIGEST_NONE || digest_mechanism(named) == pss->hashAlg);
}

/* The label is bytes, and no parameter within the parameter. */
static bool oaep_is_known(const CK_RSA_PKCS_OAEP_PARAMS *oaep)
{
    return digest_from_mechanism(oaep->hashAlg) != DIGEST_NONE &&
           digest_from_mgf(oaep->mgf) != DIGEST_NONE &&
           (oaep->source == CKZ_DATA_SPECIFIED || oaep->source == 0) &&
           (oaep->source != 0 || oaep->ulSourceDataLen == 0) &&
           (oaep->pSourceData != NULL || oaep->ulSourceDataLen == 0) &&
           oaep->ulSourceDataLen <= PUBLIC_KEY_MODULUS_MAX;
}

static bool parameter_is_known(const struct mechanism *found, const CK_MECHANISM *mechanism)
{
    static const CK_ULONG sizes[] = {[PARAMETER_NONE] = 0,
                                     [PARAMETER_PSS] = sizeof(CK_RSA_PKCS_PSS_PARAMS),
                                     [PARAMETER_OAEP] = sizeof(CK_RSA_PKCS_OAEP_PARAMS)};

    if (mechanism->ulParameterLen != sizes[found->parameter])
        return false;
    switch (found->parameter) {
    case PARAMETER_NONE:
        return true;
    case PARAMETER_PSS:
        return mechanism->pParameter != NULL &&
               pss_is_known(mechanism->pParameter, mechanism->mechanism);
    case PARAMETER_OAEP:
        return mechanism->pParameter != NULL && oaep_is_known(mechanism->pParameter);
    }
    return false;
}

CK_RV mechanism_check(enum preset preset, const CK_MECHANISM *mechanism, enum mechanism_use use)
{
    const struct mechanism *found = find(mechanism->mechanism);

    if (found == NULL || (uses_of(found, preset) & use) == 0)
        return CKR_MECHANISM_INVALID;
    return parameter_is_known(found, mechanism) ? CKR_OK : CKR_MECHANISM_PARAM_INVALID;
}

bool mechanism_fits_key(CK_MECHANISM_TYPE type, CK_KEY_TYPE key_type)
{
    const struct mechanism *found = find(type);

    return found != NULL && (found->ssh & MECHANISM_DIGEST) == 0 && found->key_type == key_type;
}

bool mechanism_named_permitted(const struct access *access, CK_MECHANISM_TYPE type)
{
    enum digest named = signature_digest(type);

    return access_permits(access, type) &&
           (named == DIGEST_NONE || !access_list_has(&access->deny, digest_mechanism(named)));
}

/* The hashes inside the parameters of a mechanism, that of the mask second; both DIGEST_NONE: there
 * are none. */
static void inner_digests(const CK_MECHANISM *mechanism, enum digest inner[2])
{
    const struct mechanism *found = find(mechanism->mechanism);
    const CK_RSA_PKCS_PSS_PARAMS *pss = mechanism->pParameter;
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = mechanism->pParameter;

    inner[0] = inner[1] = DIGEST_NONE;
    if (found != NULL && found->parameter == PARAMETER_PSS) {
        inner[0] = digest_from_mechanism(pss->hashAlg);
        inner[1] = digest_from_mgf(pss->mgf);
    } else if (found != NULL && found->parameter == PARAMETER_OAEP) {
        inner[0] = digest_from_mechanism(oaep->hashAlg);
        inner[1] = digest_from_mgf(oaep->mgf);
    }
}

enum digest mechanism_digest(const CK_MECHANISM *mechanism, const void *data, size_t size)
{
    enum digest named = signature_digest(mechanism->mechanism);
    enum digest inner[2];

    if (named != DIGEST_NONE)
        return named;
    if (mechanism->mechanism == CKM_RSA_PKCS && data != NULL)
        return digest_from_info(data, size);
    inner_digests(mechanism, inner);
    return inner[0];
}

/* named: the hash in the mechanism's own name, which is judged elsewhere. */
static bool inner_permitted(const struct access *access, const CK_MECHANISM *mechanism,
                            enum digest named)
{
    enum digest inner[2];

    inner_digests(mechanism, inner);
    for (size_t i = 0; i < 2; i++) {
        if (inner[i] != DIGEST_NONE && inner[i] != named &&
            !access_permits(access, digest_mechanism(inner[i])))
            return false;
    }
    return true;
}

bool mechanism_permitted(const struct access *access, const CK_MECHANISM *mechanism)
{
    enum digest named = signature_digest(mechanism->mechanism);

    return mechanism_named_permitted(access, mechanism->mechanism) &&
           inner_permitted(access, mechanism, named);
}

static bool is_limited(const struct access *digests)
{
    return digests->limited || digests->deny.count > 0;
}

bool mechanism_digest_permitted(const struct access *digests, const CK_MECHANISM *mechanism)
{
    enum digest named = signature_digest(mechanism->mechanism);

    if (mechanism->mechanism == CKM_RSA_X_509) /* signs what looks like anything */
        return !is_limited(digests);
    if (named != DIGEST_NONE && !access_permits(digests, digest_mechanism(named)))
        return false;
    return inner_permitted(digests, mechanism, named);
}

/* A bare hash tells by its length alone which it may be. */
static bool size_permitted(const struct access *digests, size_t size)
{
    for (enum digest i = DIGEST_NONE + 1; i < DIGEST_COUNT; i++) {
        if (digest_size(i) == size && access_permits(digests, digest_mechanism(i)))
            return true;
    }
    return false;
}

/* As a number it is a shorter hash with zeros before it. */
static bool begins_with_zeros(const unsigned char *data, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (data[i] != 0)
            return false;
    }
    return true;
}

static bool is_disguised(const struct access *digests, const unsigned char *data, size_t size)
{
    for (enum digest i = DIGEST_NONE + 1; i < DIGEST_COUNT; i++) {
        if (digest_size(i) < size && !size_permitted(digests, digest_size(i)) &&
            begins_with_zeros(data, size - digest_size(i)))
            return true;
    }
    return false;
}

bool mechanism_data_permitted(const struct access *digests, CK_MECHANISM_TYPE type,
                              const void *data, size_t size)
{
    enum digest digest;

    if (!is_limited(digests) || (type != CKM_RSA_PKCS && type != CKM_ECDSA))
        return true;
    if (type == CKM_ECDSA)
        return size_permitted(digests, size) && !is_disguised(digests, data, size);
    digest = digest_from_info(data, size);
    return digest != DIGEST_NONE && access_permits(digests, digest_mechanism(digest));
}
