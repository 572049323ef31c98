// SPDX-License-Identifier: BSD-2-Clause
#include "filters/synthesize.h"

static const struct {
    CK_ATTRIBUTE_TYPE type;
    bool value;
} flags[] = {
    {CKA_TOKEN, true},    {CKA_PRIVATE, false},        {CKA_MODIFIABLE, false},
    {CKA_COPYABLE, false}, {CKA_DESTROYABLE, false},   {CKA_DERIVE, false},
    {CKA_WRAP, false},     {CKA_TRUSTED, false},      {CKA_VERIFY, true},
};

/* Attributes whose value is empty: unknown dates, no templates, no restriction. */
static const CK_ATTRIBUTE_TYPE empty[] = {CKA_START_DATE, CKA_END_DATE, CKA_WRAP_TEMPLATE,
                                          CKA_ALLOWED_MECHANISMS};

static bool set_subject(const struct key_group *group, struct attributes *list)
{
    for (size_t i = 0; i < group->n_certificates; i++) {
        const CK_ATTRIBUTE *subject =
            attributes_find_filled(&group->certificates[i]->attributes, CKA_SUBJECT);
        if (subject != NULL)
            return attributes_set(list, CKA_SUBJECT, subject->pValue, subject->ulValueLen);
    }
    return attributes_set(list, CKA_SUBJECT, NULL, 0);
}

static bool set_local(const struct key_group *group, struct attributes *list)
{
    bool local = false;

    if (group->private_key != NULL)
        attributes_bool(&group->private_key->attributes, CKA_LOCAL, &local);
    return attributes_set_bool(list, CKA_LOCAL, local) &&
           attributes_set_ulong(list, CKA_KEY_GEN_MECHANISM, CK_UNAVAILABLE_INFORMATION);
}

/* What RSA alone does. */
static bool set_rsa_uses(const struct key_group *group, bool encrypts, struct attributes *list)
{
    bool is_rsa = group->key->type == CKK_RSA;

    return attributes_set_bool(list, CKA_ENCRYPT, encrypts && is_rsa) &&
           attributes_set_bool(list, CKA_VERIFY_RECOVER, is_rsa);
}

bool synthesize_public_key(const struct key_group *group, bool encrypts, struct attributes *list)
{
    for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++) {
        if (!attributes_set_bool(list, flags[i].type, flags[i].value))
            return false;
    }
    for (size_t i = 0; i < sizeof(empty) / sizeof(empty[0]); i++) {
        if (!attributes_set(list, empty[i], NULL, 0))
            return false;
    }
    return attributes_set_ulong(list, CKA_CLASS, CKO_PUBLIC_KEY) && set_subject(group, list) &&
           set_local(group, list) && set_rsa_uses(group, encrypts, list) &&
           attributes_copy(list, &group->key->attributes);
}
