// SPDX-License-Identifier: BSD-2-Clause
// What a set of CRLs proves of a path: each trap makes the certificate unknown, or revoked, and
// never good.
#include "tests/unit/trust_fixture.h"

#include <stdlib.h>

static const struct pki *root, *user;

static int set_up(void **state)
{
    if (trust_set_up(state) != 0)
        return -1;
    root = anchor("CN=root");
    user = pki_user("CN=alice", root);
    fixture.request.crl_mode = TRUST_CRL_HARD;
    return 0;
}

static void add(struct pki_crl_order order)
{
    const struct pki_crl *crl = pki_crl(order);
    char reason[REASON_SIZE] = "";

    if (!crl_set_add(fixture.request.crls, crl->pem, strlen(crl->pem), reason))
        fail_msg("%s", reason);
}

static void expect_one(enum trust_crl_mode mode, const struct pki *pki, enum trust_verdict verdict,
                       const char *what)
{
    fixture.request.crl_mode = mode;
    trust_verify(fixture.crypto, &fixture.request, pki->der, pki->size, &fixture.result);
    if (fixture.result.verdict != verdict || strstr(fixture.result.reason, what) == NULL)
        fail_msg("mode %d, verdict %d, reason \"%s\", not %d with \"%s\"", (int)mode,
                 (int)fixture.result.verdict, fixture.result.reason, (int)verdict, what);
}

static void expect_good(const struct pki *pki)
{
    expect_one(TRUST_CRL_HARD, pki, TRUSTED, "");
    assert_string_equal(fixture.result.reason, "");
}

/* Nothing is known: soft says so and lets it pass. */
static void expect_not_known(const struct pki *pki, const char *what)
{
    expect_one(TRUST_CRL_HARD, pki, TRUST_UNKNOWN, what);
    expect_one(TRUST_CRL_SOFT, pki, TRUSTED, what);
    expect_one(TRUST_CRL_OFF, pki, TRUSTED, "");
    assert_string_equal(fixture.result.reason, "");
}

static void expect_revoked(const struct pki *pki)
{
    expect_one(TRUST_CRL_HARD, pki, NOT_TRUSTED, "is revoked");
    expect_one(TRUST_CRL_SOFT, pki, NOT_TRUSTED, "is revoked");
}

static void expect_refused(struct pki_crl_order order, const char *what)
{
    const struct pki_crl *crl = pki_crl(order);
    char reason[REASON_SIZE] = "";

    assert_false(crl_set_add(fixture.request.crls, crl->pem, strlen(crl->pem), reason));
    if (strstr(reason, "the CRL of CN=root ") != reason || strstr(reason, what) == NULL)
        fail_msg("\"%s\" has no \"%s\"", reason, what);
    assert_int_equal(crl_set_count(fixture.request.crls), 0);
}

static void a_revoked_certificate_is_not_trusted(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .revoked = user});
    expect_revoked(user);
    expect_one(TRUST_CRL_OFF, user, TRUSTED, "");
    expect_good(pki_user("CN=bob", root));
    assert_true(fixture.result.crl_made == PKI_NOW - PKI_HOUR);
}

static void a_missing_crl_is_not_known(void **state)
{
    struct crl_set *crls = fixture.request.crls;

    (void)state;
    expect_not_known(user, "there is no CRL of CN=root");
    assert_true(fixture.result.crl_made == 0);
    fixture.request.crls = NULL;
    expect_not_known(user, "there are no CRLs");
    fixture.request.crls = crls;
    add((struct pki_crl_order){.issuer = pki_root("CN=other")});
    expect_not_known(user, "there is no CRL of CN=root");
}

static void a_crl_counts_within_its_dates(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .from = -48, .to = -1});
    expect_not_known(user, "the CRL of CN=root has expired");
    add((struct pki_crl_order){.issuer = root, .from = 1});
    expect_not_known(user, "the CRL of CN=root has expired");
    add((struct pki_crl_order){.issuer = root});
    expect_good(user);
    fixture.request.now = PKI_NOW + PKI_DAY + 1;
    expect_not_known(user, "the CRL of CN=root has expired");
}

static void a_crl_of_the_future_is_not_yet_valid(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .from = 1});
    expect_not_known(user, "the CRL of CN=root is not yet valid");
}

static void ignored_dates_are_not_those_of_crls(void **state)
{
    (void)state;
    fixture.request.ignore_dates = true;
    fixture.request.grace = 30 * PKI_DAY;
    add((struct pki_crl_order){.issuer = root, .from = -48, .to = -1});
    expect_not_known(user, "has expired");
}

static void an_outdated_crl_still_proves_a_revocation(void **state)
{
    static const struct {
        int from, to;
    } rows[] = {{-48, -1}, {1, 24}};

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        crl_set_destroy(fixture.request.crls);
        fixture.request.crls = crl_set_create(fixture.crypto);
        add((struct pki_crl_order){
            .issuer = root, .from = rows[i].from, .to = rows[i].to, .revoked = user});
        expect_revoked(user);
    }
}

static void a_crl_may_be_no_older_than_max_age(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .from = -3});
    fixture.request.crl_max_age = 3 * PKI_HOUR;
    expect_good(user);
    fixture.request.crl_max_age--;
    expect_not_known(user, "older than max_age");
}

static void a_crl_without_an_end_needs_max_age(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .has_no_end = 1});
    expect_not_known(user, "has no end");
    fixture.request.crl_max_age = 2 * PKI_HOUR;
    expect_good(user);
}

static void a_crl_is_signed_by_the_key_that_signed_the_certificate(void **state)
{
    const struct pki *other = pki_root("CN=other");
    const struct pki *namesake = pki_root("CN=root");

    (void)state;
    add((struct pki_crl_order){.issuer = root, .signer = other->key});
    expect_not_known(user, "the CRL of CN=root is not signed by it");
    add((struct pki_crl_order){.issuer = namesake, .revoked = user});
    expect_not_known(user, "not signed by it");
    add((struct pki_crl_order){.issuer = root, .issuer_name = "CN=other"});
    expect_not_known(user, "not signed by it");
    add((struct pki_crl_order){.issuer = root});
    expect_good(user);
}

static void a_crl_of_the_same_name_but_another_key_stays_one(void **state)
{
    const struct pki *namesake = anchor("CN=root");

    (void)state;
    add((struct pki_crl_order){.issuer = root});
    expect_good(user);
    expect_not_known(pki_user("CN=bob", namesake), "not signed by it");
    expect_good(user);
}

static void of_two_crls_the_newer_one_decides(void **state)
{
    (void)state;
    add((struct pki_crl_order){.issuer = root, .from = -1, .revoked = NULL});
    add((struct pki_crl_order){.issuer = root, .from = -5, .revoked = user});
    expect_good(user); /* it was on hold */
    add((struct pki_crl_order){.issuer = root, .from = 2});
    expect_good(user);
    crl_set_destroy(fixture.request.crls);
    fixture.request.crls = crl_set_create(fixture.crypto);
    add((struct pki_crl_order){.issuer = root, .from = -5});
    add((struct pki_crl_order){.issuer = root, .from = -1, .revoked = user});
    expect_revoked(user);
}

static void every_certificate_but_the_anchor_is_asked_for(void **state)
{
    const struct pki *ca = pki_ca("CN=issuing", root);
    const struct pki *lower = pki_user("CN=bob", ca);

    (void)state;
    assert_true(certificate_pool_add(fixture.token, ca->der, ca->size));
    expect_not_known(lower, "there is no CRL of CN=issuing");
    add((struct pki_crl_order){.issuer = ca, .from = -2});
    expect_not_known(lower, "there is no CRL of CN=root");
    add((struct pki_crl_order){.issuer = root, .from = -3});
    expect_good(lower);
    assert_true(fixture.result.crl_made == PKI_NOW - 3 * PKI_HOUR);
    add((struct pki_crl_order){.issuer = root, .revoked = ca});
    expect_revoked(lower);
}

static void what_is_not_known_hides_no_revocation(void **state)
{
    const struct pki *ca = pki_ca("CN=issuing", root);

    (void)state;
    assert_true(certificate_pool_add(fixture.token, ca->der, ca->size));
    add((struct pki_crl_order){.issuer = root, .revoked = ca});
    expect_revoked(pki_user("CN=bob", ca));
}

static void a_key_that_may_not_sign_crls_proves_revocations_only(void **state)
{
    const struct pki *ca = pki_make((struct pki_order){
        .subject = "CN=issuing",
        .issuer = root,
        .extensions = "basicConstraints=critical,CA:TRUE\nkeyUsage=keyCertSign"});
    const struct pki *bob = pki_user("CN=bob", ca);

    (void)state;
    assert_true(certificate_pool_add(fixture.token, ca->der, ca->size));
    add((struct pki_crl_order){.issuer = root});
    add((struct pki_crl_order){.issuer = ca, .revoked = bob});
    expect_not_known(pki_user("CN=carol", ca), "may not sign CRLs");
    expect_revoked(bob);
}

static void crls_that_do_not_speak_for_themselves_are_refused(void **state)
{
    static const struct {
        const char *extensions, *what;
    } rows[] = {
        {"deltaCRL=critical,DER:020101", "is a delta"},
        {"deltaCRL=DER:020101", "is a delta"},
        {"issuingDistributionPoint=critical,indirectCRL:TRUE", "is indirect"},
        {"issuingDistributionPoint=critical,onlyAA:TRUE", "attribute certificates"},
        {"issuingDistributionPoint=critical,onlysomereasons:keyCompromise", "some reasons"},
        {"issuingDistributionPoint=critical,DER:0500", "broken distribution point"},
        {"issuingDistributionPoint=critical,DER:300EA00CA10A300806035504030C0161", "is relative"},
        {"1.2.3.4=critical,DER:0500", "unknown critical extension"},
        {"nameConstraints=critical,permitted;DNS:a", "unknown critical extension"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused((struct pki_crl_order){.issuer = root, .extensions = rows[i].extensions},
                       rows[i].what);
    add((struct pki_crl_order){.issuer = root,
                               .extensions = "crlNumber=DER:020107\n1.2.3.4=DER:0500\n"
                                             "freshestCRL=URI:http://crl.example/delta"});
    expect_good(user);
}

static void crls_with_odd_entries_are_refused(void **state)
{
    static const struct {
        const char *extensions, *what;
    } rows[] = {
        {"certificateIssuer=critical,DER:3003820161", "is indirect"},
        {"certificateIssuer=DER:3003820161", "is indirect"},
        {"1.2.3.4=critical,DER:0500", "unknown critical extension"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        expect_refused((struct pki_crl_order){.issuer = root,
                                              .revoked = user,
                                              .entry_extensions = rows[i].extensions},
                       rows[i].what);
    add((struct pki_crl_order){
        .issuer = root, .revoked = user, .entry_extensions = "CRLReason=DER:0A0101"});
    expect_revoked(user);
}

static void crls_over_weak_hashes_are_refused(void **state)
{
    static const struct {
        const char *hash;
        int pss, good;
    } rows[] = {{"SHA1", 0, 0},   {"MD5", 0, 0},    {"SHA1", 1, 0},
                {"SHA224", 0, 1}, {"SHA256", 1, 1}, {"SHA512", 0, 1}};
    const struct pki *rsa = pki_make((struct pki_order){
        .subject = "CN=root", .key = pki_new_key("RSA", 2048), .extensions = PKI_CA});

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct pki_crl_order order = {.issuer = rsa, .hash = rows[i].hash, .pss = rows[i].pss};

        if (rows[i].good)
            add(order);
        else
            expect_refused(order, "weak or unknown hash");
    }
}

static void a_crl_needs_no_hash_where_the_key_brings_its_own(void **state)
{
    const struct pki *ed = pki_make((struct pki_order){
        .subject = "CN=ed", .key = pki_new_key("ED25519", 0), .extensions = PKI_CA});

    (void)state;
    add_anchor(ed);
    add((struct pki_crl_order){.issuer = ed});
    expect_good(pki_user("CN=bob", ed));
}

static void a_crl_of_users_says_nothing_of_authorities_nor_the_other_way_round(void **state)
{
    const struct pki *ca = pki_ca("CN=issuing", root);
    const struct pki *bob = pki_user("CN=bob", ca);

    (void)state;
    assert_true(certificate_pool_add(fixture.token, ca->der, ca->size));
    add((struct pki_crl_order){.issuer = ca});
    add((struct pki_crl_order){.issuer = root,
                               .extensions = "issuingDistributionPoint=critical,onlyuser:TRUE"});
    expect_good(user);
    expect_not_known(bob, "there is no CRL of CN=root");
    add((struct pki_crl_order){.issuer = root,
                               .extensions = "issuingDistributionPoint=critical,onlyCA:TRUE"});
    expect_good(bob);
    crl_set_destroy(fixture.request.crls);
    fixture.request.crls = crl_set_create(fixture.crypto);
    add((struct pki_crl_order){.issuer = root,
                               .extensions = "issuingDistributionPoint=critical,onlyCA:TRUE"});
    expect_not_known(user, "there is no CRL of CN=root");
}

static void a_crl_of_one_distribution_point_is_about_those_who_name_it(void **state)
{
    static const char point[] = "issuingDistributionPoint=critical,fullname:URI:http://a/1.crl";
    const struct pki *one = pki_make(
        (struct pki_order){.subject = "CN=one",
                           .issuer = root,
                           .extensions = PKI_USER "\ncrlDistributionPoints=URI:http://a/1.crl"});
    const struct pki *two = pki_make(
        (struct pki_order){.subject = "CN=two",
                           .issuer = root,
                           .extensions = PKI_USER "\ncrlDistributionPoints=URI:http://a/2.crl"});

    (void)state;
    add((struct pki_crl_order){.issuer = root, .extensions = point});
    expect_good(one);
    expect_not_known(two, "there is no CRL");
    expect_not_known(user, "there is no CRL");
}

static void crls_come_as_pem_or_der_and_nothing_else(void **state)
{
    const struct pki_crl *one = pki_crl((struct pki_crl_order){.issuer = root});
    const struct pki_crl *two = pki_crl((struct pki_crl_order){.issuer = pki_root("CN=two")});
    char reason[REASON_SIZE] = "";
    char *both = NULL;
    const char *pem = pki_pem(root, NULL);

    (void)state;
    assert_true(asprintf(&both, "a comment\n%s%s", one->pem, two->pem) > 0);
    assert_true(crl_set_add(fixture.request.crls, both, strlen(both), reason));
    assert_int_equal(crl_set_count(fixture.request.crls), 2);
    assert_true(crl_set_add(fixture.request.crls, (const char *)one->der, one->size, reason));
    assert_int_equal(crl_set_count(fixture.request.crls), 3);
    assert_false(crl_set_add(fixture.request.crls, (const char *)one->der, one->size - 1, reason));
    assert_non_null(strstr(reason, "cannot be parsed"));
    assert_false(crl_set_add(fixture.request.crls, pem, strlen(pem), reason));
    assert_non_null(strstr(reason, "no X509 CRL"));
    assert_false(crl_set_add(fixture.request.crls, "", 0, reason));
    assert_non_null(strstr(reason, "there is no X509 CRL in it"));
    strstr(both, "-----BEGIN")[-1] = ' ';
    assert_false(crl_set_add(fixture.request.crls, both, strlen(both), reason));
    assert_non_null(strstr(reason, "a block of X509 CRL is broken"));
    free(both);
}

static void a_crl_may_be_so_short_that_its_length_takes_one_byte(void **state)
{
    const struct pki *own = pki_make((struct pki_order){
        .subject = "CN=r", .key = pki_new_key("ED25519", 0), .extensions = PKI_CA});
    const struct pki_crl *crl = pki_crl((struct pki_crl_order){.issuer = own, .has_no_end = 1});
    char reason[REASON_SIZE] = "";

    (void)state;
    assert_in_range(crl->size, 64, 129);
    if (!crl_set_add(fixture.request.crls, (const char *)crl->der, crl->size, reason))
        fail_msg("%s", reason);
    assert_false(crl_set_add(fixture.request.crls, (const char *)crl->der, crl->size - 1, reason));
}

#define ROW(name) cmocka_unit_test_setup_teardown(name, set_up, trust_tear_down)

int main(void)
{
    const struct CMUnitTest tests[] = {
        ROW(a_revoked_certificate_is_not_trusted),
        ROW(a_missing_crl_is_not_known),
        ROW(a_crl_counts_within_its_dates),
        ROW(a_crl_of_the_future_is_not_yet_valid),
        ROW(ignored_dates_are_not_those_of_crls),
        ROW(an_outdated_crl_still_proves_a_revocation),
        ROW(a_crl_may_be_no_older_than_max_age),
        ROW(a_crl_without_an_end_needs_max_age),
        ROW(a_crl_is_signed_by_the_key_that_signed_the_certificate),
        ROW(a_crl_of_the_same_name_but_another_key_stays_one),
        ROW(of_two_crls_the_newer_one_decides),
        ROW(every_certificate_but_the_anchor_is_asked_for),
        ROW(what_is_not_known_hides_no_revocation),
        ROW(a_key_that_may_not_sign_crls_proves_revocations_only),
        ROW(crls_that_do_not_speak_for_themselves_are_refused),
        ROW(crls_with_odd_entries_are_refused),
        ROW(crls_over_weak_hashes_are_refused),
        ROW(a_crl_needs_no_hash_where_the_key_brings_its_own),
        ROW(a_crl_of_users_says_nothing_of_authorities_nor_the_other_way_round),
        ROW(a_crl_of_one_distribution_point_is_about_those_who_name_it),
        ROW(crls_come_as_pem_or_der_and_nothing_else),
        ROW(a_crl_may_be_so_short_that_its_length_takes_one_byte),
    };

    return cmocka_run_group_tests(tests, trust_group_set_up, trust_group_tear_down);
}
