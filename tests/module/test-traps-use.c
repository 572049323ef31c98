// SPDX-License-Identifier: BSD-2-Clause
// Traps that filters of PKCS#11 fall into, of handles, attributes, operations and ways around the
// filter; each test is named after one that no other test has in its name (docs/traps.md lists all
// of them).
#include "tests/module/host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Key 01 is shown, 02 is not; the vendor's handles. */
static struct mock_handles shown, hidden;
static CK_SLOT_ID slot;

static const char permit_one[] = "allow: [{id: \"01\"}]\n";

static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("one");
    shown = host_key(slot, "rsa:2048", "01", MOCK_PAIR);
    hidden = host_key(slot, "rsa:2048", "02", MOCK_PAIR);
    return 0;
}

static CK_SESSION_HANDLE start(void)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit_one, slot);

    host_only(session, CKO_PRIVATE_KEY);
    host.mock->forget_calls();
    return session;
}

/* What C_GetAttributeValue answers, and leaves in the application's memory. */
static CK_RV ask(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object, unsigned char out[64],
                 CK_ULONG *length)
{
    CK_ATTRIBUTE wanted[] = {{CKA_LABEL, out, 32}, {CKA_PRIME_1, out + 32, 32}};
    CK_RV rv = host.functions->C_GetAttributeValue(session, object, wanted, 2);

    *length = wanted[0].ulValueLen + wanted[1].ulValueLen;
    return rv;
}

/* Vendor's handles, and one of ours that stood for an object while it was shown. */
static void a_hidden_object_s_handle_is_answered_as_one_that_never_was(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("deny: [{id: \"01\"}]\nallow: all\n", slot);
    const CK_OBJECT_HANDLE objects[] = {hidden.private_key, hidden.public_key, shown.private_key,
                                        host_only(session, CKO_PRIVATE_KEY)};
    const CK_OBJECT_HANDLE never = 0x7123456789abcdef;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    (void)state;
    host_config("deny: [{id: \"02\"}]\nallow: all\n");
    host_only(session, CKO_PRIVATE_KEY);
    host.mock->forget_calls();
    for (size_t i = 0; i < sizeof(objects) / sizeof(objects[0]); i++) {
        unsigned char out[2][64] = {{0}};
        CK_ULONG length[2], size[2] = {7, 7};

        assert_int_equal(ask(session, objects[i], out[0], &length[0]),
                         ask(session, never, out[1], &length[1]));
        assert_int_equal(length[0], length[1]);
        assert_memory_equal(out[0], out[1], 64);
        assert_int_equal(host.functions->C_GetObjectSize(session, objects[i], &size[0]),
                         host.functions->C_GetObjectSize(session, never, &size[1]));
        assert_int_equal(size[0], size[1]);
        assert_int_equal(host.functions->C_SignInit(session, &mechanism, objects[i]),
                         host.functions->C_SignInit(session, &mechanism, never));
    }
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

/* In one template with what may be told, which still is. */
static void a_secret_that_the_vendor_would_tell_is_not_told(void **state)
{
    static const CK_ATTRIBUTE_TYPE secrets[] = {
        CKA_PRIVATE_EXPONENT, CKA_PRIME_1,     CKA_PRIME_2, CKA_EXPONENT_1,
        CKA_EXPONENT_2,       CKA_COEFFICIENT, CKA_VALUE};
    static const char text[] = "a secret";

    for (size_t i = 0; i < sizeof(secrets) / sizeof(secrets[0]); i++) {
        unsigned char id[8] = "", secret[32] = "", label[32] = "";
        CK_ATTRIBUTE wanted[] = {{CKA_ID, id, sizeof(id)},
                                 {secrets[i], secret, sizeof(secret)},
                                 {secrets[i], NULL, 0},
                                 {CKA_LABEL, label, sizeof(label)}};
        CK_SESSION_HANDLE session;

        make_token(state);
        host.mock->attribute_set(shown.private_key, secrets[i], text, sizeof(text));
        session = start();
        assert_int_equal(host.functions->C_GetAttributeValue(
                             session, host_only(session, CKO_PRIVATE_KEY), wanted, 4),
                         CKR_ATTRIBUTE_SENSITIVE);
        assert_int_equal(wanted[0].ulValueLen, 1);
        assert_int_equal(wanted[1].ulValueLen, CK_UNAVAILABLE_INFORMATION);
        assert_int_equal(wanted[2].ulValueLen, CK_UNAVAILABLE_INFORMATION);
        assert_int_equal(wanted[3].ulValueLen, 2);
        assert_int_equal(secret[0], 0);
        assert_int_equal(host.mock->calls(), 0);
        host_stop();
    }
}

/* A vendor's array of attributes is pointers, ours to follow or the application's. */
static void templates_within_attributes_are_neither_asked_for_nor_answered(void **state)
{
    static const CK_ATTRIBUTE nested[1] = {{CKA_LABEL, (void *)(uintptr_t)0x1000, 100}};
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        CK_RV rv;
        CK_ULONG length;
    } cases[] = {
        {CKA_WRAP_TEMPLATE, CKR_OK, 0},
        {CKA_UNWRAP_TEMPLATE, CKR_OK, 0},
        {0x40000213UL /* CKA_DERIVE_TEMPLATE */, CKR_ATTRIBUTE_TYPE_INVALID,
         CK_UNAVAILABLE_INFORMATION},
        {CKF_ARRAY_ATTRIBUTE | CKA_VENDOR_DEFINED, CKR_ATTRIBUTE_TYPE_INVALID,
         CK_UNAVAILABLE_INFORMATION},
    };

    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_ATTRIBUTE inner = {CKA_LABEL, NULL, 0};
        CK_ATTRIBUTE wanted = {cases[i].type, &inner, sizeof(inner)};
        CK_SESSION_HANDLE session;

        make_token(state);
        host.mock->attribute_set(shown.private_key, cases[i].type, nested, sizeof(nested));
        session = start();
        assert_int_equal(host.functions->C_GetAttributeValue(
                             session, host_only(session, CKO_PRIVATE_KEY), &wanted, 1),
                         cases[i].rv);
        assert_int_equal(wanted.ulValueLen, cases[i].length);
        assert_null(inner.pValue);
        assert_int_equal(host_find(session, &wanted, cases[i].length == 0 ? 0 : 1, NULL, 0),
                         cases[i].length == 0 ? 2 : 0);
        assert_int_equal(host.mock->calls(), 0);
        host_stop();
    }
}

/* Under both presets that hand out no secret. */
static void no_key_leaves_the_token_wrapped_or_in_an_operation_s_state(void **state)
{
    static const char *const presets[] = {"ssh", "read-only"};
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};

    for (size_t i = 0; i < sizeof(presets) / sizeof(presets[0]); i++) {
        unsigned char out[512];
        CK_ULONG size = sizeof(out);
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE key, wrapping;
        char rules[64];

        make_token(state);
        snprintf(rules, sizeof(rules), "preset: %s\n%s", presets[i], permit_one);
        session = host_start_logged_in(rules, slot);
        key = host_only(session, CKO_PRIVATE_KEY);
        wrapping = host_only(session, CKO_PUBLIC_KEY);
        host.mock->forget_calls();
        assert_int_equal(host.functions->C_WrapKey(session, &mechanism, wrapping, key, out, &size),
                         CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.functions->C_GetOperationState(session, out, &size),
                         CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.functions->C_SetOperationState(session, out, 16, key, key),
                         CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.functions->C_DigestKey(session, key), CKR_FUNCTION_NOT_SUPPORTED);
        assert_int_equal(host.mock->calls(), 0);
        host_stop();
    }
}

/* They belong to functions that run in parallel, which no longer exist. */
static void C_CancelFunction_ends_nothing_and_reaches_no_vendor(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    assert_int_equal(host.functions->C_SignInit(session, &mechanism, key), CKR_OK);
    assert_int_equal(host.functions->C_CancelFunction(session), CKR_FUNCTION_NOT_PARALLEL);
    assert_int_equal(host.functions->C_GetFunctionStatus(session), CKR_FUNCTION_NOT_PARALLEL);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(
        host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size), CKR_OK);
    host_stop();
}

static void after_a_refused_C_SignInit_nothing_is_left_to_sign_with(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_MECHANISM good = {CKM_RSA_PKCS, NULL, 0}, bad = {CKM_RSA_X_509, NULL, 0};
    const struct {
        CK_MECHANISM *mechanism;
        CK_OBJECT_HANDLE key;
    } refused[] = {{&good, hidden.private_key}, {&bad, key}, {NULL, key}, {&good, 0}};

    (void)state;
    for (size_t i = 0; i < sizeof(refused) / sizeof(refused[0]); i++) {
        unsigned char signature[256];
        CK_ULONG size = sizeof(signature);

        assert_int_equal(host.functions->C_SignInit(session, &good, key), CKR_OK);
        assert_int_not_equal(
            host.functions->C_SignInit(session, refused[i].mechanism, refused[i].key), CKR_OK);
        assert_int_equal(
            host.functions->C_Sign(session, host_data, sizeof(host_data), signature, &size),
            CKR_OPERATION_NOT_INITIALIZED);
        assert_int_equal(host.functions->C_SignUpdate(session, host_data, 1),
                         CKR_OPERATION_NOT_INITIALIZED);
    }
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static const char *const presets[] = {"ssh", "read-only", "transparent"};

enum { N_PRESETS = sizeof(presets) / sizeof(presets[0]) };

static void start_under(const char *preset)
{
    char text[128];
    CK_SESSION_HANDLE session;

    snprintf(text, sizeof(text), "preset: %s\n%s", preset, permit_one);
    session = host_start_logged_in(text, slot);
    host_only(session, CKO_PRIVATE_KEY);
}

static void assert_ours(const void *list, size_t size, const struct function_list *vendor)
{
    void *ours[sizeof(*vendor) / sizeof(void *)], *theirs[sizeof(*vendor) / sizeof(void *)];

    memcpy(ours, list, size);
    memcpy(theirs, vendor, sizeof(theirs));
    for (size_t i = 1; i < size / sizeof(void *); i++) { /* behind the version */
        for (size_t j = 1; j < sizeof(theirs) / sizeof(theirs[0]); j++)
            assert_ptr_not_equal(ours[i], theirs[j]);
    }
}

static void assert_all_ours(const struct function_list *vendor)
{
    host_get_interface find = (host_get_interface)dlsym(host.library, "C_GetInterface");
    CK_FUNCTION_LIST *inner = NULL;
    CK_INTERFACE *interface = NULL;

    assert_ours(host.functions_2_40, sizeof(*inner), vendor);
    assert_ours(host.functions_3_0, sizeof(*vendor), vendor);
    assert_int_equal(host.functions->C_GetFunctionList(&inner), CKR_OK);
    assert_ours(inner, sizeof(*inner), vendor);
    assert_int_equal(find(NULL, NULL, &interface, 0), CKR_OK);
    assert_ours(interface->pFunctionList, sizeof(*vendor), vendor);
}

/* With one of its pointers the application would be past the filter. */
static void no_function_pointer_of_the_vendor_reaches_the_application(void **state)
{
    void *library = dlopen(getenv("MOCK_VENDOR_SO"), RTLD_NOW | RTLD_LOCAL);
    host_get_interface get = (host_get_interface)dlsym(library, "C_GetInterface");
    CK_VERSION version = {3, 0};
    CK_INTERFACE *vendor = NULL;

    (void)state;
    assert_int_equal(get(NULL, &version, &vendor, 0), CKR_OK);
    for (size_t p = 0; p < N_PRESETS; p++) {
        assert_all_ours(vendor->pFunctionList);
        start_under(presets[p]);
        assert_all_ours(vendor->pFunctionList);
        host_stop();
    }
    dlclose(library);
}

/* Another library in the process would be bound to it. */
static void no_function_of_the_vendor_is_a_symbol_for_others(void **state)
{
    static const char *const names[] = {"C_GetFunctionList", "C_Initialize", "C_GetInterface",
                                        "C_Sign"};

    (void)state;
    for (size_t p = 0; p < N_PRESETS; p++) {
        start_under(presets[p]);
        for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
            assert_null(dlsym(RTLD_DEFAULT, names[i]));
        host_stop();
    }
}

static CK_RV notice(CK_SESSION_HANDLE session, CK_NOTIFICATION event, CK_VOID_PTR application)
{
    (void)session;
    (void)event;
    (void)application;
    return CKR_CANCEL;
}

/* The vendor would call the application with handles of its own. */
static void a_callback_of_the_application_s_does_not_reach_the_vendor(void **state)
{
    static int application;
    unsigned char random[4];
    CK_SESSION_HANDLE session;

    (void)state;
    host_start(permit_one);
    assert_int_equal(
        host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, &application, notice, &session),
        CKR_OK);
    host_login(session, "1234");
    host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    assert_true(host.mock->calls_of("C_OpenSession") >= 2);
    assert_false(host.mock->settings->notified);
    host_stop();
}

#define TRAP(test) cmocka_unit_test_setup_teardown(test, make_token, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRAP(a_hidden_object_s_handle_is_answered_as_one_that_never_was),
        TRAP(a_secret_that_the_vendor_would_tell_is_not_told),
        TRAP(templates_within_attributes_are_neither_asked_for_nor_answered),
        TRAP(no_key_leaves_the_token_wrapped_or_in_an_operation_s_state),
        TRAP(C_CancelFunction_ends_nothing_and_reaches_no_vendor),
        TRAP(after_a_refused_C_SignInit_nothing_is_left_to_sign_with),
        TRAP(no_function_pointer_of_the_vendor_reaches_the_application),
        TRAP(no_function_of_the_vendor_is_a_symbol_for_others),
        TRAP(a_callback_of_the_application_s_does_not_reach_the_vendor),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
