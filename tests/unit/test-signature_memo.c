// SPDX-License-Identifier: BSD-2-Clause
// Whose signature was checked is known for just the pair that was checked.
#include "tests/unit/pki_fixture.h"

#include <string.h>
#include "crypto/signed.h"

static struct signature_memo *memo;

static int set_up(void **state)
{
    (void)state;
    memo = signature_memo_create();
    return memo == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    signature_memo_destroy(memo);
    pki_forget();
    return 0;
}

/* The signature's last byte becomes another one. */
static void spoil(const struct pki *pki)
{
    const ASN1_BIT_STRING *signature;

    X509_get0_signature(&signature, NULL, pki->x509);
    signature->data[signature->length - 1] ^= 1;
}

static void a_signature_is_checked_once(void **state)
{
    const struct pki *root = pki_root("CN=root");
    const struct pki *first = pki_user("CN=alice", root);
    const struct pki *second = pki_user("CN=bob", root);

    (void)state;
    assert_true(signed_by(memo, first->x509, root->x509));
    spoil(first);
    spoil(second);
    assert_true(signed_by(memo, first->x509, root->x509));
    assert_false(signed_by(memo, second->x509, root->x509));
    spoil(second);
    assert_false(signed_by(memo, second->x509, root->x509));
}

/* Every certificate is asked about with every issuer, twice. */
static void each_pair_is_known_for_itself(void **state)
{
    enum { MANY = 8 };
    const struct pki *roots[MANY], *users[MANY];

    (void)state;
    for (size_t i = 0; i < MANY; i++) {
        roots[i] = pki_root("CN=root");
        users[i] = pki_user("CN=alice", roots[i]);
    }
    for (size_t i = 0; i < (size_t)2 * MANY * MANY; i++) {
        size_t user = i % MANY, root = i / MANY % MANY;

        assert_int_equal(signed_by(memo, users[user]->x509, roots[root]->x509), user == root);
    }
}

/* Where a certificate that was forgotten has been, a forged one may come to be. */
static void what_was_looked_at_stays_in_its_place(void **state)
{
    const struct pki *root = pki_root("CN=root");
    const struct pki *user = pki_user("CN=alice", root);
    const struct pki *forged = pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = pki_root("CN=root"), .extensions = PKI_USER});

    (void)state;
    for (size_t i = 0; i < 16; i++) {
        const struct pki *row = i % 2 == 0 ? user : forged;
        X509 *x509 = X509_dup(row->x509), *issuer = X509_dup(root->x509);

        assert_int_equal(signed_by(memo, x509, issuer), row == user);
        X509_free(x509);
        X509_free(issuer);
    }
}

static void it_costs_the_same_when_it_is_known(void **state)
{
    const struct pki *roots[] = {pki_root("CN=root"),
                                 pki_make((struct pki_order){.subject = "CN=root",
                                                             .key = pki_new_key("P-384", 0),
                                                             .extensions = PKI_CA}),
                                 pki_make((struct pki_order){.subject = "CN=root",
                                                             .issuer = pki_root("CN=other"),
                                                             .key = pki_long_key(8193, 17),
                                                             .extensions = PKI_CA})};
    const unsigned costs[] = {1, 4, 0};
    const struct pki *user = pki_user("CN=alice", roots[0]);

    (void)state;
    for (size_t i = 0; i < sizeof(roots) / sizeof(roots[0]); i++) {
        assert_int_equal(signed_cost(memo, user->x509, roots[i]->x509), costs[i]);
        assert_int_equal(signed_by(memo, user->x509, roots[i]->x509), i == 0);
        assert_int_equal(signed_cost(memo, user->x509, roots[i]->x509), costs[i]);
    }
}

#define MEMO_TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        MEMO_TEST(a_signature_is_checked_once),
        MEMO_TEST(each_pair_is_known_for_itself),
        MEMO_TEST(what_was_looked_at_stays_in_its_place),
        MEMO_TEST(it_costs_the_same_when_it_is_known),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
