// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/ssh.h"

#include <string.h>

enum { CKK_EDWARDS = 0x40 };

static bool read_material(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, struct ssh_key *key)
{
    bool rsa = key->type == CKK_RSA;
    CK_ATTRIBUTE wanted[] = {{CKA_ID, NULL, 0},
                             {rsa ? CKA_MODULUS : CKA_EC_POINT, NULL, 0},
                             {rsa ? CKA_PUBLIC_EXPONENT : CKA_EC_PARAMS, NULL, 0}};

    if (host.functions->C_GetAttributeValue(session, object, wanted, 3) != CKR_OK)
        return false;
    if (wanted[0].ulValueLen > sizeof(key->id) || wanted[1].ulValueLen > sizeof(key->first) ||
        wanted[2].ulValueLen > sizeof(key->second) || wanted[1].ulValueLen == 0 ||
        wanted[2].ulValueLen == 0)
        return false;
    /* ssh leaves pValue NULL where the length is 0 */
    wanted[0].pValue = wanted[0].ulValueLen > 0 ? key->id : NULL;
    wanted[1].pValue = key->first;
    wanted[2].pValue = key->second;
    if (host.functions->C_GetAttributeValue(session, object, wanted, 3) != CKR_OK)
        return false;
    key->id_size = wanted[0].ulValueLen;
    key->first_size = wanted[1].ulValueLen;
    key->second_size = wanted[2].ulValueLen;
    return true;
}

/* False: ssh stops reading this slot's public keys. */
static bool read_public_key(struct ssh_provider *provider, size_t slot, CK_OBJECT_HANDLE object)
{
    CK_SESSION_HANDLE session = provider->slots[slot].session;
    struct ssh_key *key = &provider->keys[provider->n_keys];
    CK_ATTRIBUTE wanted[] = {{CKA_KEY_TYPE, &key->type, sizeof(key->type)},
                             {CKA_LABEL, key->label, 255}};

    assert_true(provider->n_keys < SSH_KEYS_MAX);
    memset(key, 0, sizeof(*key));
    key->slot = slot;
    if (host.functions->C_GetAttributeValue(session, object, wanted, 2) != CKR_OK) {
        provider->cannot_read = true;
        return false;
    }
    key->label[wanted[1].ulValueLen] = '\0';
    if (read_material(session, object, key))
        provider->n_keys++;
    return true;
}

static void read_certificate(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_CERTIFICATE_TYPE type;
    unsigned char value[8192];
    CK_ATTRIBUTE wanted = {CKA_CERTIFICATE_TYPE, &type, sizeof(type)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1), CKR_OK);
    wanted = (CK_ATTRIBUTE){CKA_VALUE, value, sizeof(value)};
    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1), CKR_OK);
}

static void read_class(struct ssh_provider *provider, size_t slot, CK_OBJECT_CLASS class)
{
    CK_SESSION_HANDLE session = provider->slots[slot].session;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    CK_OBJECT_HANDLE object;
    CK_ULONG found;
    bool going_on = true;

    assert_int_equal(host.functions->C_FindObjectsInit(session, &template, 1), CKR_OK);
    while (going_on) {
        assert_int_equal(host.functions->C_FindObjects(session, &object, 1, &found), CKR_OK);
        if (found == 0)
            break;
        if (class == CKO_PUBLIC_KEY)
            going_on = read_public_key(provider, slot, object);
        else
            read_certificate(session, object);
    }
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
}

static void read_slot(struct ssh_provider *provider, CK_SLOT_ID id, const char *pin)
{
    struct ssh_slot *slot = &provider->slots[provider->n_slots];
    CK_TOKEN_INFO info;

    *slot = (struct ssh_slot){.id = id};
    assert_int_equal(host.functions->C_GetTokenInfo(id, &info), CKR_OK);
    slot->flags = info.flags;
    if ((info.flags & CKF_TOKEN_INITIALIZED) == 0)
        return;
    assert_int_equal(host.functions->C_OpenSession(id, CKF_RW_SESSION | CKF_SERIAL_SESSION, NULL,
                                                   NULL, &slot->session),
                     CKR_OK);
    if ((info.flags & CKF_LOGIN_REQUIRED) != 0 && pin != NULL) {
        CK_RV rv = host_try_login(slot->session, CKU_USER, pin);
        slot->logged_in = rv == CKR_OK || rv == CKR_USER_ALREADY_LOGGED_IN;
    }
    provider->n_slots++;
    read_class(provider, provider->n_slots - 1, CKO_PUBLIC_KEY);
    read_class(provider, provider->n_slots - 1, CKO_CERTIFICATE);
}

void ssh_add_provider(struct ssh_provider *provider, const char *pin)
{
    CK_INFO info;
    CK_SLOT_ID slots[SSH_SLOTS_MAX];
    CK_ULONG count = 0;

    memset(provider, 0, sizeof(*provider));
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
    assert_int_equal(host.functions->C_GetInfo(&info), CKR_OK);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_true(count <= SSH_SLOTS_MAX);
    if (count > 0)
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++)
        read_slot(provider, slots[i], pin);
}

static CK_RV login_for_key(struct ssh_slot *slot, const char *pin)
{
    CK_RV rv;

    if ((slot->flags & CKF_LOGIN_REQUIRED) == 0 || slot->logged_in)
        return CKR_OK;
    if (pin == NULL)
        return CKR_USER_NOT_LOGGED_IN;
    rv = host_try_login(slot->session, CKU_USER, pin);
    if (rv == CKR_USER_ALREADY_LOGGED_IN)
        rv = CKR_OK;
    slot->logged_in = rv == CKR_OK;
    return rv;
}

/* By CKA_ID alone, first with CKA_SIGN, then without; 0: not found. */
static CK_OBJECT_HANDLE find_private_key(CK_SESSION_HANDLE session, struct ssh_key *key)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)},
                               {CKA_ID, key->id_size > 0 ? key->id : NULL, key->id_size},
                               {CKA_SIGN, &yes, sizeof(yes)}};

    for (CK_ULONG count = 3; count >= 2; count--) {
        CK_OBJECT_HANDLE object = 0;
        CK_ULONG found = 0;
        assert_int_equal(host.functions->C_FindObjectsInit(session, template, count), CKR_OK);
        assert_int_equal(host.functions->C_FindObjects(session, &object, 1, &found), CKR_OK);
        assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
        if (found == 1)
            return object;
    }
    return 0;
}

CK_MECHANISM_TYPE ssh_mechanism(const struct ssh_key *key)
{
    if (key->type == CKK_RSA)
        return CKM_RSA_PKCS;
    return key->type == CKK_EC ? CKM_ECDSA : CKM_EDDSA;
}

CK_RV ssh_sign(struct ssh_provider *provider, size_t index, const char *pin,
               unsigned char *signature, CK_ULONG *size)
{
    struct ssh_key *key = &provider->keys[index];
    struct ssh_slot *slot = &provider->slots[key->slot];
    CK_MECHANISM mechanism = {ssh_mechanism(key), NULL, 0};
    CK_BBOOL always = CK_FALSE;
    CK_ATTRIBUTE wanted = {CKA_ALWAYS_AUTHENTICATE, &always, sizeof(always)};
    bool just_now = !slot->logged_in;
    CK_RV rv = login_for_key(slot, pin);
    CK_OBJECT_HANDLE object = rv == CKR_OK ? find_private_key(slot->session, key) : 0;

    if (rv != CKR_OK || object == 0)
        return rv != CKR_OK ? rv : CKR_KEY_HANDLE_INVALID;
    rv = host.functions->C_SignInit(slot->session, &mechanism, object);
    if (rv != CKR_OK)
        return rv;
    if (host.functions->C_GetAttributeValue(slot->session, object, &wanted, 1) == CKR_OK &&
        always && !just_now)
        rv = host_try_login(slot->session, CKU_CONTEXT_SPECIFIC, pin);
    if (rv != CKR_OK)
        return rv;
    return host.functions->C_Sign(slot->session, host_data, sizeof(host_data), signature, size);
}

void ssh_del_provider(struct ssh_provider *provider)
{
    for (size_t i = 0; i < provider->n_slots; i++)
        assert_int_equal(host.functions->C_CloseSession(provider->slots[i].session), CKR_OK);
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_OK);
}

void ssh_log_in(const struct mock_key *key)
{
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    ssh_add_provider(&provider, NULL);
    assert_int_equal(provider.n_keys, 1);
    assert_int_equal(ssh_sign(&provider, 0, "1234", signature, &size), CKR_OK);
    assert_true(host.mock->verifies(key, ssh_mechanism(&provider.keys[0]), host_data,
                                    sizeof(host_data), signature, size));
    ssh_del_provider(&provider);
}
