// SPDX-License-Identifier: BSD-2-Clause
// What an explanation says of each selector: the value wanted, the value seen, and whether a login
// would tell more.
#include "tests/unit/filters_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/explain.h"

static void write_part(FILE *out, const struct explained_text *text)
{
    if (text->bytes == NULL)
        fputs(" -", out);
    else
        fprintf(out, " %.*s", (int)text->size, text->bytes);
}

/* "all T(id T 01 | 01)": name, truth with ? behind it where a login may change it, wanted and seen.
 */
static void write_explanation(FILE *out, const struct explanation *explanation)
{
    static const char *const truths[] = {
        [TRUTH_FALSE] = "F", [TRUTH_TRUE] = "T", [TRUTH_UNKNOWN] = "U"};

    fprintf(out, "%s %s%s", explanation->name, truths[explanation->truth],
            explanation->open ? "?" : "");
    if (explanation->n_children == 0) {
        write_part(out, &explanation->wanted);
        fputs(" |", out);
        write_part(out, &explanation->seen);
        return;
    }
    fputc('(', out);
    for (size_t i = 0; i < explanation->n_children; i++) {
        fputs(i > 0 ? ", " : "", out);
        write_explanation(out, &explanation->children[i]);
    }
    fputc(')', out);
}

struct example {
    const char *selector; /* as in a rule */
    const char *objects;  /* the first group is asked about */
    bool logged_in;
    const char *explanation; /* of the rule, without the all(...) that it is */
};

/* What the example is asked without. */
enum missing { NOTHING, GROUP_AND_PROCESS, TOKEN };

static const char *const process_groups[] = {"staff", NULL};
static const struct circumstances circumstances = {
    .user = "ann",
    .groups = process_groups,
    .n_groups = 2,
    .host = "box",
    .has_time = true,
    .weekday = 6,
    .minute = 4 * 60 + 5,
};

static char *explain(const struct selector *condition, const struct example *example,
                     enum missing missing)
{
    struct fixture_token token;
    struct key_groups groups;
    struct explanation explanation;
    struct subject subject;
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fixture_token_init(&token, example->objects, example->logged_in);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    subject = fixture_subject(&token);
    subject.group = missing != GROUP_AND_PROCESS ? groups.items : NULL;
    if (subject.group != NULL && groups.items->n_certificates > 0)
        subject.certificate = groups.items->certificates[0];
    if (missing == TOKEN) {
        subject.token = NULL;
        subject.slot = NULL;
        subject.library = NULL;
    }
    subject.circumstances = subject.group != NULL ? circumstances : (struct circumstances){0};
    assert_true(explanation_make(condition, &subject, &explanation));
    assert_int_equal(explanation.truth, selector_match(condition, &subject));
    write_explanation(out, &explanation);
    fclose(out);
    explanation_finish(&explanation);
    key_groups_finish(&groups);
    fixture_token_finish(&token);
    return text;
}

static struct config *policy_of(const char *selector)
{
    struct config *config;
    char *text = NULL;

    assert_true(asprintf(&text, "allow: [{%s}]\n", selector) > 0);
    config = fixture_policy(text);
    free(text);
    return config;
}

static void check_one(const struct example *example, enum missing missing)
{
    struct config *config = policy_of(example->selector);
    char *found = explain(&config->policy.allow.rules[0].condition, example, missing);
    const char *inner = strchr(found, '(');

    assert_non_null(inner);
    if (strlen(inner) != strlen(example->explanation) + 2 ||
        strncmp(inner + 1, example->explanation, strlen(example->explanation)) != 0)
        fail_msg("%s of %s is %s, not %s", example->selector, example->objects, found,
                 example->explanation);
    free(found);
    config_destroy(config);
}

static void check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_one(&examples[i], NOTHING);
}

#define CHECK(examples) check(examples, sizeof(examples) / sizeof((examples)[0]))

static void of_a_certificate_what_it_says_is_seen(void **state)
{
    static const struct example examples[] = {
        {"certificate: {present: true, self_signed: true}", "cert RSA_A 01 x509=badge", false,
         "all F(certificate.present T true | true, certificate.self_signed F true | false)"},
        {"certificate: {present: false}", "public RSA_A 01", false,
         "all T?(certificate.present T? false | false)"},
        {"certificate: {subject: {CN: [a, {glob: \"b*\"}], O: SSH}}", "cert RSA_A 01 x509=badge",
         false,
         "all F(certificate.subject F CN=\"a\" or glob \"b*\", O=\"SSH\" | "
         "\"CN=alice,OU=Staff,O=SSH,C=FI\")"},
        {"certificate: {issuer: \"O=b+CN=a\", serial: 5}", "cert RSA_A 01 x509=plain", false,
         "all F(certificate.issuer F \"O=b+CN=a\" | \"CN=ca,O=SSH,C=FI\", certificate.serial F 05 "
         "| 02)"},
        {"certificate: {subject: CN=a}", "cert RSA_A 01 x509=nul", false,
         "all U(certificate.subject U \"CN=a\" | a name that cannot be read)"},
        {"certificate: {san: {email: a@b, ip: 10.0.0.1}}", "cert RSA_A 01 x509=badge", false,
         "all F(all F(certificate.san.email F \"a@b\" | \"Alice@ssh.example\", "
         "\"al@other.example\", "
         "certificate.san.ip F \"10.0.0.1\" | \"10.1.2.3\", \"2001:db8::1\"))"},
        {"certificate: {san: {other: {oid: 1.2.3.5, value: data}}}", "cert RSA_A 01 x509=badge",
         false,
         "all T(all T(certificate.san.other T 1.2.3.5=\"data\" | "
         "1.3.6.1.4.1.311.20.2.3=\"alice@SSH\", 1.2.3.5=\"data\", "
         "1.3.6.1.5.2.2=what cannot be read))"},
        {"certificate: {san: {email: a@b}}", "cert RSA_A 01 x509=plain", false,
         "all U(all U(certificate.san.email U \"a@b\" | -))"},
        {"certificate: {san: {directory: O=x}}", "cert RSA_A 01 x509=badge", false,
         "all F(all F(certificate.san.directory F \"O=x\" | \"CN=first,O=One\", "
         "\"CN=second,O=Two\"))"},
        {"certificate: {extended_key_usage: {any_of: [serverAuth, 1.2.3]}}",
         "cert RSA_A 01 x509=badge", false,
         "all F(all F(certificate.extended_key_usage F serverAuth, 1.2.3 | clientAuth, "
         "msSmartcardLogin))"},
        {"certificate: {valid: {grace: 36h, warn_before: 90s}}", "cert RSA_A 01 x509=badge", false,
         "all U(certificate.valid U valid now, grace 36h, warn_before 90s | -)"},
        {"certificate: {signature: ed25519}", "cert RSA_A 01 x509=badge", false,
         "all F(certificate.signature F ed25519 | ecdsa-with-SHA256)"},
        {"certificate: {signature: ed25519}", "public RSA_A 01", false,
         "all U?(certificate.signature U? ed25519 | -)"},
        {"certificate: {signature: ed25519}", "public RSA_A 01", true,
         "all U(certificate.signature U ed25519 | -)"},
    };

    (void)state;
    CHECK(examples);
}

static void of_token_slot_and_library_the_fields_are_seen(void **state)
{
    static const struct example examples[] = {
        {"token: {label: [two, {glob: \"o*\"}]}", "public RSA_A 01", false,
         "all T(token.label T \"two\", glob \"o*\" | \"one\")"},
        {"token: {serial: {re: \"12..\"}, model: x}", "public RSA_A 01", false,
         "all F(token.serial T re \"12..\" | \"1234\", token.model F \"x\" | \"model\")"},
        {"token: {manufacturer: maker}", "public RSA_A 01", false,
         "all T(token.manufacturer T \"maker\" | \"maker\")"},
        {"slot: {id: [8, 7], description: reader}", "public RSA_A 01", false,
         "all T(slot.id T 8, 7 | 7, slot.description T \"reader\" | \"reader\")"},
        {"uri: \"pkcs11:library-version=2.40;library-description=x\"", "public RSA_A 01", false,
         "all F(library.description F \"x\" | \"library\", library.version T \"2.40\" | \"2.40\")"},
        {"uri: \"pkcs11:slot-manufacturer=x;library-manufacturer=y\"", "public RSA_A 01", false,
         "all F(slot.manufacturer F \"x\" | \"reader maker\", library.manufacturer F \"y\" | "
         "\"library maker\")"},
    };

    (void)state;
    CHECK(examples);
}

static void of_ids_and_labels_those_of_all_members_are_seen(void **state)
{
    static const struct example examples[] = {
        {"id: \"01\"", "public RSA_A 01", false, "id T 01 | 01"},
        {"id: [\"02\", {prefix: \"03\"}]", "public RSA_A 01", false, "id F? 02, prefix 03 | 01"},
        {"id: \"02\"", "public RSA_A 01", true, "id F 02 | 01"},
        {"id: \"02\"", "public RSA_A -", false, "id U? 02 | none"},
        {"id: \"02\"", "public RSA_A -, cert RSA_A 0304", true, "id U 02 | none, 0304"},
        {"id: \"02\"", "public RSA_A 01, cert RSA_A 01, private RSA_A 02", true,
         "id T 02 | 02, 01"},
        {"label: a", "public RSA_A 01 label=b", false, "label F? \"a\" | \"b\""},
        {"uri: \"pkcs11:id=%02;object=a;type=private\"", "public RSA_A 01 label=a", false,
         "all F?(object F? type=private id=02 object=\"a\" | type=public id=01 object=\"a\")"},
        {"uri: \"pkcs11:type=cert\"", "public RSA_A 01, cert RSA_A -", true,
         "all T(object T type=cert | type=public id=01, type=cert)"},
    };

    (void)state;
    CHECK(examples);
}

static void of_keys_the_public_key_is_seen(void **state)
{
    static const struct example examples[] = {
        {"key: {type: [rsa, ec], bits: [\">=2048\", 17], curve: [nistp256, ed25519]}",
         "public P256_A 01", false,
         "all F(key.type T rsa, ec | ec, key.bits F >=2048, 17 | 256, key.curve T nistp256, "
         "ed25519 | nistp256)"},
        {"key: {curve: nistp256}", "public RSA_A 01", false, "all F(key.curve F nistp256 | none)"},
        {"key: {type: ec}", "private P256_A 01 mute", true, "all U(key.type U ec | -)"},
    };

    (void)state;
    CHECK(examples);
}

static void a_fingerprint_stands_for_a_key_and_its_file(void **state)
{
    const char *wanted = fixture_vector(RSA_B)->fingerprint,
               *seen = fixture_vector(RSA_A)->fingerprint;
    struct example example = {.objects = "public RSA_A 01"};
    char *fingerprint = NULL, *by_fingerprint = NULL, *by_file = NULL;

    (void)state;
    assert_true(asprintf(&fingerprint, "fingerprint: \"%s\"", wanted) > 0);
    assert_true(asprintf(&by_fingerprint, "fingerprint F %s | %s", wanted, seen) > 0);
    assert_true(asprintf(&by_file, "public_key F %s | %s", wanted, seen) > 0);
    example.selector = fingerprint;
    example.explanation = by_fingerprint;
    check_one(&example, NOTHING);
    example.selector = "public_key: RSA_B.pub";
    example.explanation = by_file;
    check_one(&example, NOTHING);
    free(fingerprint);
    free(by_fingerprint);
    free(by_file);
}

static void before_login_the_private_key_is_presumed_or_not_seen(void **state)
{
    static const struct example examples[] = {
        {"key: {sign: true}", "public RSA_A 01, private RSA_A 01 sign=false", false,
         "all T?(key.sign T? true | presumably true)"},
        {"key: {sign: true}", "public RSA_A 01, private RSA_A 01 sign=false", true,
         "all F(key.sign F true | false)"},
        {"key: {sign: true}", "public RSA_A 01, private RSA_A 01 sign=absent", true,
         "all U(key.sign U true | -)"},
        {"key: {local: false}", "public RSA_A 01", false, "all U?(key.local U? false | -)"},
        {"key: {local: false}", "public RSA_A 01, private RSA_A 01 shown local=true", false,
         "all F(key.local F false | true)"},
        {"key: {always_authenticate: true, never_extractable: true}",
         "public RSA_A 01, private RSA_A 01 always_authenticate=true never_extractable=false", true,
         "all F(key.always_authenticate T true | true, key.never_extractable F true | false)"},
    };

    (void)state;
    CHECK(examples);
}

static void a_login_changes_nothing_where_something_else_settles_it(void **state)
{
    static const struct example examples[] = {
        {"all: [{label: a}, {slot: {id: 9}}]", "public RSA_A 01 label=b", false,
         "all F(all F?(label F? \"a\" | \"b\"), all F(all F(slot.id F 9 | 7)))"},
        {"any: [{label: a}, {slot: {id: 7}}]", "public RSA_A 01 label=b", false,
         "any T(all F?(label F? \"a\" | \"b\"), all T(all T(slot.id T 7 | 7)))"},
        {"any: [{label: a}, {slot: {id: 9}}]", "public RSA_A 01 label=b", false,
         "any F?(all F?(label F? \"a\" | \"b\"), all F(all F(slot.id F 9 | 7)))"},
        {"not: {label: a}", "public RSA_A 01 label=b", false,
         "not T?(all F?(label F? \"a\" | \"b\"))"},
    };

    (void)state;
    CHECK(examples);
}

static void of_who_asks_the_process_is_seen(void **state)
{
    static const struct example examples[] = {
        {"when: {user: [bob, {glob: \"a*\"}]}", "public RSA_A 01", false,
         "all T(when.user T \"bob\", glob \"a*\" | \"ann\")"},
        {"when: {group: ops}", "public RSA_A 01", false,
         "all U(when.group U \"ops\" | \"staff\", something unknown here)"},
        {"when: {host: other}", "public RSA_A 01", false, "all F(when.host F \"other\" | \"box\")"},
        {"when: {time: [\"Sat-Sun 00:00-05:00\", \"08:00-24:00\"]}", "public RSA_A 01", false,
         "all T(when.time T Sun Sat 00:00-05:00, 08:00-24:00 | Sat 04:05)"},
    };
    static const struct example unknown[] = {
        {"when: {user: ann}", "public RSA_A 01", false, "all U(when.user U \"ann\" | -)"},
        {"when: {group: ops}", "public RSA_A 01", false, "all U(when.group U \"ops\" | -)"},
        {"when: {time: Sat}", "public RSA_A 01", false, "all U(when.time U Sat 00:00-24:00 | -)"},
    };

    (void)state;
    CHECK(examples);
    for (size_t i = 0; i < sizeof(unknown) / sizeof(unknown[0]); i++)
        check_one(&unknown[i], GROUP_AND_PROCESS);
}

static void without_a_key_group_only_the_token_is_seen(void **state)
{
    static const struct example examples[] = {
        {"id: \"01\"", "public RSA_A 01", false, "id U 01 | -"},
        {"key: {sign: true}", "public RSA_A 01", false, "all U(key.sign U true | -)"},
        {"token: {label: one}", "public RSA_A 01", false, "all T(token.label T \"one\" | \"one\")"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check_one(&examples[i], GROUP_AND_PROCESS);
}

static void without_a_token_what_it_would_tell_is_unknown_and_open(void **state)
{
    static const struct example examples[] = {
        {"token: {label: one}", "cert RSA_A -", false, "all U?(token.label U? \"one\" | -)"},
        {"token: {serial: \"1234\"}", "cert RSA_A -", false,
         "all U?(token.serial U? \"1234\" | -)"},
        {"token: {manufacturer: maker, model: model}", "cert RSA_A -", false,
         "all U?(token.manufacturer U? \"maker\" | -, token.model U? \"model\" | -)"},
        {"slot: {id: [0, 7], description: reader}", "cert RSA_A -", false,
         "all U?(slot.id U? 0, 7 | -, slot.description U? \"reader\" | -)"},
        {"uri: \"pkcs11:library-version=2.40;slot-manufacturer=x\"", "cert RSA_A -", false,
         "all U?(slot.manufacturer U? \"x\" | -, library.version U? \"2.40\" | -)"},
        {"token: {label: one}, key: {type: ec}", "cert RSA_A -", false,
         "all U?(token.label U? \"one\" | -), all F(key.type F ec | rsa)"},
        {"id: \"01\"", "cert RSA_A -", false, "id U? 01 | none"},
        {"certificate: {subject: CN=a}", "cert RSA_A - x509=plain", false,
         "all F(certificate.subject F \"CN=a\" | \"CN=bob\")"},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check_one(&examples[i], TOKEN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(of_a_certificate_what_it_says_is_seen),
        cmocka_unit_test(of_token_slot_and_library_the_fields_are_seen),
        cmocka_unit_test(of_ids_and_labels_those_of_all_members_are_seen),
        cmocka_unit_test(of_keys_the_public_key_is_seen),
        cmocka_unit_test(a_fingerprint_stands_for_a_key_and_its_file),
        cmocka_unit_test(before_login_the_private_key_is_presumed_or_not_seen),
        cmocka_unit_test(a_login_changes_nothing_where_something_else_settles_it),
        cmocka_unit_test(of_who_asks_the_process_is_seen),
        cmocka_unit_test(without_a_key_group_only_the_token_is_seen),
        cmocka_unit_test(without_a_token_what_it_would_tell_is_unknown_and_open),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
