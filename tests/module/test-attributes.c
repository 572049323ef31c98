// SPDX-License-Identifier: BSD-2-Clause
// Tokens whose attributes are odd, and vendors that answer oddly: ssh reads all permitted keys, and
// signs with the right ones.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <string.h>

static CK_SLOT_ID slot;

static void make_token(unsigned quirks)
{
    host_reset(NULL);
    slot =
        host.mock->token_add(&(struct mock_token){.label = "one", .pin = "1234", .quirks = quirks});
}

/* ssh's key of that index signs, and the signature is of that key pair. */
static void assert_signs(struct ssh_provider *provider, size_t index, const struct mock_key *key)
{
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    assert_true(index < provider->n_keys);
    assert_int_equal(ssh_sign(provider, index, "1234", signature, &size), CKR_OK);
    assert_true(host.mock->verifies(key, ssh_mechanism(&provider->keys[index]), host_data,
                                    sizeof(host_data), signature, size));
}

/* All keys are listed, in their order, before and after the login, and each signs. */
static void assert_all_usable(const struct mock_key *keys, size_t count)
{
    struct ssh_provider provider;

    ssh_add_provider(&provider, NULL);
    assert_false(provider.cannot_read);
    assert_int_equal(provider.n_keys, count);
    for (size_t i = 0; i < count; i++)
        assert_signs(&provider, i, &keys[i]);
    ssh_del_provider(&provider);
    ssh_add_provider(&provider, "1234");
    assert_int_equal(provider.n_keys, count);
    for (size_t i = 0; i < count; i++)
        assert_signs(&provider, i, &keys[i]);
    ssh_del_provider(&provider);
}

static const struct mock_key four_keys[] = {
    {"rsa:2048", "a", "01", "a", MOCK_PAIR},
    {"ec:P-256", "b", "02", "b", MOCK_PAIR},
    {"ec:P-384", "c", "03", "c", MOCK_PAIR | MOCK_NO_POINT},
    {"ed25519", "d", "04", "d", MOCK_PAIR},
};

enum { N_FOUR = sizeof(four_keys) / sizeof(four_keys[0]) };

static const char *const whole_and_narrow[] = {
    "allow: all\n", "allow:\n  - id: \"01\"\n  - id: \"02\"\n  - id: \"03\"\n  - id: \"04\"\n"};

static void keys_of_vendors_that_answer_oddly_are_usable(void **state)
{
    (void)state;
    for (unsigned quirks = 0; quirks <= 15; quirks++) {
        for (size_t r = 0; r < 2; r++) {
            make_token(quirks);
            for (size_t i = 0; i < N_FOUR; i++)
                host.mock->key_add(slot, &four_keys[i]);
            host_config(whole_and_narrow[r]);
            assert_all_usable(four_keys, N_FOUR);
        }
    }
}

static void keys_known_by_their_certificate_alone_are_usable_with_every_odd_vendor(void **state)
{
    struct mock_key keys[N_FOUR];

    (void)state;
    for (unsigned quirks = 0; quirks <= 15; quirks++) {
        make_token(quirks);
        for (size_t i = 0; i < N_FOUR; i++) {
            keys[i] = four_keys[i];
            keys[i].objects = MOCK_PRIVATE_KEY | MOCK_CERTIFICATE | MOCK_NO_POINT;
            host.mock->key_add(slot, &keys[i]);
        }
        host_config("allow: all\n");
        assert_all_usable(keys, N_FOUR);
    }
}

/* In few calls, not by a limit on objects; whatever the number of objects is to the size of a page.
 */
static void an_endless_search_is_ended(void **state)
{
    (void)state;
    for (size_t n = 1; n <= 7; n++) {
        struct ssh_provider provider;
        make_token(MOCK_ENDLESS_FIND);
        for (size_t i = 0; i < n; i++) {
            char id[32];
            snprintf(id, sizeof(id), "%02zx", i);
            host.mock->key_add(slot, &(struct mock_key){"ec:P-256", id, id, id, MOCK_PAIR});
        }
        host_config("allow: all\n");
        ssh_add_provider(&provider, NULL);
        assert_int_equal(provider.n_keys, n);
        if (host.mock->calls_of("C_FindObjects") > 3 * host.mock->calls_of("C_FindObjectsInit"))
            fail_msg("%u calls of C_FindObjects for %zu objects",
                     host.mock->calls_of("C_FindObjects"), n);
        ssh_del_provider(&provider);
    }
}

static void a_label_of_300_bytes_is_cut_at_a_character(void **state)
{
    static const struct {
        const char *unit;
        size_t shown; /* bytes of at most 255 */
    } cases[] = {{"x", 255}, {"\xc3\xa4", 254}, {"\xe2\x82\xac", 255}, {"\xf0\x9f\x94\x91", 252}};

    (void)state;
    for (size_t c = 0; c < sizeof(cases) / sizeof(cases[0]); c++) {
        char label[400] = "";
        struct mock_key keys[] = {{"rsa:2048", "a", "01", label, MOCK_PAIR}, four_keys[1]};
        struct ssh_provider provider;

        while (strlen(label) < 300)
            strcat(label, cases[c].unit);
        make_token(0);
        host.mock->key_add(slot, &keys[0]);
        host.mock->key_add(slot, &keys[1]);
        host_config(whole_and_narrow[c % 2]);
        assert_all_usable(keys, 2);
        ssh_add_provider(&provider, NULL);
        assert_int_equal(strlen(provider.keys[0].label), cases[c].shown);
        assert_memory_equal(provider.keys[0].label, label, cases[c].shown);
        ssh_del_provider(&provider);
    }
}

static void a_label_that_cannot_be_read_is_empty_and_the_other_keys_are_read(void **state)
{
    static const CK_RV codes[] = {CKR_ATTRIBUTE_TYPE_INVALID, CKR_ATTRIBUTE_SENSITIVE};

    (void)state;
    for (size_t c = 0; c < sizeof(codes) / sizeof(codes[0]); c++) {
        for (unsigned quirks = 0; quirks <= 3; quirks++) {
            struct mock_handles handles;
            struct ssh_provider provider;
            make_token(quirks);
            handles = host.mock->key_add(slot, &four_keys[0]);
            host.mock->key_add(slot, &four_keys[1]);
            host.mock->attribute_refuse(handles.public_key, CKA_LABEL, codes[c]);
            host_config("allow:\n  - id: [\"01\", \"02\"]\n");
            assert_all_usable(four_keys, 2);
            ssh_add_provider(&provider, NULL);
            assert_string_equal(provider.keys[0].label, "");
            ssh_del_provider(&provider);
        }
    }
}

static void keys_with_empty_ids_get_ids_of_their_own(void **state)
{
    static const struct mock_key keys[] = {
        {"rsa:2048", "a", "", "a", MOCK_PAIR},
        {"ec:P-256", "b", "", "b", MOCK_PAIR},
        {"rsa:2048", "e", "", "e", MOCK_PAIR},
        {"ec:P-384", "c", "", "c", MOCK_PAIR | MOCK_NO_POINT}, /* the only one of its curve */
    };
    struct ssh_provider provider;

    (void)state;
    make_token(0);
    for (size_t i = 0; i < 4; i++)
        host.mock->key_add(slot, &keys[i]);
    host_config("allow:\n  - label: [a, b, e, c]\n");
    assert_all_usable(keys, 4);
    ssh_add_provider(&provider, NULL);
    for (size_t i = 0; i < 4; i++) {
        assert_int_equal(provider.keys[i].id_size, 20);
        for (size_t j = 0; j < i; j++)
            assert_memory_not_equal(provider.keys[i].id, provider.keys[j].id, 20);
    }
    ssh_del_provider(&provider);
}

static void keys_that_share_an_id_get_ids_of_their_own(void **state)
{
    static const struct mock_key keys[] = {
        {"rsa:2048", "a", "07", "a", MOCK_PAIR},
        {"ec:P-256", "b", "07", "b", MOCK_PAIR},
        {"ec:P-384", "c", "07", "c", MOCK_PAIR | MOCK_NO_POINT},
        {"rsa:2048", "e", "07", "e", MOCK_PAIR},
    };
    struct ssh_provider provider;

    (void)state;
    make_token(0);
    for (size_t i = 0; i < 4; i++)
        host.mock->key_add(slot, &keys[i]);
    host_config("allow:\n  - id: \"07\"\n");
    assert_all_usable(keys, 4);
    ssh_add_provider(&provider, NULL);
    for (size_t i = 1; i < 4; i++) {
        for (size_t j = 0; j < i; j++)
            assert_true(
                provider.keys[i].id_size != provider.keys[j].id_size ||
                memcmp(provider.keys[i].id, provider.keys[j].id, provider.keys[i].id_size) != 0);
    }
    ssh_del_provider(&provider);
}

/* A key's CKA_ID is the same before login, after it, and in the next process: the agent looks it up
 * by that. */
static void an_id_is_the_same_before_and_after_login(void **state)
{
    struct ssh_provider before, after;

    (void)state;
    make_token(0);
    host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "a", "07", "a", MOCK_PAIR});
    host.mock->key_add(slot, &(struct mock_key){"ec:P-256", "b", "07", "b", MOCK_PAIR});
    host.mock->key_add(slot, &(struct mock_key){"ec:P-384", "c", "", "c", MOCK_PAIR});
    host_config("allow: all\n");
    ssh_add_provider(&before, NULL);
    ssh_del_provider(&before);
    ssh_add_provider(&after, "1234");
    ssh_del_provider(&after);
    assert_int_equal(before.n_keys, 3);
    assert_int_equal(after.n_keys, 3);
    for (size_t i = 0; i < 3; i++) {
        assert_int_equal(before.keys[i].id_size, after.keys[i].id_size);
        assert_memory_equal(before.keys[i].id, after.keys[i].id, before.keys[i].id_size);
    }
}

/* Only the token's consent by name lets ssh see what is CKA_PRIVATE. */
static void a_token_whose_objects_are_all_private_is_shown_if_it_is_named(void **state)
{
    static const struct mock_key key = {"rsa:2048", "a", "01", "a", MOCK_PAIR | MOCK_ALL_PRIVATE};
    struct ssh_provider provider;

    (void)state;
    make_token(0);
    host.mock->key_add(slot, &key);
    host_config("allow:\n  - id: \"01\"\n");
    ssh_add_provider(&provider, "1234");
    assert_int_equal(provider.n_slots, 0);
    ssh_del_provider(&provider);
    assert_int_equal(host.mock->logins(slot), 0);
    host_config("allow:\n  - {id: \"01\", token: {label: one}}\n");
    ssh_add_provider(&provider, "1234");
    assert_int_equal(provider.n_keys, 1);
    assert_signs(&provider, 0, &key);
    ssh_del_provider(&provider);
}

static void a_key_that_cannot_sign_is_not_shown(void **state)
{
    struct ssh_provider provider;

    (void)state;
    make_token(0);
    host.mock->key_add(slot,
                       &(struct mock_key){"rsa:2048", "a", "01", "a", MOCK_PAIR | MOCK_NO_SIGN});
    host.mock->key_add(slot, &four_keys[1]);
    host_config("allow:\n  - {id: [\"01\", \"02\"], token: {label: one}}\n");
    ssh_add_provider(&provider, "1234");
    assert_int_equal(provider.n_keys, 1);
    assert_signs(&provider, 0, &four_keys[1]);
    ssh_del_provider(&provider);
}

/* What an object says of itself may have any length; none of it may hurt, and its neighbours are
 * read. */
static void attributes_of_wrong_lengths_hide_their_object_and_nothing_else(void **state)
{
    static const CK_ATTRIBUTE_TYPE types[] = {CKA_CLASS,
                                              CKA_KEY_TYPE,
                                              CKA_ID,
                                              CKA_LABEL,
                                              CKA_TOKEN,
                                              CKA_PRIVATE,
                                              CKA_SIGN,
                                              CKA_VERIFY,
                                              CKA_MODULUS,
                                              CKA_PUBLIC_EXPONENT,
                                              CKA_EC_PARAMS,
                                              CKA_EC_POINT,
                                              CKA_PUBLIC_KEY_INFO,
                                              CKA_ALWAYS_AUTHENTICATE};
    static const CK_ULONG sizes[] = {0, 1, 3, 4, 7, 9, 300, 5000};
    unsigned char garbage[5000];

    (void)state;
    memset(garbage, 0xa5, sizeof(garbage));
    for (size_t t = 0; t < sizeof(types) / sizeof(types[0]); t++) {
        for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
            for (size_t k = 0; k < 3; k++) {
                struct mock_handles odd;
                struct ssh_provider provider;
                make_token((unsigned)s & 3);
                odd = host.mock->key_add(slot, &four_keys[k]);
                host.mock->attribute_set(odd.public_key, types[t], garbage, sizes[s]);
                host.mock->attribute_set(odd.private_key, types[t], garbage, sizes[s]);
                host.mock->key_add(slot, &four_keys[3]);
                host_config(whole_and_narrow[s & 1]);
                ssh_add_provider(&provider, "1234");
                assert_false(provider.cannot_read);
                assert_in_range(provider.n_keys, 1, 2);
                assert_signs(&provider, provider.n_keys - 1, &four_keys[3]);
                ssh_del_provider(&provider);
            }
        }
    }
}

static void certificates_that_are_none_are_passed_over(void **state)
{
    static const CK_ULONG sizes[] = {0, 1, 100};
    unsigned char garbage[100];

    (void)state;
    memset(garbage, 0x30, sizeof(garbage));
    for (size_t s = 0; s < sizeof(sizes) / sizeof(sizes[0]); s++) {
        struct mock_handles handles;
        make_token(0);
        handles = host.mock->key_add(
            slot, &(struct mock_key){"rsa:2048", "e", "05", "e", MOCK_CERTIFICATE});
        host.mock->attribute_set(handles.certificate, CKA_VALUE, garbage, sizes[s]);
        host.mock->key_add(slot, &four_keys[0]);
        host_config("allow: all\n");
        assert_all_usable(four_keys, 1);
    }
}

static void vendors_whose_reading_fails_show_nothing_and_recover(void **state)
{
    static const char *const functions[] = {
        "C_FindObjectsInit", "C_FindObjects",  "C_FindObjectsFinal", "C_GetAttributeValue",
        "C_OpenSession",     "C_GetTokenInfo", "C_GetSlotList"};
    static const CK_RV codes[] = {CKR_GENERAL_ERROR, CKR_DEVICE_ERROR, CKR_HOST_MEMORY,
                                  CKR_FUNCTION_FAILED};

    (void)state;
    for (size_t f = 0; f < sizeof(functions) / sizeof(functions[0]); f++) {
        for (size_t c = 0; c < sizeof(codes) / sizeof(codes[0]); c++) {
            CK_ULONG count = 0;
            make_token(0);
            host.mock->key_add(slot, &four_keys[0]);
            host_start("allow:\n  - id: \"01\"\n");
            host.mock->refuse(functions[f], 0, codes[c]);
            if (host.functions->C_GetSlotList(CK_TRUE, NULL, &count) == CKR_OK && f != 2)
                assert_int_equal(count, 0);
            host.mock->refuse_none();
            host_stop();
            assert_all_usable(four_keys, 1);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(keys_of_vendors_that_answer_oddly_are_usable, host_reset),
        cmocka_unit_test_teardown(
            keys_known_by_their_certificate_alone_are_usable_with_every_odd_vendor, host_reset),
        cmocka_unit_test_teardown(an_endless_search_is_ended, host_reset),
        cmocka_unit_test_teardown(a_label_of_300_bytes_is_cut_at_a_character, host_reset),
        cmocka_unit_test_teardown(a_label_that_cannot_be_read_is_empty_and_the_other_keys_are_read,
                                  host_reset),
        cmocka_unit_test_teardown(keys_with_empty_ids_get_ids_of_their_own, host_reset),
        cmocka_unit_test_teardown(keys_that_share_an_id_get_ids_of_their_own, host_reset),
        cmocka_unit_test_teardown(an_id_is_the_same_before_and_after_login, host_reset),
        cmocka_unit_test_teardown(a_token_whose_objects_are_all_private_is_shown_if_it_is_named,
                                  host_reset),
        cmocka_unit_test_teardown(a_key_that_cannot_sign_is_not_shown, host_reset),
        cmocka_unit_test_teardown(attributes_of_wrong_lengths_hide_their_object_and_nothing_else,
                                  host_reset),
        cmocka_unit_test_teardown(certificates_that_are_none_are_passed_over, host_reset),
        cmocka_unit_test_teardown(vendors_whose_reading_fails_show_nothing_and_recover, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
