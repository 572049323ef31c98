// SPDX-License-Identifier: BSD-2-Clause
// Every selector of `certificate`, true, false and unknown (policy.md 4), and which certificates a
// key is shown with.
#include "tests/unit/certificates_fixture.h"
#include "tests/unit/match_fixture.h"

#include <stdlib.h>
#include <string.h>

#define BADGE "cert RSA_A 01 x509=badge"
#define PLAIN "cert RSA_A 01 x509=plain"

static void a_key_has_a_certificate_or_has_none(void **state)
{
    static const struct example examples[] = {
        {"certificate: {present: true}", BADGE, 0, T},
        {"certificate: {present: false}", BADGE, 0, F},
        {"certificate: {present: true}", "public RSA_A 01", 0, F},
        {"certificate: {present: false}", "public RSA_A 01", 0, T},
        {"certificate: {present: false}", "public RSA_A 01", NO_GROUP, U},
        {"certificate: {subject: {CN: alice}}", "public RSA_A 01", AFTER_LOGIN, U},
        {"certificate: {subject: {CN: alice}}", BADGE, NO_GROUP, U},
        {"certificate: {subject: {CN: alice}}", "cert RSA_A 01", 0, U},
        {"certificate: {self_signed: false}", BADGE, 0, T},
        {"certificate: {self_signed: true}", BADGE, 0, F},
        {"certificate: {self_signed: false}", "public RSA_A 01", 0, U},
        {"certificate: {sha256: \"00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff:"
         "00:11:22:33:44:55:66:77:88:99:aa:bb:cc:dd:ee:ff\"}",
         BADGE, 0, F},
        {"certificate: {signature: ecdsa-with-SHA256}", BADGE, 0, T},
        {"certificate: {signature: [sha1WithRSAEncryption, 1.2.840.10045.4.3.2]}", BADGE, 0, T},
        {"certificate: {signature: sha1WithRSAEncryption}", BADGE, 0, F},
    };

    (void)state;
    CHECK(examples);
}

static void a_whole_name_is_the_text_of_rfc_4514(void **state)
{
    static const struct example examples[] = {
        {"certificate: {subject: \"CN=alice,OU=Staff,O=SSH,C=FI\"}", BADGE, 0, T},
        {"certificate: {subject: \"cn=ALICE, ou=staff, o=ssh, c=fi\"}", BADGE, 0, T},
        {"certificate: {subject: \"2.5.4.3=alice,OID.2.5.4.11=Staff,O=SSH,C=FI\"}", BADGE, 0, T},
        {"certificate: {subject: \"CN=%u,OU=Staff,O=SSH,C=FI\"}", BADGE, 0, F},
        {"certificate: {subject: \"CN=\\\\61lice,OU=Staff,O=SSH,C=FI\"}", BADGE, 0, T},
        {"certificate: {subject: \"CN=alice,O=SSH,OU=Staff,C=FI\"}", BADGE, 0, F},
        {"certificate: {subject: \"CN=alice\"}", BADGE, 0, F},
        {"certificate: {subject: \"CN=alice+OU=Staff,O=SSH,C=FI\"}", BADGE, 0, F},
        {"certificate: {subject: [CN=bob, \"CN=alice,OU=Staff,O=SSH,C=FI\"]}", BADGE, 0, T},
        {"certificate: {subject: [CN=bob, {O: SSH}]}", BADGE, 0, T},
        {"certificate: {issuer: \"CN=ca,O=SSH,C=FI\"}", BADGE, 0, T},
        {"certificate: {issuer: \"CN=ca,O=SSH\"}", BADGE, 0, F},
        {"certificate: {subject: \"UID=c1+CN=carol,OU=b,OU=a,O=SSH\"}",
         "cert RSA_A 01 x509=several", 0, T},
        {"certificate: {subject: \"CN=carol+UID=c1,OU=b,OU=a,O=SSH\"}",
         "cert RSA_A 01 x509=several", 0, T},
        {"certificate: {subject: \"CN=carol,UID=c1,OU=b,OU=a,O=SSH\"}",
         "cert RSA_A 01 x509=several", 0, F},
        {"certificate: {subject: 'O=\\ x\\ ,CN=a\\,b\\+c \\\"d\\\" \\<e\\>\\\\#'}",
         "cert RSA_A 01 x509=signs", 0, T},
        {"certificate: {subject: 'O=\\ x\\ ,CN=a\\2Cb\\+c \\22d\\\" \\<e\\>\\5c#'}",
         "cert RSA_A 01 x509=signs", 0, T},
        {"certificate: {subject: \"CN=zoë\"}", "cert RSA_A 01 x509=bmp", 0, T},
        {"certificate: {subject: \"CN=zoë\"}", "cert RSA_A 01 x509=t61", 0, T},
        {"certificate: {subject: \"CN=alice,O=SSH\"}", "cert RSA_A 01 x509=nul", 0, U},
        {"certificate: {subject: \"CN=x\"}", "cert RSA_A 01 x509=nameless", 0, U},
    };

    (void)state;
    CHECK(examples);
}

static void a_map_asks_for_attributes_of_a_name_one_by_one(void **state)
{
    static const struct example examples[] = {
        {"certificate: {subject: {CN: alice}}", BADGE, 0, T},
        {"certificate: {subject: {CN: Alice}}", BADGE, 0, T},
        {"certificate: {subject: {commonName: alice, C: fi}}", BADGE, 0, T},
        {"certificate: {subject: {2.5.4.3: alice}}", BADGE, 0, T},
        {"certificate: {subject: {CN: alice, O: other}}", BADGE, 0, F},
        {"certificate: {subject: {CN: [bob, alice]}}", BADGE, 0, T},
        {"certificate: {subject: {CN: {glob: \"AL*\"}}}", BADGE, 0, T},
        {"certificate: {subject: {CN: {re: \"AL[A-Z]+\"}}}", BADGE, 0, T},
        {"certificate: {subject: {CN: {re: \"b.*\"}}}", BADGE, 0, F},
        {"certificate: {subject: {CN: al}}", BADGE, 0, F},
        {"certificate: {subject: {L: {glob: \"*\"}}}", BADGE, 0, F},
        {"certificate: {issuer: {CN: ca}}", BADGE, 0, T},
        {"certificate: {issuer: {CN: alice}}", BADGE, 0, F},
        {"certificate: {subject: {OU: a}}", "cert RSA_A 01 x509=several", 0, T},
        {"certificate: {subject: {OU: b, UID: c1, CN: carol}}", "cert RSA_A 01 x509=several", 0, T},
        {"certificate: {subject: {OU: c}}", "cert RSA_A 01 x509=several", 0, F},
        {"certificate: {subject: {CN: zoë}}", "cert RSA_A 01 x509=bmp", 0, T},
        {"certificate: {subject: {CN: zoë}}", "cert RSA_A 01 x509=t61", 0, T},
        {"certificate: {subject: {CN: {glob: \"*\"}}}", "cert RSA_A 01 x509=nul", 0, U},
        {"certificate: {subject: {CN: alice}}", "cert RSA_A 01 x509=nul", 0, U},
        {"certificate: {subject: {O: SSH}}", "cert RSA_A 01 x509=nul", 0, T},
        {"certificate: {subject: {CN: alice, O: SSH}}", "cert RSA_A 01 x509=nul", 0, U},
        {"certificate: {subject: {O: SSH, CN: alice}}", "cert RSA_A 01 x509=nul", 0, U},
        {"certificate: {subject: {CN: alice, O: other}}", "cert RSA_A 01 x509=nul", 0, F},
        {"certificate: {subject: {CN: x}}", "cert RSA_A 01 x509=nameless", 0, U},
        {"certificate: {issuer: {O: SSH}, subject: {O: SSH}}", BADGE, 0, T},
    };

    (void)state;
    CHECK(examples);
}

static void a_serial_number_is_that_of_an_issuer(void **state)
{
    static const struct example examples[] = {
        {"certificate: {issuer: {CN: ca}, serial: 123456}", BADGE, 0, T},
        {"certificate: {issuer: {CN: ca}, serial: 0x1e240}", BADGE, 0, T},
        {"certificate: {issuer: {CN: ca}, serial: \"01:E2:40\"}", BADGE, 0, T},
        {"certificate: {issuer: {CN: ca}, serial: [1, 123456]}", BADGE, 0, T},
        {"certificate: {issuer: {CN: ca}, serial: 12345}", BADGE, 0, F},
        {"certificate: {issuer: {CN: other}, serial: 123456}", BADGE, 0, F},
        {"certificate: {issuer: {CN: ca}, serial: 123456}", "public RSA_A 01", 0, U},
    };

    (void)state;
    CHECK(examples);
}

static void alternative_names_are_those_of_the_certificate(void **state)
{
    static const struct example examples[] = {
        {"certificate: {san: {email: Alice@ssh.example}}", BADGE, 0, T},
        {"certificate: {san: {email: Alice@SSH.EXAMPLE}}", BADGE, 0, T},
        {"certificate: {san: {email: alice@ssh.example}}", BADGE, 0, F},
        {"certificate: {san: {email: {glob: \"*@SSH.example\"}}}", BADGE, 0, T},
        {"certificate: {san: {email: {re: \".*@ssh[.]example\"}}}", BADGE, 0, T},
        {"certificate: {san: {email: {glob: \"*@ssh\"}}}", BADGE, 0, F},
        {"certificate: {san: {email: [x@y, al@other.example]}}", BADGE, 0, T},
        {"certificate: {san: {upn: alice@ssh}}", BADGE, 0, T},
        {"certificate: {san: {upn: Alice@ssh}}", BADGE, 0, F},
        {"certificate: {san: {dns: box.EXAMPLE}}", BADGE, 0, T},
        {"certificate: {san: {dns: example}}", BADGE, 0, F},
        {"certificate: {san: {uri: \"https://ssh.example/Alice\"}}", BADGE, 0, T},
        {"certificate: {san: {uri: \"https://ssh.example/alice\"}}", BADGE, 0, F},
        {"certificate: {san: {ip: 10.1.2.3}}", BADGE, 0, T},
        {"certificate: {san: {ip: \"2001:DB8::1\"}}", BADGE, 0, T},
        {"certificate: {san: {ip: 10.1.2.30}}", BADGE, 0, F},
        {"certificate: {san: {kerberos: alice/admin@SSH.EXAMPLE}}", BADGE, 0, T},
        {"certificate: {san: {kerberos: alice/admin@ssh.example}}", BADGE, 0, F},
        {"certificate: {san: {registered_id: 1.2.3.4}}", BADGE, 0, T},
        {"certificate: {san: {registered_id: 1.2.3}}", BADGE, 0, F},
        {"certificate: {san: {directory: {O: one}}}", BADGE, 0, T},
        {"certificate: {san: {directory: {O: one, CN: first}}}", BADGE, 0, T},
        {"certificate: {san: {directory: {O: one, CN: second}}}", BADGE, 0, F},
        {"certificate: {san: {directory: \"CN=second,O=Two\"}}", BADGE, 0, T},
        {"certificate: {san: {other: {oid: 1.2.3.5, value: data}}}", BADGE, 0, T},
        {"certificate: {san: {other: {oid: 1.2.3.5, value: [x, {glob: \"d*\"}]}}}", BADGE, 0, T},
        {"certificate: {san: {other: {oid: 1.2.3.5, value: Data}}}", BADGE, 0, F},
        {"certificate: {san: {other: {oid: 1.2.3.6, value: data}}}", BADGE, 0, U},
        {"certificate: {san: {upn: alice@ssh, dns: box.example}}", BADGE, 0, T},
        {"certificate: {san: {upn: alice@ssh, dns: other.example}}", BADGE, 0, F},
        {"certificate: {san: {email: x@y}}", PLAIN, 0, U},
        {"certificate: {san: {upn: x@y}}", PLAIN, 0, U},
        {"certificate: {san: {directory: {O: x}}}", PLAIN, 0, U},
        {"certificate: {san: {email: x@y}}", "cert RSA_A 01 x509=broken", 0, U},
        {"certificate: {san: {email: al@ssh.example}}", "cert RSA_A 01 x509=nuls", 0, U},
        {"certificate: {san: {email: {glob: \"*\"}}}", "cert RSA_A 01 x509=nuls", 0, U},
    };

    (void)state;
    CHECK(examples);
}

static void usages_and_policies_are_all_any_or_none_of_some(void **state)
{
    static const struct example examples[] = {
        {"certificate: {key_usage: {all_of: [digitalSignature]}}", BADGE, 0, T},
        {"certificate: {key_usage: {all_of: [digitalSignature, keyAgreement]}}", BADGE, 0, F},
        {"certificate: {key_usage: {any_of: [digitalSignature, keyAgreement]}}", BADGE, 0, T},
        {"certificate: {key_usage: {none_of: [keyAgreement]}}", BADGE, 0, T},
        {"certificate: {key_usage: {none_of: [keyAgreement, digitalSignature]}}", BADGE, 0, F},
        {"certificate: {key_usage: {none_of: keyAgreement}}", PLAIN, 0, U},
        {"certificate: {key_usage: {any_of: keyAgreement}}", "cert RSA_A 01 x509=broken", 0, U},
        {"certificate: {extended_key_usage: {any_of: [clientAuth, msSmartcardLogin]}}", BADGE, 0,
         T},
        {"certificate: {extended_key_usage: {all_of: [clientAuth, msSmartcardLogin]}}", BADGE, 0,
         T},
        {"certificate: {extended_key_usage: {all_of: [clientAuth, serverAuth]}}", BADGE, 0, F},
        {"certificate: {extended_key_usage: {any_of: 1.3.6.1.5.5.7.3.2}}", BADGE, 0, T},
        {"certificate: {extended_key_usage: {any_of: clientAuth, none_of: codeSigning}}", BADGE, 0,
         T},
        {"certificate: {extended_key_usage: {none_of: clientAuth}}", BADGE, 0, F},
        {"certificate: {extended_key_usage: {any_of: clientAuth}}", PLAIN, 0, U},
        {"certificate: {policy: {any_of: [1.3.6.1.4.1.99.2]}}", BADGE, 0, T},
        {"certificate: {policy: {all_of: [1.3.6.1.4.1.99.2, 1.3.6.1.4.1.99.3]}}", BADGE, 0, F},
        {"certificate: {policy: {none_of: anyPolicy}}", BADGE, 0, T},
        {"certificate: {policy: {none_of: anyPolicy}}", PLAIN, 0, U},
    };

    (void)state;
    CHECK(examples);
}

/* The text is compared and freed. */
static void expect_shown(const char *token, bool logged_in, const char *policy,
                         const char *expected)
{
    char *shown = fixture_show(token, logged_in, policy);

    if (strcmp(shown, expected) != 0)
        fail_msg("%s under %s shows %s, not %s", token, policy, shown, expected);
    free(shown);
}

static void a_key_is_shown_with_the_certificates_that_pass(void **state)
{
    static const char both[] = "private RSA_A 01, public RSA_A 01, cert RSA_A 01 x509=plain, "
                               "cert RSA_A 01 x509=badge";
    static const char made[] =
        "private RSA_A 02, cert RSA_A 01 label=bob x509=plain, cert RSA_A 02 x509=badge";
    static const struct {
        const char *token, *policy, *shown;
    } examples[] = {
        {both, "allow: all", "RSA_A:01(public cert cert private)"},
        {both, "allow: [{certificate: {subject: {CN: alice}}}]", "RSA_A:01(public cert private)"},
        {both, "allow: [{certificate: {subject: {CN: [alice, bob]}}}]",
         "RSA_A:01(public cert cert private)"},
        {both, "allow: [{certificate: {subject: {CN: carol}}}]", ""},
        /* what one has and what the other has do not add up */
        {both,
         "allow: [{certificate: {subject: {CN: bob}}}]\n"
         "require: [{certificate: {san: {upn: alice@ssh}}}]",
         ""},
        {both,
         "allow: [{certificate: {subject: {CN: alice}}}]\n"
         "require: [{certificate: {san: {upn: alice@ssh}}}]",
         "RSA_A:01(public cert private)"},
        {both, "allow: all\ndeny: [{certificate: {subject: {CN: bob}}}]",
         "RSA_A:01(public cert private)"},
        {both, "allow: all\ndeny: [{not: {certificate: {subject: {CN: alice}}}}]",
         "RSA_A:01(public cert private)"},
        {both, "allow: [{certificate: {present: false}}]", ""},
        {"private RSA_A 01, public RSA_A 01",
         "allow: all\ndeny: [{not: {certificate: {subject: {CN: alice}}}}]", ""},
        {"private RSA_A 01, public RSA_A 01", "allow: [{certificate: {present: false}}]",
         "RSA_A:01(public private)"},
        {"private RSA_A 01, public RSA_A 01", "allow: all\ndeny: [{certificate: {present: false}}]",
         ""},
        /* neither the id nor the label of a hidden certificate is shown */
        {made, "allow: all", "RSA_A:01(made cert cert private)"},
        {made, "allow: [{certificate: {subject: {CN: alice}}}]", "RSA_A:02(made cert private)"},
        /* the first of the rules gives the options, whatever the order on the token */
        {both,
         "allow: [{certificate: {subject: {CN: alice}}, use: {expose_certificate: false}}, "
         "{certificate: {present: true}}]",
         "RSA_A:01(public private)"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        expect_shown(examples[i].token, true, examples[i].policy, examples[i].shown);
}

static void before_login_a_certificate_stands_for_its_private_key(void **state)
{
    static const char policy[] = "allow: [{certificate: {issuer: {CN: ca}}}]";

    (void)state;
    expect_shown("private RSA_A 01, cert RSA_A 01 x509=badge", false, policy,
                 "RSA_A:01(made cert)");
    expect_shown("private RSA_A 01, ca RSA_A 01 x509=badge", false, policy, "");
    expect_shown("private RSA_A 01, ca RSA_A 01 x509=badge", true, policy,
                 "RSA_A:01(made ca private)");
    expect_shown("cert RSA_A 01 x509=badge", true, policy, "");
}

/* The exposures of two policies, of which one narrows the other. */
static void expect_narrowed(const char *system, const char *user, const char *expected)
{
    static const char text[] = "private RSA_A 01, public RSA_A 01, cert RSA_A 01 x509=plain, "
                               "cert RSA_A 01 x509=badge";
    struct config *policy = fixture_policy(system), *narrower = fixture_policy(user);
    struct fixture_token token;
    struct exposure exposure;
    char *shown;

    policy->policy.narrowed_by = &narrower->policy;
    fixture_token_init(&token, text, true);
    fixture_expose(&token, &policy->policy, &exposure);
    shown = fixture_shown(&exposure);
    assert_string_equal(shown, expected);
    policy->policy.narrowed_by = NULL;
    free(shown);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    config_destroy(policy);
    config_destroy(narrower);
}

static void the_same_certificate_has_to_pass_both_files(void **state)
{
    static const char alice[] = "allow: [{certificate: {subject: {CN: alice}}}]";

    (void)state;
    expect_narrowed(alice, "allow: all", "RSA_A:01(public cert private)");
    expect_narrowed("allow: all", alice, "RSA_A:01(public cert private)");
    expect_narrowed(alice, alice, "RSA_A:01(public cert private)");
    expect_narrowed(alice, "allow: [{certificate: {subject: {CN: bob}}}]", "");
    expect_narrowed("allow: [{certificate: {present: true}}]",
                    "allow: all\ndeny: [{certificate: {subject: {CN: bob}}}]",
                    "RSA_A:01(public cert private)");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_key_has_a_certificate_or_has_none),
        cmocka_unit_test(a_whole_name_is_the_text_of_rfc_4514),
        cmocka_unit_test(a_map_asks_for_attributes_of_a_name_one_by_one),
        cmocka_unit_test(a_serial_number_is_that_of_an_issuer),
        cmocka_unit_test(alternative_names_are_those_of_the_certificate),
        cmocka_unit_test(usages_and_policies_are_all_any_or_none_of_some),
        cmocka_unit_test(a_key_is_shown_with_the_certificates_that_pass),
        cmocka_unit_test(before_login_a_certificate_stands_for_its_private_key),
        cmocka_unit_test(the_same_certificate_has_to_pass_both_files),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
