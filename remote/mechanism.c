// SPDX-License-Identifier: BSD-2-Clause
#include "remote/mechanism.h"

#include <string.h>
#include "common/constants.h"

enum number {
#define MECHANISM(name, number) NUMBER_##name = (number),
#include "common/mechanisms.def"
#undef MECHANISM
};

enum form {
    FORM_NONE,   /* never has parameters */
    FORM_ABSENT, /* carried without parameters only */
    FORM_PSS,
    FORM_OAEP,
    FORM_ECDH1,
    FORM_IV_8,
    FORM_IV_16,
    FORM_CTR,
    FORM_GCM,
    FORM_NUMBER, /* a CK_ULONG */
    FORM_BYTES,
    FORMS
};

static const struct {
    CK_MECHANISM_TYPE type;
    enum form form;
} known[] = {
#define FORM(name, form) {NUMBER_##name, form},
#include "remote/mechanism_forms.def"
#undef FORM
};

/* Not a mechanism: the version 2 of the protocol has it for NULL. */
static const CK_MECHANISM_TYPE null_mechanism = 0xffffffff;

static const enum form *find(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
        if (known[i].type == type)
            return &known[i].form;
    }
    return NULL;
}

static void put_pss(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_RSA_PKCS_PSS_PARAMS pss;

    memcpy(&pss, parameters, size);
    wire_put_u64(wire, pss.hashAlg);
    wire_put_u64(wire, pss.mgf);
    wire_put_u64(wire, pss.sLen);
}

static void put_oaep(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_RSA_PKCS_OAEP_PARAMS oaep;

    memcpy(&oaep, parameters, size);
    wire_put_u64(wire, oaep.hashAlg);
    wire_put_u64(wire, oaep.mgf);
    wire_put_u64(wire, oaep.source);
    wire_put_array(wire, oaep.pSourceData, oaep.ulSourceDataLen);
}

static void put_ecdh1(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_ECDH1_DERIVE_PARAMS ecdh1;

    memcpy(&ecdh1, parameters, size);
    wire_put_u64(wire, ecdh1.kdf);
    wire_put_array(wire, ecdh1.pSharedData, ecdh1.ulSharedDataLen);
    wire_put_array(wire, ecdh1.pPublicData, ecdh1.ulPublicDataLen);
}

static void put_ctr(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_AES_CTR_PARAMS ctr;

    memcpy(&ctr, parameters, size);
    wire_put_u64(wire, ctr.ulCounterBits);
    wire_put_array(wire, ctr.cb, sizeof(ctr.cb));
}

static void put_gcm(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_GCM_PARAMS gcm;

    memcpy(&gcm, parameters, size);
    wire_put_array(wire, gcm.pIv, gcm.ulIvLen);
    wire_put_u64(wire, gcm.ulIvBits);
    wire_put_array(wire, gcm.pAAD, gcm.ulAADLen);
    wire_put_u64(wire, gcm.ulTagBits);
}

static void put_number(struct wire *wire, const void *parameters, CK_ULONG size)
{
    CK_ULONG number;

    memcpy(&number, parameters, size);
    wire_put_u64(wire, number);
}

static void put_bytes(struct wire *wire, const void *parameters, CK_ULONG size)
{
    wire_put_array(wire, parameters, size);
}

static const struct {
    CK_ULONG size; /* 0: any */
    bool flat;     /* no pointers in it */
    void (*put)(struct wire *wire, const void *parameters, CK_ULONG size);
} writers[FORMS] = {
    [FORM_PSS] = {sizeof(CK_RSA_PKCS_PSS_PARAMS), true, put_pss},
    [FORM_OAEP] = {sizeof(CK_RSA_PKCS_OAEP_PARAMS), false, put_oaep},
    [FORM_ECDH1] = {sizeof(CK_ECDH1_DERIVE_PARAMS), false, put_ecdh1},
    [FORM_IV_8] = {8, true, put_bytes},
    [FORM_IV_16] = {16, true, put_bytes},
    [FORM_CTR] = {sizeof(CK_AES_CTR_PARAMS), true, put_ctr},
    [FORM_GCM] = {sizeof(CK_GCM_PARAMS), false, put_gcm},
    [FORM_NUMBER] = {sizeof(CK_ULONG), true, put_number},
    [FORM_BYTES] = {0, true, put_bytes},
};

/* Version 0 knows no more than these two; of all others it takes the parameters for an array of
 * bytes, and hands them on as they come. */
static bool has_form(CK_MECHANISM_TYPE type, enum form form, unsigned version)
{
    return version > 0 ? writers[form].put != NULL
                       : type == CKM_RSA_PKCS_PSS || type == CKM_RSA_PKCS_OAEP;
}

/* Lengths inside of them without anything they are of. */
static bool has_hole(enum form form, const void *parameters)
{
    const CK_RSA_PKCS_OAEP_PARAMS *oaep = parameters;
    const CK_ECDH1_DERIVE_PARAMS *ecdh1 = parameters;
    const CK_GCM_PARAMS *gcm = parameters;

    if (form == FORM_OAEP)
        return oaep->pSourceData == NULL && oaep->ulSourceDataLen > 0;
    if (form == FORM_ECDH1)
        return (ecdh1->pSharedData == NULL && ecdh1->ulSharedDataLen > 0) ||
               (ecdh1->pPublicData == NULL && ecdh1->ulPublicDataLen > 0);
    return form == FORM_GCM &&
           ((gcm->pIv == NULL && gcm->ulIvLen > 0) || (gcm->pAAD == NULL && gcm->ulAADLen > 0));
}

static CK_RV put_parameters(struct wire *wire, const CK_MECHANISM *mechanism, enum form form,
                            unsigned version)
{
    const CK_ULONG size = writers[form].size;
    const bool formed = has_form(mechanism->mechanism, form, version);

    if (writers[form].put == NULL || (!formed && !writers[form].flat) ||
        mechanism->pParameter == NULL || (size > 0 && mechanism->ulParameterLen != size) ||
        has_hole(form, mechanism->pParameter))
        return CKR_MECHANISM_PARAM_INVALID;
    wire_put_u32(wire, (uint32_t)mechanism->mechanism);
    if (version >= REMOTE_VERSION_PRESENCE)
        wire_put_byte(wire, 1);
    (formed ? writers[form].put : put_bytes)(wire, mechanism->pParameter,
                                             mechanism->ulParameterLen);
    return CKR_OK;
}

/* Before there is a byte for it, an array that is NULL says that there are none; which is no form
 * that has numbers. */
static CK_RV put_alone(struct wire *wire, CK_MECHANISM_TYPE type, enum form form, unsigned version)
{
    if (version < REMOTE_VERSION_PRESENCE && has_form(type, form, version))
        return CKR_MECHANISM_PARAM_INVALID;
    wire_put_u32(wire, (uint32_t)type);
    if (version < REMOTE_VERSION_PRESENCE)
        wire_put_array(wire, NULL, 0);
    else if (form != FORM_NONE)
        wire_put_byte(wire, 0);
    return CKR_OK;
}

CK_RV mechanism_put(struct wire *wire, const CK_MECHANISM *mechanism, unsigned version)
{
    const enum form *form = find(mechanism->mechanism);

    if (mechanism->mechanism >= null_mechanism ||
        (form == NULL && version >= REMOTE_VERSION_PRESENCE))
        return CKR_MECHANISM_INVALID;
    if (mechanism->ulParameterLen > 0)
        return put_parameters(wire, mechanism, form != NULL ? *form : FORM_NONE, version);
    return put_alone(wire, mechanism->mechanism, form != NULL ? *form : FORM_NONE, version);
}
