// SPDX-License-Identifier: BSD-2-Clause
// The CKA_ID that a key is shown under stays what it was: ssh looks for the private key by the public key's.
#include "tests/module/ssh.h"

static CK_SLOT_ID slot;

/* Key one: private key 05 and public keys 05 and 02. Key seven has lost its private key, so that a login has the whole token read. */
static int make_token(void **state)
{
    host_reset(state);
    slot = host_token("token");
    host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "one", "05", "one", MOCK_PAIR});
    host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "one", "02", "two", MOCK_PUBLIC_KEY});
    host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "seven", "07", "7", MOCK_PUBLIC_KEY});
    return 0;
}

static void assert_ids(CK_SESSION_HANDLE session, unsigned char expected)
{
    static const CK_OBJECT_CLASS classes[] = {CKO_PUBLIC_KEY, CKO_PRIVATE_KEY};
    CK_ATTRIBUTE template = {CKA_ID, &expected, 1};
    CK_OBJECT_HANDLE found[8];

    for (size_t i = 0; i < 2; i++) {
        CK_OBJECT_CLASS class = classes[i];
        CK_ATTRIBUTE both[] = {template, {CKA_CLASS, &class, sizeof(class)}};
        assert_int_equal(host_find(session, both, 2, found, 8), 1);
    }
}

static void a_key_keeps_its_id_when_a_login_has_the_whole_token_read(void **state)
{
    struct ssh_provider provider;
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);

    (void)state;
    host_config("allow:\n  - id: [\"05\", \"07\"]\n");
    ssh_add_provider(&provider, NULL);
    assert_int_equal(provider.n_keys, 2);
    assert_int_equal(provider.keys[0].id[0], 5);
    assert_int_equal(ssh_sign(&provider, 0, "1234", signature, &size), CKR_OK);
    assert_ids(provider.slots[0].session, 5);
    ssh_del_provider(&provider);
}

static CK_ULONG count_slots(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

static void it_keeps_it_through_a_change_of_the_policy_and_a_re_insertion(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start("allow:\n  - id: \"05\"\n");
    session = host_open(slot);
    host_login(session, "1234");
    assert_ids(session, 5);
    host_config("allow:\n  - label: {glob: \"*\"}\n"); /* has the whole token read */
    assert_ids(session, 5);
    host.mock->token_insert(slot, false);
    assert_int_equal(count_slots(), 0);
    host.mock->token_insert(slot, true);
    assert_int_equal(count_slots(), 1);
    host_login(session, "1234");
    assert_ids(session, 5);
    host_stop();
}

static void an_id_that_was_changed_on_the_token_is_shown_changed(void **state)
{
    CK_SESSION_HANDLE session;
    struct mock_handles handles;

    host_reset(state);
    slot = host_token("token");
    handles = host_key(slot, "rsa:2048", "05", MOCK_PAIR);
    host_start("allow:\n  - label: {glob: \"*\"}\n");
    session = host_open(slot);
    host_login(session, "1234");
    assert_ids(session, 5);
    host.mock->attribute_set(handles.private_key, CKA_ID, "\x06", 1);
    host.mock->attribute_set(handles.public_key, CKA_ID, "\x06", 1);
    host_config("allow: all\n"); /* has it read again */
    assert_ids(session, 6);
    host_stop();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup(a_key_keeps_its_id_when_a_login_has_the_whole_token_read, make_token),
        cmocka_unit_test_setup(it_keeps_it_through_a_change_of_the_policy_and_a_re_insertion,
                               make_token),
        cmocka_unit_test(an_id_that_was_changed_on_the_token_is_shown_changed),
    };
    return cmocka_run_group_tests(tests, host_load, host_unload);
}
