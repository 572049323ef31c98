// SPDX-License-Identifier: BSD-2-Clause
// Whoever writes a token makes nobody check signatures without end.
#include "tests/unit/trust_fixture.h"

/* What it costs to verify. */
static size_t cost_of(const struct pki *pki)
{
    size_t left = 1000;

    fixture.request.work_left = &left;
    verify(pki);
    fixture.request.work_left = NULL;
    return 1000 - left;
}

static void what_costs_nothing_is_asked_before_a_signature(void **state)
{
    static const char *const rows[] = {
        PKI_USER,
        "basicConstraints=critical,CA:TRUE\nkeyUsage=cRLSign",
        "",
        PKI_CA "\nsubjectKeyIdentifier=00:01",
    };
    const struct pki *root = pki_make((struct pki_order){
        .subject = "CN=root", .extensions = PKI_CA "\nsubjectKeyIdentifier=hash"});
    const struct pki *other = pki_root("CN=other");
    const struct pki *unknown = pki_make((struct pki_order){
        .subject = "CN=alice",
        .issuer = root,
        .issuer_name = "CN=issuing",
        .extensions = PKI_USER "\nauthorityKeyIdentifier=keyid",
    });

    (void)state;
    add_anchor(root);
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        on_token(pki_make(
            (struct pki_order){.subject = "CN=issuing", .issuer = other, .extensions = rows[i]}));
    on_token(pki_make((struct pki_order){.subject = "CN=issuing",
                                         .issuer = other,
                                         .key = pki_new_key("RSA", 2048),
                                         .extensions = PKI_CA}));
    assert_int_equal(cost_of(unknown), 0);
    on_token(pki_make(
        (struct pki_order){.subject = "CN=issuing", .issuer = other, .extensions = PKI_CA}));
    assert_int_equal(cost_of(unknown), 1);
    assert_int_equal(fixture.result.verdict, NOT_TRUSTED);
}

/* Each signature twice: it is looked for, and the path is judged. */
static void a_path_costs_what_its_keys_cost(void **state)
{
    const struct pki *root = pki_make((struct pki_order){
        .subject = "CN=root", .key = pki_new_key("P-384", 0), .extensions = PKI_CA});
    const struct pki *ca = pki_ca("CN=issuing", root);
    const struct pki *user = pki_user("CN=alice", ca);

    (void)state;
    add_anchor(root);
    on_token(ca);
    assert_int_equal(cost_of(user), 2 * (1 + 4));
    assert_int_equal(fixture.result.verdict, TRUSTED);
}

static void questions_share_the_work_that_is_left(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *users[] = {pki_user("CN=alice", root), pki_user("CN=bob", root)};
    size_t left = 3;

    (void)state;
    fixture.request.work_left = &left;
    expect_trusted(users[0]);
    assert_int_equal(left, 1);
    expect_trusted(users[1]);
    assert_int_equal(left, 0);
    expect(TRUST_UNKNOWN, users[0], "take too long to verify: not all paths");
    fixture.request.work_left = NULL;
    expect_trusted(users[0]);
}

static void a_key_that_is_too_long_is_not_tried(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *rsa = pki_make((struct pki_order){.subject = "CN=issuing",
                                                        .issuer = root,
                                                        .key = pki_new_key("RSA", 2048),
                                                        .extensions = PKI_CA});
    const struct pki *user = pki_user("CN=alice", rsa);

    (void)state;
    on_token(pki_make((struct pki_order){.subject = "CN=issuing",
                                         .issuer = root,
                                         .key = pki_long_key(8193, 17),
                                         .extensions = PKI_CA}));
    assert_int_equal(cost_of(user), 0);
    expect(TRUST_UNKNOWN, user, "too long to be tried: not all paths");
    on_token(rsa);
    expect_trusted(user);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUST_TEST(what_costs_nothing_is_asked_before_a_signature),
        TRUST_TEST(a_path_costs_what_its_keys_cost),
        TRUST_TEST(questions_share_the_work_that_is_left),
        TRUST_TEST(a_key_that_is_too_long_is_not_tried),
    };

    return cmocka_run_group_tests(tests, trust_group_set_up, trust_group_tear_down);
}
