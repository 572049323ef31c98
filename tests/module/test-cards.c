// SPDX-License-Identifier: BSD-2-Clause
// Cards that are taken out, exchanged and put in again: sessions belong to a token, not to a slot
// or to a vendor's handle.
#include "tests/module/host.h"

#include <stdio.h>

/* Keys 01 and 11 are permitted, on tokens of their own; 21, on a third one, is not. */
static CK_SLOT_ID one, two, three;

static const struct mock_key first = {"rsa:2048", "01", "01", "01", MOCK_PAIR};

static int make_tokens(void **state)
{
    host_reset(state);
    one = host_token("one");
    two = host_token("two");
    three = host_token("three");
    host.mock->key_add(one, &first);
    host_key(two, "rsa:2048", "11", MOCK_PAIR);
    host_key(three, "rsa:2048", "21", MOCK_PAIR);
    return 0;
}

static CK_SESSION_HANDLE start(void)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow:\n  - id: [\"01\", \"11\"]\n", one);

    host_only(session, CKO_PRIVATE_KEY);
    return session;
}

static bool is_listed(CK_SLOT_ID slot)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        if (slots[i] == slot)
            return true;
    }
    return false;
}

static unsigned char id_of_only(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    unsigned char id[64] = "";
    CK_ATTRIBUTE wanted = {CKA_ID, id, sizeof(id)};

    assert_int_equal(
        host.functions->C_GetAttributeValue(session, host_only(session, class), &wanted, 1),
        CKR_OK);
    return id[0];
}

static CK_RV try_to_sign(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE key, const struct mock_key *by)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV rv = host_sign(session, CKM_RSA_PKCS, key, signature, &size);

    if (rv == CKR_OK)
        assert_true(
            host.mock->verifies(by, CKM_RSA_PKCS, host_data, sizeof(host_data), signature, size));
    return rv;
}

/* The card is taken out, and a hidden one put into its slot. */
static void another_card_in_the_same_slot_is_not_the_one_before(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_TOKEN_INFO info;

    (void)state;
    host.mock->token_swap(one, three);
    host.mock->token_insert(three, false); /* which is the slot of the first card now */
    host.mock->forget_calls();
    assert_int_not_equal(try_to_sign(session, key, &first), CKR_OK);
    assert_int_not_equal(host_try_login(session, CKU_USER, "1234"), CKR_OK);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host.mock->logins(one), 0);
    assert_int_equal(host.mock->calls_of("C_Sign"), 0);
    assert_false(is_listed(one));
    assert_int_equal(host.functions->C_GetTokenInfo(one, &info), CKR_SLOT_ID_INVALID);
}

/* The card moves to another slot: it is known again, and asks for its PIN. */
static void the_same_card_in_another_slot_is_the_one_before(void **state)
{
    CK_SESSION_HANDLE session = start();

    (void)state;
    host.mock->token_swap(one, three);
    host_find(session, NULL, 0, NULL, 0);
    assert_false(is_listed(one));
    assert_true(is_listed(three));
    host_login(session, "1234");
    assert_int_equal(try_to_sign(session, host_only(session, CKO_PRIVATE_KEY), &first), CKR_OK);
    assert_int_equal(host.mock->logins(one), 0);
}

/* ssh-agent keeps its session for ever: out, in, PIN, and on it goes. */
static void a_session_survives_the_removal_of_its_card(void **state)
{
    CK_SESSION_HANDLE session = start();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.mock->token_insert(one, false);
    assert_int_not_equal(try_to_sign(session, key, &first), CKR_OK);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    host.mock->token_insert(one, true);
    assert_true(is_listed(one));
    assert_int_equal(id_of_only(session, CKO_PUBLIC_KEY), 1);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_true((host_token_flags(one) & CKF_LOGIN_REQUIRED) != 0);
    host_login(session, "1234");
    assert_int_equal(try_to_sign(session, host_only(session, CKO_PRIVATE_KEY), &first), CKR_OK);
}

/* After both readers were away for a moment the vendor gives the second token the handle that the
 * first token's session had. */
static void a_vendor_session_that_is_another_tokens_now_is_not_used(void **state)
{
    CK_SESSION_HANDLE session = start(), other = host_open(two);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    const CK_SLOT_ID away[] = {one, two};

    (void)state;
    host_login(other, "1234");
    host_only(other, CKO_PRIVATE_KEY);
    for (size_t i = 0; i < 2; i++)
        host.mock->token_insert(away[i], false);
    for (size_t i = 0; i < 2; i++)
        host.mock->token_insert(away[i], true);
    assert_int_not_equal(try_to_sign(other, host_only(other, CKO_PRIVATE_KEY), &first), CKR_OK);
    host_login(other, "1234"); /* and has a session again, the only one */
    assert_int_not_equal(try_to_sign(session, key, &first), CKR_OK);
    assert_int_equal(id_of_only(session, CKO_PUBLIC_KEY), 1);
    host_login(session, "1234");
    assert_int_equal(host.mock->logins(one), 2);
    assert_int_equal(host.mock->logins(two), 2);
    assert_int_equal(id_of_only(session, CKO_PRIVATE_KEY), 1);
    assert_int_equal(try_to_sign(session, host_only(session, CKO_PRIVATE_KEY), &first), CKR_OK);
}

/* A reader that is plugged in later is seen by a vendor only when it is asked for the number of slots (PKCS#11 2.40, 5.5). */
static void a_reader_that_is_plugged_in_later_is_found(void **state)
{
    static const char *const presets[] = {"", "preset: transparent\n"};

    for (size_t i = 0; i < 2; i++) {
        char config[256];
        CK_ULONG count = 0;

        host_reset(state);
        host_key(host_token("here"), "rsa:2048", "01", MOCK_PAIR);
        snprintf(config, sizeof(config), "%sallow: [{id: \"01\"}]\n", presets[i]);
        host_start(config);
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
        assert_int_equal(count, 1);
        host.mock->settings->keeps_slots = true;
        host_key(host_token("later"), "rsa:2048", "01", MOCK_PAIR);
        assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
        assert_int_equal(count, 2);
        host_stop();
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(another_card_in_the_same_slot_is_not_the_one_before,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(the_same_card_in_another_slot_is_the_one_before,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(a_session_survives_the_removal_of_its_card, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_reader_that_is_plugged_in_later_is_found, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(a_vendor_session_that_is_another_tokens_now_is_not_used,
                                        make_tokens, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
