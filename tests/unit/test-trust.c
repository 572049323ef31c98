// SPDX-License-Identifier: BSD-2-Clause
// A certificate is trusted only by a path each part of which may do what it does there.
#include "tests/unit/trust_fixture.h"

#include <stdlib.h>

static void dates_are_those_of_the_moment_asked_about(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *expired = pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = root, .to = -2, .extensions = PKI_USER});
    const struct pki *early = pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = root, .from = 1, .extensions = PKI_USER});

    (void)state;
    expect(NOT_TRUSTED, expired, "CN=alice has expired");
    expect(NOT_TRUSTED, early, "CN=alice is not yet valid");
    fixture.request.grace = PKI_DAY;
    expect(NOT_TRUSTED, expired, "CN=alice has expired");
    fixture.request.grace = 2 * PKI_DAY;
    expect_trusted(expired);
    assert_true(fixture.result.ends_soon);
    expect(NOT_TRUSTED, early, "CN=alice is not yet valid");
    fixture.request.grace = 0;
    fixture.request.ignore_dates = true;
    expect_trusted(expired);
    expect_trusted(early);
    fixture.request.ignore_dates = false;
    fixture.request.now = PKI_NOW + 2 * PKI_DAY;
    expect_trusted(early);
    fixture.request.now = PKI_NOW - 3 * PKI_DAY;
    expect_trusted(expired);
}

static void dates_are_looked_at_in_the_whole_path(void **state)
{
    const struct pki *root = pki_make(
        (struct pki_order){.subject = "CN=root", .from = -90, .to = 3, .extensions = PKI_CA});
    const struct pki *ca = pki_make((struct pki_order){
        .subject = "CN=issuing", .issuer = root, .from = -2, .to = 2, .extensions = PKI_CA});
    const struct pki *user = pki_user("CN=alice", ca);

    (void)state;
    add_anchor(root);
    on_token(ca);
    expect_trusted(user);
    assert_true(fixture.result.ends == PKI_NOW + 2 * PKI_DAY && !fixture.result.ends_soon);
    fixture.request.now = PKI_NOW + 2 * PKI_DAY + 1;
    expect(NOT_TRUSTED, user, "CN=issuing has expired");
    fixture.request.grace = 2 * PKI_DAY;
    fixture.request.now = PKI_NOW + 3 * PKI_DAY + 1;
    expect_trusted(user);
    fixture.request.grace = PKI_DAY + 1;
    fixture.request.now = PKI_NOW - 3 * PKI_DAY;
    expect(NOT_TRUSTED, user, "CN=issuing is not yet valid");
}

static void an_expired_anchor_is_none(void **state)
{
    const struct pki *root =
        pki_make((struct pki_order){.subject = "CN=root", .to = -1, .extensions = PKI_CA});

    (void)state;
    add_anchor(root);
    expect(NOT_TRUSTED, pki_user("CN=alice", root), "CN=root has expired");
}

static void dates_may_lie_centuries_away(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *old = pki_make((struct pki_order){.subject = "CN=alice",
                                                        .issuer = root,
                                                        .from = -46000,
                                                        .to = 2900000,
                                                        .extensions = PKI_USER});
    const struct pki *past = pki_make((struct pki_order){.subject = "CN=alice",
                                                         .issuer = root,
                                                         .from = -30000,
                                                         .to = -25000,
                                                         .extensions = PKI_USER});

    (void)state;
    expect_trusted(old);
    expect(NOT_TRUSTED, past, "CN=alice has expired");
    fixture.request.ignore_dates = true;
    expect_trusted(past);
    assert_true(fixture.result.ends == PKI_NOW - (time_t)25000 * PKI_DAY);
}

static void the_end_is_announced(void **state)
{
    const struct pki *user = pki_user("CN=alice", anchor("CN=root"));

    (void)state;
    fixture.request.warn_before = 30 * PKI_DAY;
    expect_trusted(user);
    assert_false(fixture.result.ends_soon);
    fixture.request.warn_before++;
    expect_trusted(user);
    assert_true(fixture.result.ends_soon);
}

static const struct pki *with_usage(const struct pki *issuer, const char *extensions)
{
    return pki_make(
        (struct pki_order){.subject = "CN=alice", .issuer = issuer, .extensions = extensions});
}

static void a_purpose_must_be_allowed_by_the_certificate(void **state)
{
    static const struct {
        const char *extensions;
        bool client, smartcard;
    } rows[] = {
        {PKI_USER, true, true},
        {PKI_USER "\nextendedKeyUsage=clientAuth", true, false},
        {PKI_USER "\nextendedKeyUsage=msSmartcardLogin", false, true},
        {PKI_USER "\nextendedKeyUsage=clientAuth,msSmartcardLogin", true, true},
        {PKI_USER "\nextendedKeyUsage=anyExtendedKeyUsage", true, true},
        {PKI_USER "\nextendedKeyUsage=critical,serverAuth", false, false},
        {PKI_USER "\nextendedKeyUsage=1.2.3.4", false, false},
        {"basicConstraints=CA:FALSE", true, true},
        {"keyUsage=keyEncipherment\nextendedKeyUsage=clientAuth", false, false},
    };
    const struct pki *root = anchor("CN=root");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        const struct pki *user = with_usage(root, rows[i].extensions);

        fixture.request.purposes = 0;
        expect_trusted(user);
        fixture.request.purposes = TRUST_CLIENT_AUTH;
        verify(user);
        assert_int_equal(fixture.result.verdict == TRUSTED, rows[i].client);
        fixture.request.purposes = TRUST_SMARTCARD_LOGIN;
        verify(user);
        assert_int_equal(fixture.result.verdict == TRUSTED, rows[i].smartcard);
        fixture.request.purposes = TRUST_CLIENT_AUTH | TRUST_SMARTCARD_LOGIN;
        verify(user);
        assert_int_equal(fixture.result.verdict == TRUSTED, rows[i].client || rows[i].smartcard);
    }
}

static void a_purpose_must_be_allowed_by_the_whole_path(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *ca = pki_make((struct pki_order){
        .subject = "CN=web", .issuer = root, .extensions = PKI_CA "\nextendedKeyUsage=serverAuth"});
    const struct pki *mail =
        pki_make((struct pki_order){.subject = "CN=half",
                                    .issuer = root,
                                    .extensions = PKI_CA "\nextendedKeyUsage=clientAuth"});

    (void)state;
    on_token(ca);
    on_token(mail);
    fixture.request.purposes = TRUST_CLIENT_AUTH | TRUST_SMARTCARD_LOGIN;
    expect(NOT_TRUSTED, with_usage(ca, PKI_USER "\nextendedKeyUsage=clientAuth"),
           "CN=web is for another purpose");
    expect(NOT_TRUSTED, with_usage(mail, PKI_USER "\nextendedKeyUsage=msSmartcardLogin"),
           "is for another purpose");
    expect_trusted(with_usage(mail, PKI_USER));
}

static void a_path_may_be_no_longer_than_its_authorities_say(void **state)
{
    const struct pki *root = pki_make((struct pki_order){
        .subject = "CN=root",
        .extensions = "basicConstraints=critical,CA:TRUE,pathlen:0\nkeyUsage=keyCertSign"});
    const struct pki *ca = pki_ca("CN=issuing", root);

    (void)state;
    add_anchor(root);
    on_token(ca);
    expect_trusted(pki_user("CN=alice", root));
    expect(NOT_TRUSTED, pki_user("CN=alice", ca), "path length");
}

static void names_are_constrained(void **state)
{
    static const struct {
        const char *constraint, *extensions;
        bool good;
    } rows[] = {
        {"permitted;email:corp.example", "subjectAltName=email:a@corp.example", true},
        {"permitted;email:corp.example", "subjectAltName=email:a@evil.example", false},
        {"excluded;email:evil.example", "subjectAltName=email:a@evil.example", false},
        {"permitted;DNS:corp.example", "subjectAltName=DNS:a.corp.example", true},
        {"permitted;DNS:corp.example", "subjectAltName=DNS:a.evil.example", false},
        {"permitted;DNS:corp.example", "subjectAltName=DNS:a.corp.example,DNS:evil", false},
        {"permitted;email:corp.example", "subjectAltName=otherName:msUPN;UTF8:a@corp", true},
        {"permitted;otherName:msUPN;UTF8:corp", "subjectAltName=otherName:msUPN;UTF8:a@corp",
         false},
    };
    const struct pki *root = anchor("CN=root");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        char name[32];
        char extensions[256];
        const struct pki *ca;

        snprintf(name, sizeof(name), "CN=constrained %zu", i);
        snprintf(extensions, sizeof(extensions), "%s\nnameConstraints=critical,%s", PKI_CA,
                 rows[i].constraint);
        ca =
            pki_make((struct pki_order){.subject = name, .issuer = root, .extensions = extensions});
        on_token(ca);
        verify(with_usage(ca, rows[i].extensions));
        if ((fixture.result.verdict == TRUSTED) != rows[i].good)
            fail_msg("row %zu: %d %s", i, (int)fixture.result.verdict, fixture.result.reason);
    }
}

static void a_demanded_policy_must_be_there(void **state)
{
    const struct pki *root = anchor("CN=root");
    const struct pki *ca = pki_make(
        (struct pki_order){.subject = "CN=strict",
                           .issuer = root,
                           .extensions = PKI_CA "\ncertificatePolicies=DER:3007300506032A0304\n"
                                                "policyConstraints=critical,"
                                                "requireExplicitPolicy:0"});

    (void)state;
    on_token(ca);
    expect_trusted(with_usage(ca, PKI_USER "\ncertificatePolicies=DER:3007300506032A0304"));
    expect(NOT_TRUSTED, with_usage(ca, PKI_USER), "policy");
}

static void an_unknown_critical_extension_is_refused(void **state)
{
    const struct pki *root = anchor("CN=root");

    (void)state;
    expect_trusted(with_usage(root, PKI_USER "\n1.2.3.4=DER:0500"));
    expect(NOT_TRUSTED, with_usage(root, PKI_USER "\n1.2.3.4=critical,DER:0500"),
           "unhandled critical extension");
}

static void of_broken_extensions_nothing_is_known(void **state)
{
    const struct pki *root = anchor("CN=root");

    (void)state;
    expect(TRUST_UNKNOWN, with_usage(root, "subjectAltName=DER:040100"), "broken extensions");
    expect(TRUST_UNKNOWN, with_usage(root, PKI_USER "\nsubjectAltName=DNS:a\nsubjectAltName=DNS:b"),
           "broken extensions");
    expect(TRUST_UNKNOWN, with_usage(root, PKI_USER "\nextendedKeyUsage=DER:300506"),
           "broken extensions");
}

static void signatures_over_weak_hashes_are_refused(void **state)
{
    static const char *const hashes[] = {"SHA1", "MD5"};
    const struct pki *root = anchor("CN=root");
    EVP_PKEY *key = pki_new_key("RSA", 2048);

    (void)state;
    for (size_t i = 0; i < sizeof(hashes) / sizeof(hashes[0]); i++) {
        const struct pki *ca = pki_make((struct pki_order){
            .subject = "CN=old", .key = key, .hash = hashes[i], .extensions = PKI_CA});
        const struct pki *weak = pki_make((struct pki_order){
            .subject = "CN=alice", .issuer = ca, .hash = hashes[i], .extensions = PKI_USER});

        add_anchor(ca);
        expect(NOT_TRUSTED, weak, "digest algorithm too weak");
        /* The anchor's own signature proves nothing. */
        expect_trusted(pki_user("CN=alice", ca));
    }
    expect_trusted(pki_make((struct pki_order){
        .subject = "CN=alice", .issuer = root, .hash = "SHA224", .extensions = PKI_USER}));
}

static void weak_keys_are_refused(void **state)
{
    static const struct {
        const char *type;
        unsigned bits;
        bool good;
    } rows[] = {{"RSA", 1024, false},
                {"RSA", 1536, false},
                {"RSA", 2048, true},
                {"P-192", 0, false},
                {"P-224", 0, true}};
    const struct pki *root = anchor("CN=root");

    (void)state;
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        EVP_PKEY *key = pki_new_key(rows[i].type, rows[i].bits);
        const struct pki *user = pki_make((struct pki_order){
            .subject = "CN=alice", .issuer = root, .key = key, .extensions = PKI_USER});
        const struct pki *ca = pki_make((struct pki_order){
            .subject = "CN=ca", .issuer = root, .key = key, .extensions = PKI_CA});

        verify(user);
        assert_int_equal(fixture.result.verdict == TRUSTED, rows[i].good);
        assert_true(rows[i].good || strstr(fixture.result.reason, "key too weak") != NULL);
        on_token(ca);
        verify(pki_user("CN=bob", ca));
        assert_int_equal(fixture.result.verdict == TRUSTED, rows[i].good);
    }
}

static void an_anchor_with_a_weak_key_is_none(void **state)
{
    const struct pki *root = pki_make((struct pki_order){
        .subject = "CN=root", .key = pki_new_key("RSA", 1024), .extensions = PKI_CA});

    (void)state;
    add_anchor(root);
    expect(NOT_TRUSTED, pki_user("CN=alice", root), "key too weak");
}

static void what_is_no_certificate_is_unknown(void **state)
{
    const struct pki *user = pki_user("CN=alice", anchor("CN=root"));
    unsigned char *longer = calloc(1, user->size + 1);

    (void)state;
    trust_verify(fixture.crypto, &fixture.request, "", 0, &fixture.result);
    assert_int_equal(fixture.result.verdict, TRUST_UNKNOWN);
    trust_verify(fixture.crypto, &fixture.request, user->der, user->size - 1, &fixture.result);
    assert_int_equal(fixture.result.verdict, TRUST_UNKNOWN);
    memcpy(longer, user->der, user->size);
    trust_verify(fixture.crypto, &fixture.request, longer, user->size + 1, &fixture.result);
    assert_int_equal(fixture.result.verdict, TRUST_UNKNOWN);
    assert_false(certificate_pool_add(fixture.token, longer, user->size + 1));
    free(longer);
}

static void hostile_names_leave_the_reason_short_and_printable(void **state)
{
    char name[600] = "CN=\x1b[2J\x7f\xc2\x9b\xe2\x80\xae";
    const struct pki *user;

    (void)state;
    anchor("CN=root");
    for (size_t i = strlen(name); i + 9 < sizeof(name); i += 9)
        snprintf(name + i, sizeof(name) - i, "/OU=%05zu", i);
    user = pki_make(
        (struct pki_order){.subject = "CN=alice", .issuer_name = name, .extensions = PKI_USER});
    expect(NOT_TRUSTED, user, "no path");
    for (const char *at = fixture.result.reason; *at != '\0'; at++)
        assert_true(*at >= 0x20 && *at < 0x7f);
    assert_true(strlen(fixture.result.reason) < REASON_SIZE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRUST_TEST(dates_are_those_of_the_moment_asked_about),
        TRUST_TEST(dates_are_looked_at_in_the_whole_path),
        TRUST_TEST(an_expired_anchor_is_none),
        TRUST_TEST(dates_may_lie_centuries_away),
        TRUST_TEST(the_end_is_announced),
        TRUST_TEST(a_purpose_must_be_allowed_by_the_certificate),
        TRUST_TEST(a_purpose_must_be_allowed_by_the_whole_path),
        TRUST_TEST(a_path_may_be_no_longer_than_its_authorities_say),
        TRUST_TEST(names_are_constrained),
        TRUST_TEST(a_demanded_policy_must_be_there),
        TRUST_TEST(an_unknown_critical_extension_is_refused),
        TRUST_TEST(of_broken_extensions_nothing_is_known),
        TRUST_TEST(signatures_over_weak_hashes_are_refused),
        TRUST_TEST(weak_keys_are_refused),
        TRUST_TEST(an_anchor_with_a_weak_key_is_none),
        TRUST_TEST(what_is_no_certificate_is_unknown),
        TRUST_TEST(hostile_names_leave_the_reason_short_and_printable),
    };

    return cmocka_run_group_tests(tests, trust_group_set_up, trust_group_tear_down);
}
