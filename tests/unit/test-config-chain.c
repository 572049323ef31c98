// SPDX-License-Identifier: BSD-2-Clause
// trust_anchors, and what rules ask of the chain above a certificate.
#include "tests/unit/config_fixture.h"
#include "tests/unit/pki_fixture.h"

#include <stdio.h>
#include <string.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>
#include "config/trust_anchors.h"

static int set_up(void **state)
{
    const struct pki *root, *issuing;

    if (fixture_set_up(state) != 0)
        return -1;
    root = pki_root("CN=root");
    issuing = pki_ca("CN=issuing", root);
    fixture_write_text("root.pem", pki_pem(root, NULL));
    fixture_write_text("issuing.pem", pki_pem(issuing, NULL));
    fixture_write_text("user.pem", pki_pem(pki_user("CN=alice", issuing), NULL));
    fixture_write_text("root.crl", pki_crl((struct pki_crl_order){.issuer = root})->pem);
    fixture_write_text("issuing.crl", pki_crl((struct pki_crl_order){.issuer = issuing})->pem);
    fixture_write_text("delta.crl", pki_crl((struct pki_crl_order){
                                                .issuer = root,
                                                .extensions = "deltaCRL=critical,DER:020101"})->pem);
    fixture_write_text("text.pem", "no certificate\n");
    return 0;
}

static int tear_down(void **state)
{
    pki_forget();
    return fixture_tear_down(state);
}

/* What the first allow rule asks of the chain. */
static const struct selector *chain_of(const struct config *config)
{
    const struct selector *certificate = &config->policy.allow.rules[0].condition.children[0];

    return &certificate->children[certificate->n_children - 1];
}

static struct config *load(const char *certificate)
{
    char text[1024];

    snprintf(text, sizeof(text),
             "allow: [{certificate: {%s}}]\n"
             "trust_anchors:\n"
             "  corp: {file: root.pem, intermediates: issuing.pem, crl: [root.crl, issuing.crl]}\n"
             "  plain: {file: root.pem}\n",
             certificate);
    return fixture_load_policy(text);
}

static void a_rule_names_anchors_wherever_they_stand(void **state)
{
    struct config *config = load("ca: [corp, plain]");
    const struct selector *chain = chain_of(config);

    (void)state;
    assert_int_equal(chain->kind, SELECTOR_CERTIFICATE_CA);
    assert_int_equal(chain->trust.n_sources, 2);
    assert_string_equal(trust_anchors_name(chain->trust.sources[0]->anchors), "corp");
    assert_string_equal(trust_anchors_name(chain->trust.sources[1]->anchors), "plain");
    assert_non_null(chain->trust.sources[0]->crls);
    assert_null(chain->trust.sources[1]->crls);
    assert_false(chain->trust.ignore_dates);
    assert_int_equal(chain->trust.crl_mode, TRUST_CRL_OFF);
    assert_int_equal(chain->trust.grace, 0);
    assert_int_equal(chain->position.column, 24);
    config_destroy(config);
}

static void options_of_the_chain_are_read(void **state)
{
    static const struct {
        const char *text;
        enum selector_kind kind;
        struct trust_wish wish;
    } cases[] = {
        {"ca: corp, valid: now", SELECTOR_CERTIFICATE_CA, {0}},
        {"ca: corp, valid: ignore", SELECTOR_CERTIFICATE_CA, {.ignore_dates = true}},
        {"ca: corp, valid: {grace: 24h, warn_before: 30d}", SELECTOR_CERTIFICATE_CA,
         {.grace = 86400, .warn_before = 30 * 86400}},
        {"ca: corp, revocation: {check: crl}", SELECTOR_CERTIFICATE_CA, {.crl_mode = TRUST_CRL_HARD}},
        {"ca: corp, revocation: {mode: soft}", SELECTOR_CERTIFICATE_CA, {.crl_mode = TRUST_CRL_SOFT}},
        {"ca: corp, revocation: {check: crl, mode: hard, max_age: 2h}", SELECTOR_CERTIFICATE_CA,
         {.crl_mode = TRUST_CRL_HARD, .crl_max_age = 7200}},
        {"valid: now", SELECTOR_CERTIFICATE_VALID, {0}},
        {"valid: {grace: 1h}", SELECTOR_CERTIFICATE_VALID, {.grace = 3600}},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct config *config = load(cases[i].text);
        const struct selector *chain = chain_of(config);
        struct trust_wish wish = chain->trust;

        assert_int_equal(chain->kind, cases[i].kind);
        wish.sources = NULL;
        wish.n_sources = 0;
        assert_true(trust_wish_equal(&wish, &cases[i].wish));
        config_destroy(config);
    }
}

#define CORP "trust_anchors: {corp: {file: root.pem, crl: root.crl}, plain: {file: root.pem}}\n"

static void mistakes_in_chains_are_reported(void **state)
{
    static const struct {
        const char *certificate;
        const char *errors;
    } cases[] = {
        {"ca: crop", "4:28: found `crop`, expected a name that `trust_anchors` has; did you mean `corp`?"},
        {"ca: [corp, other]", "4:35: found `other`, expected a name that"},
        {"ca: []", "4:28: found an empty list"},
        {"ca: {glob: a}", "4:28: found a map"},
        {"revocation: {check: crl}", "4:24: found `revocation` without `ca`, expected both"},
        {"valid: ignore", "4:24: found `valid: ignore` without `ca`, expected both"},
        {"valid: later", "4:31: found `later`, expected `now` or `ignore`"},
        {"valid: {}", "4:31: found an empty map"},
        {"ca: corp, valid: {grace: 4000d}", "4:49: found `4000d`, expected at most 3650d"},
        {"ca: corp, revocation: {check: ocsp}", "4:54: found `ocsp`, expected `crl`"},
        {"ca: corp, revocation: {max_age: 0s}", "4:56: found `0s`, expected a duration above zero"},
        {"ca: [corp, plain], revocation: {check: crl}",
         "4:43: found `revocation` for an authority without `crl`, expected `crl` in `trust_anchors`: `plain`"},
        {"serial: 1, ca: corp, subject: {CM: a}", "4:55: found the unknown attribute `CM`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        snprintf(text, sizeof(text), CORP "allow: [{certificate: {%s}}]\n", cases[i].certificate);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

static void mistakes_in_anchors_are_reported(void **state)
{
    static const struct {
        const char *anchors;
        const char *errors;
    } cases[] = {
        {"[a]", "4:16: found a list, expected a map of names"},
        {"{}", "4:16: found an empty map"},
        {"{corp: root.pem}", "4:23: found `root.pem`, expected a map with `file`"},
        {"{corp: {crl: root.crl}}", "4:23: found no `file`, expected a file with certificates"},
        {"{corp: {flie: root.pem}}", "4:24: unknown key `flie`, expected `file`, `intermediates` or `crl`; did you mean `file`?"},
        {"{corp: {file: nowhere.pem}}", "4:30: nowhere.pem: No such file"},
        {"{corp: {file: text.pem}}", "4:30: text.pem: found that"},
        {"{corp: {file: user.pem}}", "4:30: user.pem: found that CN=alice is no certificate of an authority"},
        {"{corp: {file: root.crl}}", "4:30: root.crl: found that"},
        {"{corp: {file: [root.pem]}}", "4:30: found a list, expected a file with certificates"},
        {"{corp: {file: root.pem, intermediates: [issuing.pem, user.pem]}}", "4:69: user.pem: found that CN=alice"},
        {"{corp: {file: root.pem, crl: delta.crl}}", "4:45: delta.crl: found that the CRL of CN=root"},
        {"{corp: {file: root.pem, crl: [root.crl, root.pem]}}", "4:56: root.pem: found that"},
        {"{corp: {file: root.pem}, corp: {file: root.pem}}", "4:41: `corp` again"},
        {"{\"\": {file: root.pem}}", "4:17: expected a name for `ca`"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char text[512];

        snprintf(text, sizeof(text), "allow: []\ntrust_anchors: %s\n", cases[i].anchors);
        fixture_expect_policy_errors(text, cases[i].errors);
    }
}

/* A CRL that is fetched anew is read anew, and so are the anchors. */
static void a_changed_file_of_an_anchor_changes_the_configuration(void **state)
{
    static const char *const names[] = {"root.pem", "issuing.pem", "root.crl"};

    (void)state;
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        struct config *config = load("ca: corp");
        struct timespec times[2] = {{.tv_nsec = UTIME_OMIT}, {.tv_sec = 1000 + (time_t)i}};

        assert_false(config_changed(config));
        assert_int_equal(utimensat(AT_FDCWD, fixture_path(names[i]), times, 0), 0);
        assert_true(config_changed(config));
        config_destroy(config);
    }
}

static void anchors_that_others_may_write_are_refused(void **state)
{
    (void)state;
    chmod(fixture_path("root.crl"), 0666);
    fixture_expect_policy_errors("allow: []\n" CORP, "4:45: root.crl: writable by others");
    chmod(fixture_path("root.crl"), 0600);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_rule_names_anchors_wherever_they_stand),
        cmocka_unit_test(options_of_the_chain_are_read),
        cmocka_unit_test(mistakes_in_chains_are_reported),
        cmocka_unit_test(mistakes_in_anchors_are_reported),
        cmocka_unit_test(a_changed_file_of_an_anchor_changes_the_configuration),
        cmocka_unit_test(anchors_that_others_may_write_are_refused),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
