// SPDX-License-Identifier: BSD-2-Clause
// Searches, attributes and signatures of what is shown, while policy and token change below them.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <string.h>

enum { KEYS = 5, OBJECTS_MAX = 64 };

static CK_SLOT_ID slot, other_slot;

/* Keys 01 to 05 on one token, 11 on another. */
static int make_tokens(void **state)
{
    static const char *const types[KEYS] = {"rsa:2048", "ec:P-256", "rsa:2048", "ec:P-384",
                                            "ed25519"};

    host_reset(state);
    slot = host_token("one");
    other_slot = host_token("two");
    for (int i = 0; i < KEYS; i++) {
        char id[8];
        snprintf(id, sizeof(id), "%02d", i + 1);
        host_key(slot, types[i], id, MOCK_PAIR);
    }
    host_key(other_slot, "rsa:2048", "11", MOCK_PAIR);
    return 0;
}

static unsigned char first_of_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    unsigned char id[256] = "";
    CK_ATTRIBUTE wanted = {CKA_ID, id, sizeof(id)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1), CKR_OK);
    return id[0];
}

static void pages_of_any_size_give_the_same_objects_in_the_same_order(void **state)
{
    static const CK_ULONG pages[] = {1, 2, 3, 7, 10, 11, OBJECTS_MAX};
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", slot);
    CK_OBJECT_HANDLE all[OBJECTS_MAX], paged[OBJECTS_MAX];
    CK_ULONG count = host_find(session, NULL, 0, all, OBJECTS_MAX), got, total;

    (void)state;
    assert_int_equal(count, 2 * KEYS);
    for (size_t p = 0; p < sizeof(pages) / sizeof(pages[0]); p++) {
        total = 0;
        assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
        do {
            assert_int_equal(host.functions->C_FindObjects(session, paged + total, pages[p], &got),
                             CKR_OK);
            assert_true(got == pages[p] || total + got == count);
            total += got;
        } while (got > 0);
        assert_int_equal(host.functions->C_FindObjects(session, paged, 1, &got), CKR_OK);
        assert_int_equal(got, 0);
        assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
        assert_int_equal(total, count);
        assert_memory_equal(paged, all, count * sizeof(all[0]));
    }
}

static void a_warm_search_costs_no_call(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", slot);
    CK_BBOOL yes = CK_TRUE;
    CK_ATTRIBUTE signs = {CKA_SIGN, &yes, sizeof(yes)};

    (void)state;
    assert_int_equal(host_find(session, &signs, 1, NULL, 0), KEYS);
    host.mock->forget_calls();
    assert_int_equal(host_find(session, &signs, 1, NULL, 0), KEYS);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), KEYS);
    assert_int_equal(host_find_class(session, CKO_SECRET_KEY, NULL, 0), 0);
    assert_int_equal(host.mock->calls(), 0);
}

static void keys_are_found_in_the_order_of_the_rules(void **state)
{
    static const struct {
        const char *rules;
        unsigned char ids[3];
    } cases[] = {
        {"allow:\n  - id: \"03\"\n  - id: \"01\"\n  - id: \"02\"\n", {3, 1, 2}},
        {"allow:\n  - {id: \"03\", use: {order: 9}}\n  - {id: \"02\", use: {order: 5}}\n"
         "  - {id: \"01\", use: {order: 7}}\n",
         {2, 1, 3}},
    };

    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        CK_SESSION_HANDLE session;
        CK_OBJECT_HANDLE found[3];
        make_tokens(state);
        session = host_start_logged_in(cases[c].rules, slot);
        assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, found, 3), 3);
        for (size_t i = 0; i < 3; i++)
            assert_int_equal(first_of_id(session, found[i]), cases[c].ids[i]);
    }
}

static void a_search_is_opened_once_and_closed_once(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", slot);
    CK_OBJECT_HANDLE object;
    CK_ULONG got;

    (void)state;
    assert_int_equal(host.functions->C_FindObjects(session, &object, 1, &got),
                     CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 1), CKR_ARGUMENTS_BAD);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OPERATION_ACTIVE);
    assert_int_equal(host.functions->C_FindObjects(session, NULL, 1, &got), CKR_ARGUMENTS_BAD);
    assert_int_equal(host.functions->C_FindObjects(session, &object, 1, NULL), CKR_ARGUMENTS_BAD);
    assert_int_equal(host.functions->C_FindObjects(session, &object, 0, &got), CKR_OK);
    assert_int_equal(got, 0);
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OPERATION_NOT_INITIALIZED);
}

static void other_calls_are_allowed_during_a_search(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", slot);
    CK_OBJECT_HANDLE found[KEYS], object;
    unsigned char signature[256];
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    CK_ULONG got, size;

    (void)state;
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, KEYS), KEYS);
    assert_int_equal(host.functions->C_FindObjectsInit(session, &template, 1), CKR_OK);
    for (unsigned char i = 1; i <= KEYS; i++) {
        size = sizeof(signature);
        assert_int_equal(host.functions->C_FindObjects(session, &object, 1, &got), CKR_OK);
        assert_int_equal(got, 1);
        assert_int_equal(first_of_id(session, object), i);
        assert_int_equal(host_sign(session, CKM_RSA_PKCS, found[0], signature, &size), CKR_OK);
    }
    assert_int_equal(host.functions->C_FindObjects(session, &object, 1, &got), CKR_OK);
    assert_int_equal(got, 0);
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
}

static void sessions_search_without_knowing_of_each_other(void **state)
{
    CK_SESSION_HANDLE sessions[3];
    CK_OBJECT_HANDLE seen[3][KEYS + 1];
    CK_ULONG got, counts[3] = {0};
    CK_OBJECT_CLASS classes[3] = {CKO_PUBLIC_KEY, CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};

    (void)state;
    sessions[0] = host_start_logged_in("allow: all\n", slot);
    sessions[1] = host_open(slot);
    sessions[2] = host_open(other_slot);
    for (size_t s = 0; s < 3; s++) {
        CK_ATTRIBUTE template = {CKA_CLASS, &classes[s], sizeof(classes[s])};
        assert_int_equal(host.functions->C_FindObjectsInit(sessions[s], &template, 1), CKR_OK);
    }
    for (int round = 0; round < KEYS; round++) {
        for (size_t s = 0; s < 3; s++) {
            assert_int_equal(
                host.functions->C_FindObjects(sessions[s], &seen[s][counts[s]], 1, &got), CKR_OK);
            counts[s] += got;
        }
    }
    for (size_t s = 0; s < 3; s++)
        assert_int_equal(host.functions->C_FindObjectsFinal(sessions[s]), CKR_OK);
    assert_int_equal(counts[0], KEYS);
    assert_int_equal(counts[1], KEYS);
    assert_int_equal(counts[2], 1);
    for (unsigned char i = 0; i < KEYS; i++) {
        assert_int_equal(first_of_id(sessions[1], seen[0][i]), i + 1);
        assert_int_equal(first_of_id(sessions[0], seen[1][i]), i + 1);
        assert_int_not_equal(seen[0][i], seen[1][i]);
    }
    assert_int_equal(first_of_id(sessions[2], seen[2][0]), 0x11);
}

/* The public key is made by p11gate: before login of the certificate, after it of the private key
 * as well. */
static void check_made_public_key(CK_SESSION_HANDLE session, bool rsa)
{
    CK_BBOOL yes = CK_TRUE, no = CK_FALSE;
    CK_OBJECT_CLASS class = CKO_PUBLIC_KEY;
    CK_KEY_TYPE type = rsa ? CKK_RSA : CKK_EC;
    unsigned char material[600], id = 0x0a;
    CK_OBJECT_HANDLE key = host_only(session, CKO_PUBLIC_KEY);
    CK_ATTRIBUTE wanted = {rsa ? CKA_MODULUS : CKA_EC_POINT, material, sizeof(material)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, key, &wanted, 1), CKR_OK);
    const struct {
        CK_ATTRIBUTE attribute;
        bool matches;
    } cases[] = {
        {{CKA_ID, &id, 1}, true},
        {{CKA_LABEL, (void *)(uintptr_t) "0a", 2}, true},
        {{CKA_LABEL, (void *)(uintptr_t) "0b", 2}, false},
        {{CKA_KEY_TYPE, &type, sizeof(type)}, true},
        {{CKA_TOKEN, &yes, 1}, true},
        {{CKA_PRIVATE, &no, 1}, true},
        {{CKA_PRIVATE, &yes, 1}, false},
        {{CKA_VERIFY, &no, 1}, false},
        {{CKA_VERIFY, &yes, 1}, true},
        {{CKA_SIGN, &yes, 1}, false},
        {wanted, true},
        {{wanted.type, material, wanted.ulValueLen - 1}, false},
        {{CKA_PRIME, material, 1}, false},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, cases[i].attribute};
        CK_OBJECT_HANDLE found = 0;
        assert_int_equal(host_find(session, template, 2, &found, 1), cases[i].matches ? 1 : 0);
        assert_true(!cases[i].matches || found == key);
    }
}

static void templates_match_public_keys_that_the_token_lacks(void **state)
{
    static const char *const types[] = {"rsa:2048", "ec:P-256"};

    for (size_t t = 0; t < 2; t++) {
        CK_SESSION_HANDLE session;
        host_reset(state);
        slot = host_token("one");
        host_key(slot, types[t], "0a", MOCK_PRIVATE_KEY | MOCK_CERTIFICATE | MOCK_NO_POINT);
        host_start("allow:\n  - id: \"0a\"\n");
        session = host_open(slot);
        check_made_public_key(session, t == 0);
        host_login(session, "1234");
        check_made_public_key(session, t == 0);
        assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 1);
        host_stop();
    }
}

static void attributes_are_answered_each_by_itself(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char modulus[256], small[255], id[8];
    CK_ATTRIBUTE wanted[] = {
        {CKA_PRIVATE_EXPONENT, modulus, sizeof(modulus)},
        {CKA_MODULUS, small, sizeof(small)},
        {CKA_EC_PARAMS, small, sizeof(small)},
        {CKA_MODULUS, NULL, 0},
        {CKA_MODULUS, modulus, sizeof(modulus)},
        {CKA_ID, id, sizeof(id)},
    };
    CK_RV rv = host.functions->C_GetAttributeValue(session, key, wanted, 6);

    (void)state;
    assert_true(rv == CKR_ATTRIBUTE_SENSITIVE || rv == CKR_BUFFER_TOO_SMALL ||
                rv == CKR_ATTRIBUTE_TYPE_INVALID);
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(wanted[i].ulValueLen, CK_UNAVAILABLE_INFORMATION);
    assert_int_equal(wanted[3].ulValueLen, sizeof(modulus));
    assert_int_equal(wanted[4].ulValueLen, sizeof(modulus));
    assert_int_equal(wanted[5].ulValueLen, 1);
    assert_int_equal(id[0], 1);
}

static void each_attribute_error_has_its_code(void **state)
{
    static const struct {
        CK_ATTRIBUTE_TYPE type;
        CK_ULONG room;
        CK_RV rv;
        CK_ULONG length;
    } cases[] = {
        {CKA_MODULUS, 256, CKR_OK, 256},
        {CKA_MODULUS, 255, CKR_BUFFER_TOO_SMALL, CK_UNAVAILABLE_INFORMATION},
        {CKA_MODULUS, 0, CKR_BUFFER_TOO_SMALL, CK_UNAVAILABLE_INFORMATION},
        {CKA_PRIVATE_EXPONENT, 256, CKR_ATTRIBUTE_SENSITIVE, CK_UNAVAILABLE_INFORMATION},
        {CKA_PRIME_1, 256, CKR_ATTRIBUTE_SENSITIVE, CK_UNAVAILABLE_INFORMATION},
        {CKA_EC_PARAMS, 256, CKR_ATTRIBUTE_TYPE_INVALID, CK_UNAVAILABLE_INFORMATION},
        {CKA_VENDOR_DEFINED | 9, 256, CKR_ATTRIBUTE_TYPE_INVALID, CK_UNAVAILABLE_INFORMATION},
    };
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        unsigned char value[256];
        CK_ATTRIBUTE wanted = {cases[i].type, value, cases[i].room};
        assert_int_equal(host.functions->C_GetAttributeValue(session, key, &wanted, 1),
                         cases[i].rv);
        assert_int_equal(wanted.ulValueLen, cases[i].length);
    }
    assert_int_equal(host.functions->C_GetAttributeValue(session, key, NULL, 1), CKR_ARGUMENTS_BAD);
}

/* A vendor that tells a secret, and finds by it, would confirm a guess. */
static void no_search_tells_whether_a_secret_was_guessed(void **state)
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_PRIVATE_EXPONENT, CKA_PRIME_1, CKA_VALUE};
    static char secret[] = "secret";
    CK_OBJECT_HANDLE found[OBJECTS_MAX];

    for (size_t i = 0; i < sizeof(types) / sizeof(types[0]); i++) {
        CK_ATTRIBUTE guess = {types[i], secret, sizeof(secret)};
        struct mock_handles handles;
        CK_SESSION_HANDLE session;

        host_reset(state);
        slot = host_token("one");
        handles = host_key(slot, "rsa:2048", "01", MOCK_PAIR);
        host.mock->attribute_set(handles.private_key, types[i], secret, sizeof(secret));
        session = host_start_logged_in("allow: all\n", slot);
        host_only(session, CKO_PRIVATE_KEY);
        host.mock->forget_calls();
        assert_int_equal(host_find(session, &guess, 1, found, OBJECTS_MAX), 0);
        assert_int_equal(host.mock->calls_of("C_FindObjectsInit"), 0);
        host_stop();
    }
}

static void what_became_hidden_during_a_search_is_left_out_of_it(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", slot);
    CK_SESSION_HANDLE other = host_open(slot);
    CK_OBJECT_HANDLE found[OBJECTS_MAX];
    CK_ULONG count = 0;

    (void)state;
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    host_config("allow:\n  - id: \"01\"\n");
    assert_int_equal(host_find(other, NULL, 0, found, OBJECTS_MAX), 2);
    assert_int_equal(host.functions->C_FindObjects(session, found, OBJECTS_MAX, &count), CKR_OK);
    assert_int_equal(count, 2);
    for (CK_ULONG i = 0; i < count; i++)
        assert_int_equal(first_of_id(session, found[i]), 1);
}

static void a_narrower_policy_holds_from_the_next_search(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: [\"01\", \"03\"]\n", slot);
    CK_OBJECT_HANDLE found[2];

    (void)state;
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, found, 2), 2);
    host_config("allow:\n  - id: \"03\"\n");
    assert_int_equal(first_of_id(session, host_only(session, CKO_PRIVATE_KEY)), 3);
    host_config("allow:\n  - id: [\"01\", \"03\"]\n");
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 2);
}

static void a_broken_policy_leaves_nothing_visible_until_it_is_mended(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature), count = 0;

    (void)state;
    host_config("allow: [");
    host.mock->forget_calls();
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 0);
    assert_int_equal(host.mock->calls_of("C_SignInit"), 0);
    host_config("allow:\n  - id: \"01\"\n");
    key = host_only(session, CKO_PRIVATE_KEY);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
}

/* ssh-agent's session on a token that no rule permits any more. */
static void a_session_on_a_token_that_became_hidden_stays_open_and_finds_nothing(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: \"01\"\n", slot);
    CK_SESSION_INFO info;

    (void)state;
    host_only(session, CKO_PRIVATE_KEY);
    host_config("allow:\n  - id: \"11\"\n");
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(pages_of_any_size_give_the_same_objects_in_the_same_order,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(a_warm_search_costs_no_call, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(keys_are_found_in_the_order_of_the_rules, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_search_is_opened_once_and_closed_once, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(other_calls_are_allowed_during_a_search, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(sessions_search_without_knowing_of_each_other, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(templates_match_public_keys_that_the_token_lacks,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(attributes_are_answered_each_by_itself, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(each_attribute_error_has_its_code, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(what_became_hidden_during_a_search_is_left_out_of_it,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(no_search_tells_whether_a_secret_was_guessed, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_narrower_policy_holds_from_the_next_search, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_broken_policy_leaves_nothing_visible_until_it_is_mended,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(
            a_session_on_a_token_that_became_hidden_stays_open_and_finds_nothing, make_tokens,
            host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
