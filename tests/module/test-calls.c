// SPDX-License-Identifier: BSD-2-Clause
// What a login and a signature cost, in calls of the vendor.
#include "tests/module/ssh.h"

#include <stdio.h>
#include <string.h>

enum { LOGIN_BUDGET = 18 };

struct kind {
    const char *type;   /* of the permitted key */
    const char *others; /* of the other keys */
    unsigned objects;
};

static const struct kind kinds[] = {
    {"rsa:2048", "rsa:random", MOCK_PAIR},
    {"ec:P-256", "ec:P-256", MOCK_PAIR},
    {"ec:P-256", "ec:P-256", MOCK_PAIR | MOCK_NO_POINT},
    {"ec:P-384", "ec:P-256", MOCK_PAIR | MOCK_NO_POINT},
    {"ec:P-521", "ec:P-256", MOCK_PAIR | MOCK_NO_POINT},
    {"ed25519", "ed25519", MOCK_PAIR},
};

static const unsigned counts[] = {1, 8, 32, 1000};

static const char *const login_calls[LOGIN_BUDGET + 1] = {
    "C_GetFunctionList",
    "C_Initialize",
    "C_GetSlotList",
    "C_GetTokenInfo",
    "C_GetTokenInfo",
    "C_OpenSession",
    "C_FindObjectsInit",
    "C_FindObjects",
    "C_FindObjectsFinal",
    "C_GetAttributeValue",
    "C_Login",
    "C_FindObjectsInit",
    "C_FindObjects",
    "C_FindObjectsFinal",
    "C_GetAttributeValue",
    "C_SignInit",
    "C_Sign",
    "C_Finalize",
    NULL,
};

static const char *const signature_calls[] = {"C_SignInit", "C_Sign", NULL};

/* One token with n keys, and a slot like SoftHSM's empty one. The permitted key is the last:
 * nothing may depend on its place. */
static struct mock_key make_token(const struct kind *kind, unsigned n)
{
    CK_SLOT_ID slot;
    struct mock_key permitted = {kind->type, "permitted", "01", "permitted", kind->objects};

    host_reset(NULL);
    slot = host.mock->token_add(&(struct mock_token){.label = "one", .pin = "1234"});
    host.mock->token_add(&(struct mock_token){.label = "", .uninitialised = true});
    for (unsigned i = 1; i < n; i++) {
        char id[16], name[32];
        snprintf(id, sizeof(id), "%04x", i);
        snprintf(name, sizeof(name), "other %u", i);
        host.mock->key_add(slot, &(struct mock_key){kind->others, name, id, name, kind->objects});
    }
    host.mock->key_add(slot, &permitted);
    host_config("allow:\n  - id: \"01\"\n");
    return permitted;
}

static void print_row(const char *what, const struct kind *kind, unsigned n, unsigned limit)
{
    print_message("# | %-22s | %-8s%-9s | %4u keys | %2u vendor calls | limit %2u |\n", what,
                  kind->type, (kind->objects & MOCK_NO_POINT) != 0 ? " no point" : "", n,
                  host.mock->calls(), limit);
}

static void assert_closed(void)
{
    assert_int_equal(host.mock->calls_of("C_FindObjectsInit"),
                     host.mock->calls_of("C_FindObjectsFinal"));
    assert_int_equal(host.mock->calls_of("C_Finalize"), 1);
    assert_int_equal(host.mock->calls_of("C_CloseSession"), 0);
}

static void check_login(const struct kind *kind, unsigned n)
{
    struct mock_key permitted = make_token(kind, n);
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    ssh_add_provider(&provider, NULL);
    assert_int_equal(provider.n_keys, 1);
    assert_string_equal(provider.keys[0].label, "permitted");
    assert_int_equal(ssh_sign(&provider, 0, "1234", signature, &size), CKR_OK);
    ssh_del_provider(&provider);
    assert_true(host.mock->verifies(&permitted, ssh_mechanism(&provider.keys[0]), host_data,
                                    sizeof(host_data), signature, size));
    print_row("ssh -I, login", kind, n, LOGIN_BUDGET);
    assert_closed();
    host_assert_calls(login_calls);
}

static void a_login_is_the_18_calls_of_the_budget_whatever_the_number_of_keys(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++) {
        for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
            check_login(&kinds[k], counts[c]);
    }
}

static void check_listing(const struct kind *kind, unsigned n)
{
    struct ssh_provider provider;

    make_token(kind, n);
    ssh_add_provider(&provider, NULL);
    ssh_del_provider(&provider);
    assert_int_equal(provider.n_keys, 1);
    print_row("ssh-keygen -D", kind, n, LOGIN_BUDGET);
    assert_closed();
    assert_true(host.mock->calls() <= LOGIN_BUDGET);
}

static void a_listing_is_within_the_budget_whatever_the_number_of_keys(void **state)
{
    (void)state;
    for (size_t c = 0; c < sizeof(counts) / sizeof(counts[0]); c++)
        check_listing(&kinds[0], counts[c]);
}

static void check_agent(const struct kind *kind, unsigned n)
{
    struct mock_key permitted = make_token(kind, n);
    struct ssh_provider provider;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);

    ssh_add_provider(&provider, "1234");
    assert_int_equal(provider.n_keys, 1);
    print_row("ssh-add -s", kind, n, LOGIN_BUDGET);
    assert_true(host.mock->calls() <= LOGIN_BUDGET);
    for (int i = 0; i < 3; i++) {
        host.mock->forget_calls();
        size = sizeof(signature);
        assert_int_equal(ssh_sign(&provider, 0, NULL, signature, &size), CKR_OK);
        assert_true(host.mock->verifies(&permitted, ssh_mechanism(&provider.keys[0]), host_data,
                                        sizeof(host_data), signature, size));
        host_assert_calls(signature_calls);
    }
    print_row("agent, one signature", kind, n, 2);
    ssh_del_provider(&provider);
}

static void a_signature_of_a_warm_agent_is_two_calls(void **state)
{
    (void)state;
    for (size_t k = 0; k < sizeof(kinds) / sizeof(kinds[0]); k++)
        check_agent(&kinds[k], 8);
}

static void a_size_query_costs_no_call(void **state)
{
    struct ssh_provider provider;
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    CK_OBJECT_HANDLE key;
    CK_ULONG size = 0;
    unsigned char signature[512];

    (void)state;
    make_token(&kinds[0], 1);
    ssh_add_provider(&provider, "1234");
    key = host_only(provider.slots[0].session, CKO_PRIVATE_KEY);
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_SignInit(provider.slots[0].session, &mechanism, key),
                     CKR_OK);
    assert_int_equal(host.functions->C_Sign(provider.slots[0].session, host_data, sizeof(host_data),
                                            NULL, &size),
                     CKR_OK);
    assert_int_equal(size, 256);
    size = 255;
    assert_int_equal(host.functions->C_Sign(provider.slots[0].session, host_data, sizeof(host_data),
                                            signature, &size),
                     CKR_BUFFER_TOO_SMALL);
    assert_int_equal(size, 256);
    assert_int_equal(host.mock->calls(), 0);
    assert_int_equal(host.functions->C_Sign(provider.slots[0].session, host_data, sizeof(host_data),
                                            signature, &size),
                     CKR_OK);
    host_assert_calls(signature_calls);
    ssh_del_provider(&provider);
}

static void a_token_that_can_show_nothing_costs_no_session(void **state)
{
    struct ssh_provider provider;
    CK_SLOT_ID other;

    (void)state;
    make_token(&kinds[0], 8);
    other = host.mock->token_add(&(struct mock_token){.label = "other", .pin = "5678"});
    host.mock->key_add(other, &(struct mock_key){"ec:P-256", "other", "01", "other", MOCK_PAIR});
    host_config("allow:\n  - {token: {label: other}, id: \"01\"}\n");
    ssh_add_provider(&provider, "5678");
    assert_int_equal(provider.n_keys, 1);
    assert_int_equal(provider.slots[0].id, other);
    assert_int_equal(host.mock->calls_of("C_OpenSession"), 1);
    assert_int_equal(host.mock->calls_of("C_Login"), 1);
    assert_int_equal(host.mock->logins(other), 1);
    ssh_del_provider(&provider);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(a_login_is_the_18_calls_of_the_budget_whatever_the_number_of_keys,
                                  host_reset),
        cmocka_unit_test_teardown(a_listing_is_within_the_budget_whatever_the_number_of_keys,
                                  host_reset),
        cmocka_unit_test_teardown(a_signature_of_a_warm_agent_is_two_calls, host_reset),
        cmocka_unit_test_teardown(a_size_query_costs_no_call, host_reset),
        cmocka_unit_test_teardown(a_token_that_can_show_nothing_costs_no_session, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
