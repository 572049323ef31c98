// SPDX-License-Identifier: BSD-2-Clause
// A path goes from signature to signature, through authorities, to an anchor; whatever lies beside
// it.
#include "tests/unit/trust_fixture.h"

#include <stdlib.h>

static void a_certificate_of_the_anchor_is_trusted_and_says_its_path(void **state)
{
    const struct pki *root = anchor("O=Corp/CN=root");
    const struct pki *ca = pki_ca("O=Corp/CN=issuing", root);

    (void)state;
    on_token(ca);
    expect_trusted(pki_user("CN=alice", ca));
    assert_string_equal(fixture.result.path, "CN=alice < CN=issuing,O=Corp < CN=root,O=Corp");
    assert_true(fixture.result.ends == PKI_NOW + 30 * PKI_DAY);
    assert_false(fixture.result.ends_soon);
    assert_string_equal(trust_anchors_name(fixture.anchors), "corp");
}

static void intermediates_may_come_from_a_file(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *ca = pki_ca("CN=issuing", root);
    const struct pki *lower = pki_ca("CN=lower", ca);
    const char *pem = pki_pem(ca, lower, NULL);
    const struct pki *user = pki_user("CN=alice", lower);
    char reason[REASON_SIZE];

    (void)state;
    fixture.request.others = NULL;
    expect(NOT_TRUSTED, user, "no path to an anchor of corp: the issuer is CN=lower");
    assert_true(trust_anchors_add_intermediates(fixture.anchors, pem, strlen(pem), reason));
    expect_trusted(user);
}

static void an_intermediate_of_the_token_is_no_anchor(void **state)
{
    const struct pki *other = pki_root("CN=other");
    const struct pki *ca = pki_ca("CN=issuing", other);

    (void)state;
    anchor("CN=root");
    on_token(other);
    on_token(ca);
    expect(NOT_TRUSTED, pki_user("CN=alice", ca), "no path");
    expect(NOT_TRUSTED, other, "no path");
    assert_string_equal(fixture.result.path, "");
}

static void an_issuers_name_without_its_signature_proves_nothing(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *forger = pki_root("CN=forger");
    const struct pki *forged_ca = pki_make((struct pki_order){
        .subject = "CN=issuing", .issuer = forger, .issuer_name = "CN=root", .extensions = PKI_CA});
    const struct pki *forged = pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = forger, .issuer_name = "CN=root", .extensions = PKI_USER});

    (void)state;
    expect(NOT_TRUSTED, forged, "did not sign");
    on_token(forged_ca);
    expect(NOT_TRUSTED, pki_user("CN=alice", forged_ca), "did not sign");
    expect_trusted(pki_user("CN=alice", root));
}

static void a_second_certificate_of_the_key_is_judged_alone(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *other = pki_root("CN=other");
    const struct pki *own = pki_user("CN=alice", root);
    const struct pki *wrong = pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = other, .key = own->key, .extensions = PKI_USER});

    (void)state;
    on_token(own);
    on_token(other);
    expect_trusted(own);
    expect(NOT_TRUSTED, wrong, "no path");
}

static void decoys_with_an_issuers_name_do_not_hide_the_issuer(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *other = pki_root("CN=other");
    const struct pki *ca = pki_ca("CN=issuing", root);

    (void)state;
    on_token(pki_make((struct pki_order){
        .subject = "CN=issuing", .issuer = root, .to = 3000, .extensions = PKI_CA}));
    on_token(pki_ca("CN=issuing", other));
    on_token(pki_root("CN=issuing"));
    on_token(ca);
    expect_trusted(pki_user("CN=alice", ca));
    assert_string_equal(fixture.result.path, "CN=alice < CN=issuing < CN=root");
}

static void a_key_change_within_one_name_is_a_path(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *old =
        pki_make((struct pki_order){.subject = "CN=issuing",
                                    .issuer = root,
                                    .extensions = PKI_CA "\nsubjectKeyIdentifier=hash"});
    /* Without the identifiers OpenSSL takes it for self-signed. */
    const struct pki *new =
        pki_make((struct pki_order){.subject = "CN=issuing",
                                    .issuer = old,
                                    .to = 20,
                                    .extensions = PKI_CA "\nsubjectKeyIdentifier=hash\n"
                                                         "authorityKeyIdentifier=keyid"});

    (void)state;
    on_token(old);
    on_token(new);
    expect_trusted(pki_user("CN=alice", new));
    assert_string_equal(fixture.result.path, "CN=alice < CN=issuing < CN=issuing < CN=root");
}

static void a_key_change_of_the_anchor_is_a_path(void **state)
{
    const struct pki *old = pki_make((struct pki_order){
        .subject = "CN=root", .extensions = PKI_CA "\nsubjectKeyIdentifier=hash"});
    const struct pki *new =
        pki_make((struct pki_order){.subject = "CN=root",
                                    .issuer = old,
                                    .extensions = PKI_CA "\nsubjectKeyIdentifier=hash\n"
                                                         "authorityKeyIdentifier=keyid"});

    (void)state;
    add_anchor(old);
    on_token(new);
    expect_trusted(pki_user("CN=alice", new));
    assert_string_equal(fixture.result.path, "CN=alice < CN=root < CN=root");
}

static void a_renewed_anchor_goes_before_its_expired_self(void **state)
{
    const struct pki *expired =
        pki_make((struct pki_order){.subject = "CN=root", .to = -1, .extensions = PKI_CA});

    (void)state;
    add_anchor(expired);
    expect(NOT_TRUSTED, pki_user("CN=alice", expired), "CN=root has expired");
    add_anchor(pki_make(
        (struct pki_order){.subject = "CN=root", .key = expired->key, .extensions = PKI_CA}));
    expect_trusted(pki_user("CN=alice", expired));
}

static void an_anchor_is_not_issued_by_itself(void **state)
{
    (void)state;
    expect(NOT_TRUSTED, anchor("CN=root"), "no path");
}

static void an_issuer_has_the_key_identifier_that_is_named(void **state)
{
    const struct pki *root = pki_make((struct pki_order){
        .subject = "CN=root", .extensions = PKI_CA "\nsubjectKeyIdentifier=hash"});
    const char *const user = PKI_USER "\nauthorityKeyIdentifier=";
    char extensions[256];

    (void)state;
    add_anchor(root);
    snprintf(extensions, sizeof(extensions), "%skeyid", user);
    expect_trusted(pki_make(
        (struct pki_order){.subject = "CN=alice", .issuer = root, .extensions = extensions}));
    snprintf(extensions, sizeof(extensions), "%sDER:3003800101", user);
    expect(NOT_TRUSTED,
           pki_make(
               (struct pki_order){.subject = "CN=alice", .issuer = root, .extensions = extensions}),
           "no path");
}

static void of_cross_signed_authorities_the_right_path_is_found(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *foreign = pki_root("CN=foreign");
    const struct pki *own = pki_ca("CN=bridge", root);
    const struct pki *crossed = pki_make((struct pki_order){.subject = "CN=bridge",
                                                            .issuer = foreign,
                                                            .key = own->key,
                                                            .to = 3000,
                                                            .extensions = PKI_CA});
    const struct pki *expired = pki_make((struct pki_order){
        .subject = "CN=bridge", .issuer = root, .key = own->key, .to = -1, .extensions = PKI_CA});
    const struct pki *user = pki_user("CN=alice", own);

    (void)state;
    on_token(foreign);
    on_token(crossed);
    on_token(expired);
    expect(NOT_TRUSTED, user, "CN=bridge has expired");
    on_token(own);
    expect_trusted(user);
}

static void authorities_that_sign_each_other_end(void **state)
{
    const struct pki *one = pki_root("CN=one");
    const struct pki *two = pki_root("CN=two");

    (void)state;
    anchor("CN=root");
    on_token(pki_make((struct pki_order){
        .subject = "CN=one", .issuer = two, .key = one->key, .extensions = PKI_CA}));
    on_token(pki_make((struct pki_order){
        .subject = "CN=two", .issuer = one, .key = two->key, .extensions = PKI_CA}));
    expect(NOT_TRUSTED, pki_user("CN=alice", one), "no path");
}

static void an_anchor_may_be_an_intermediate(void **state)
{
    const struct pki *root = pki_root("CN=root");
    const struct pki *ca = pki_ca("CN=issuing", root);
    const struct pki *sibling = pki_ca("CN=sibling", root);

    (void)state;
    add_anchor(ca);
    on_token(root);
    on_token(sibling);
    expect_trusted(pki_user("CN=alice", ca));
    assert_string_equal(fixture.result.path, "CN=alice < CN=issuing");
    expect(NOT_TRUSTED, pki_user("CN=alice", sibling), "no path");
    expect(NOT_TRUSTED, ca, "no path");
}

static void one_file_may_hold_several_anchors(void **state)
{
    const struct pki *one = pki_root("CN=same");
    const struct pki *two = pki_root("CN=same");
    const char *pem = pki_pem(one, two, NULL);
    char reason[REASON_SIZE];

    (void)state;
    assert_true(trust_anchors_add(fixture.anchors, pem, strlen(pem), reason));
    expect_trusted(pki_user("CN=alice", one));
    expect_trusted(pki_user("CN=bob", two));
}

static void who_is_no_authority_issues_nothing(void **state)
{
    static const char *const rows[] = {PKI_USER, "basicConstraints=CA:FALSE", "",
                                       "keyUsage=critical,keyCertSign",
                                       "basicConstraints=critical,CA:TRUE\nkeyUsage=cRLSign"};
    const struct pki *root = anchor("CN=root");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct pki *ca = pki_make(
            (struct pki_order){.subject = "CN=mallory", .issuer = root, .extensions = rows[i]});

        on_token(ca);
        expect(NOT_TRUSTED, pki_user("CN=alice", ca), "no path");
    }
}

/* Eight authorities, each below the one before. */
static const struct pki *eight_below(const struct pki *last)
{
    char name[32];

    for (int i = 0; i < 8; i++) {
        snprintf(name, sizeof(name), "CN=ca %d", i);
        last = pki_ca(name, last);
        on_token(last);
    }
    return last;
}

static void of_a_path_longer_than_ten_nothing_is_known(void **state)
{
    const struct pki *last = eight_below(anchor("CN=root"));

    (void)state;
    expect_trusted(pki_user("CN=alice", last));
    last = pki_ca("CN=one more", last);
    on_token(last);
    expect(TRUST_UNKNOWN, pki_user("CN=alice", last),
           "longer than ten certificates: not all paths");
}

static void a_path_of_ten_that_ends_elsewhere_is_none(void **state)
{
    const struct pki *other = pki_root("CN=other");

    (void)state;
    anchor("CN=root");
    on_token(other);
    expect(NOT_TRUSTED, pki_user("CN=alice", eight_below(other)), "no path");
}

static void an_old_root_of_version_1_may_be_an_anchor_but_no_intermediate(void **state)
{
    const struct pki *root = pki_make((struct pki_order){.subject = "CN=old", .version = 1});
    const char *pem = pki_pem(root, NULL);
    char reason[REASON_SIZE];

    (void)state;
    add_anchor(root);
    expect_trusted(pki_user("CN=alice", root));
    assert_false(trust_anchors_add_intermediates(fixture.anchors, pem, strlen(pem), reason));
    assert_non_null(strstr(reason, "CN=old is no certificate of an authority"));
}

static void files_of_anchors_hold_authorities_and_nothing_else(void **state)
{
    const struct pki *root = pki_root("CN=root");
    const char *good = pki_pem(root, NULL);
    char *begin = NULL, *end = strdup(good), *twice = NULL;
    char reason[REASON_SIZE];

    (void)state;
    assert_true(asprintf(&begin, "%s %s", good, good) > 0);
    const struct {
        const char *text, *reason;
    } rows[] = {
        {"", "there is no CERTIFICATE in it"},
        {"nothing\n", "there is no CERTIFICATE in it"},
        {begin, "a block of CERTIFICATE is broken"},
        {end, "no CERTIFICATE in it"},
        {"-----BEGIN PRIVATE KEY-----\nMAA=\n-----END PRIVATE KEY-----\n", "no CERTIFICATE"},
        {"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n", "cannot be parsed"},
        {pki_pem(pki_user("CN=alice", root), NULL), "CN=alice is no certificate of an authority"},
        {pki_crl((struct pki_crl_order){.issuer = root})->pem, "no CERTIFICATE"},
    };

    assert_true(asprintf(&twice, "# a comment\n%s\n%s", good, good) > 0);
    assert_true(trust_anchors_add(fixture.anchors, twice, strlen(twice), reason));
    *strstr(end, "-----END") = '\0';
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        struct trust_anchors *bad = trust_anchors_create(fixture.crypto, "bad");

        reason[0] = '\0';
        assert_false(trust_anchors_add(bad, rows[i].text, strlen(rows[i].text), reason));
        if (strstr(reason, rows[i].reason) == NULL)
            fail_msg("row %zu: %s", i, reason);
        trust_anchors_destroy(bad);
    }
    free(begin);
    free(end);
    free(twice);
}

static void too_many_paths_are_unknown(void **state)
{
    const struct pki *keys[7];
    char name[8];

    (void)state;
    anchor("CN=root");
    for (size_t i = 0; i < 7; i++) {
        snprintf(name, sizeof(name), "CN=%zu", i);
        keys[i] = pki_root(name);
    }
    for (size_t i = 0; i < 49; i++) {
        snprintf(name, sizeof(name), "CN=%zu", i / 7);
        if (i / 7 != i % 7)
            on_token(pki_make((struct pki_order){.subject = name,
                                                 .issuer = keys[i % 7],
                                                 .key = keys[i / 7]->key,
                                                 .extensions = PKI_CA}));
    }
    expect(TRUST_UNKNOWN, pki_user("CN=alice", keys[0]), "too many certificates have the names of its issuers");
}

static void a_token_of_200_certificates_shows_the_right_ones(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *users[180];
    char name[32];

    (void)state;
    for (size_t i = 0; i < 20; i++) {
        const struct pki *issuer = i % 2 == 0 ? root : pki_root("CN=root");
        const struct pki *ca = pki_ca(i < 4 ? "CN=issuing" : "CN=other issuing", issuer);

        on_token(ca);
        for (size_t j = 0; j < 9; j++) {
            snprintf(name, sizeof(name), "CN=user %zu", i * 9 + j);
            users[i * 9 + j] = pki_user(name, ca);
            on_token(users[i * 9 + j]);
        }
    }
    assert_int_equal(certificate_pool_count(fixture.token), 200);
    for (size_t i = 0; i < 180; i++) {
        verify(users[i]);
        assert_int_equal(fixture.result.verdict, i / 9 % 2 == 0 ? TRUSTED : NOT_TRUSTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUST_TEST(a_certificate_of_the_anchor_is_trusted_and_says_its_path),
        TRUST_TEST(intermediates_may_come_from_a_file),
        TRUST_TEST(an_intermediate_of_the_token_is_no_anchor),
        TRUST_TEST(an_issuers_name_without_its_signature_proves_nothing),
        TRUST_TEST(a_second_certificate_of_the_key_is_judged_alone),
        TRUST_TEST(decoys_with_an_issuers_name_do_not_hide_the_issuer),
        TRUST_TEST(a_key_change_within_one_name_is_a_path),
        TRUST_TEST(a_key_change_of_the_anchor_is_a_path),
        TRUST_TEST(a_renewed_anchor_goes_before_its_expired_self),
        TRUST_TEST(an_anchor_is_not_issued_by_itself),
        TRUST_TEST(an_issuer_has_the_key_identifier_that_is_named),
        TRUST_TEST(of_cross_signed_authorities_the_right_path_is_found),
        TRUST_TEST(authorities_that_sign_each_other_end),
        TRUST_TEST(an_anchor_may_be_an_intermediate),
        TRUST_TEST(one_file_may_hold_several_anchors),
        TRUST_TEST(who_is_no_authority_issues_nothing),
        TRUST_TEST(of_a_path_longer_than_ten_nothing_is_known),
        TRUST_TEST(a_path_of_ten_that_ends_elsewhere_is_none),
        TRUST_TEST(an_old_root_of_version_1_may_be_an_anchor_but_no_intermediate),
        TRUST_TEST(files_of_anchors_hold_authorities_and_nothing_else),
        TRUST_TEST(too_many_paths_are_unknown),
        TRUST_TEST(a_token_of_200_certificates_shows_the_right_ones),
    };

    return cmocka_run_group_tests(tests, trust_group_set_up, trust_group_tear_down);
}
