// SPDX-License-Identifier: BSD-2-Clause
// What large tokens and long policies cost: calls follow the rules, not the token.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>

enum { RULES_MOST = 1000, RULE_SIZE = 24 };

static const struct mock_key permitted = {"rsa:2048", "01", "01", "01", MOCK_PAIR};

/* The permitted key, the last of so many on a token. */
static CK_SLOT_ID make_token(unsigned keys)
{
    struct mock_key other = {"rsa:random", "", "", "another", MOCK_PAIR};
    CK_SLOT_ID slot;
    char id[9];

    host_reset(NULL);
    slot = host_token("large");
    for (unsigned i = 1; i < keys; i++) {
        snprintf(id, sizeof(id), "%08x", 0x1000 + i);
        other.id = id;
        host.mock->key_add(slot, &other);
    }
    host.mock->key_add(slot, &permitted);
    return slot;
}

/* So many, each for an id of its own, of which the last permits the key. */
static const char *rules(unsigned count)
{
    static char text[RULES_MOST * RULE_SIZE + 16];
    size_t at = (size_t)snprintf(text, sizeof(text), "allow:\n");

    for (unsigned i = 1; i < count; i++)
        at += (size_t)snprintf(text + at, sizeof(text) - at, "  - id: \"f%05x\"\n", i);
    snprintf(text + at, sizeof(text) - at, "  - id: \"01\"\n");
    return text;
}

/* The vendor's calls of a listing as ssh-keygen -D makes it. */
static unsigned list(unsigned keys, unsigned n_rules)
{
    CK_SLOT_ID slot = make_token(keys), slots[4];
    CK_ULONG count = 4;
    CK_SESSION_HANDLE session;

    host.mock->forget_calls();
    host_start(rules(n_rules));
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 1);
    session = host_open(slot);
    assert_int_equal(host_find_class(session, CKO_CERTIFICATE, NULL, 0), 0);
    assert_int_equal(host_find_class(session, CKO_PUBLIC_KEY, NULL, 0), 1);
    host_stop();
    return host.mock->calls();
}

/* The same of a login and a signature. */
static unsigned sign(unsigned keys)
{
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_SLOT_ID slot = make_token(keys);
    CK_SESSION_HANDLE session;

    host.mock->forget_calls();
    session = host_start_logged_in(rules(1), slot);
    assert_int_equal(
        host_sign(session, CKM_RSA_PKCS, host_only(session, CKO_PRIVATE_KEY), signature, &size),
        CKR_OK);
    host_stop();
    return host.mock->calls();
}

static void one_permitted_key_costs_as_many_calls_with_ten_thousand_as_with_ten(void **state)
{
    static const unsigned keys[] = {100, 1000, 10000};
    const unsigned listed = list(10, 1), signed_with = sign(10);

    (void)state;
    print_message("# a listing: %u calls, a login with a signature: %u\n", listed, signed_with);
    for (size_t i = 0; i < sizeof(keys) / sizeof(keys[0]); i++) {
        assert_int_equal(list(keys[i], 1), listed);
        assert_int_equal(sign(keys[i]), signed_with);
    }
}

/* Three calls for each search, and what is found. */
static void rules_cost_their_searches_whatever_is_on_the_token(void **state)
{
    static const unsigned numbers[] = {1, 16, 17, 23};

    (void)state;
    for (size_t i = 0; i < sizeof(numbers) / sizeof(numbers[0]); i++) {
        const unsigned few = list(1500, numbers[i]), many = list(10000, numbers[i]);
        const unsigned pages = numbers[i] > 16 ? (10000 - 1500) / 512 + 1 : 0;
        print_message("# %u rules: %u and %u calls\n", numbers[i], few, many);
        assert_true(many >= few && many - few <= pages); /* handles are counted, not read */
        assert_true(few >= 3 * numbers[i] && many <= 3 * numbers[i] + pages + 16);
    }
}

/* Reading a key that is there is one call; looking for one that is not, three. */
static void a_thousand_rules_cost_a_small_token_no_search_for_each(void **state)
{
    (void)state;
    for (unsigned keys = 1; keys <= 1000; keys *= 10) {
        const unsigned calls = list(keys, RULES_MOST);
        print_message("# %u rules on %u keys: %u calls\n", RULES_MOST, keys, calls);
        assert_true(calls <= keys + 32);
    }
}

/* What SoftHSM takes a third of a second for on such a token, it is not asked a thousand times. */
static void a_thousand_rules_make_few_searches_on_ten_thousand_keys(void **state)
{
    (void)state;
    list(10000, RULES_MOST);
    assert_true(host.mock->calls_of("C_FindObjectsInit") <= 4);
    assert_true(host.mock->calls_of("C_GetAttributeValue") <= 10000);
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, host_reset, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(one_permitted_key_costs_as_many_calls_with_ten_thousand_as_with_ten),
        CASE(rules_cost_their_searches_whatever_is_on_the_token),
        CASE(a_thousand_rules_cost_a_small_token_no_search_for_each),
        CASE(a_thousand_rules_make_few_searches_on_ten_thousand_keys),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
