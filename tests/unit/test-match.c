// SPDX-License-Identifier: BSD-2-Clause
// Every selector, true, false and unknown: by itself, within not, any and all, and in each kind of
// rule (policy.md 3).
#include "tests/unit/match_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/decide.h"

static void token_and_slot_are_known_by_their_fields_without_the_padding(void **state)
{
    static const struct example examples[] = {
        {"token: {label: one}", "public RSA_A 01", 0, T},
        {"token: {label: One}", "public RSA_A 01", 0, F},
        {"token: {label: on}", "public RSA_A 01", 0, F},
        {"token: {label: [two, one]}", "public RSA_A 01", 0, T},
        {"token: {label: {glob: \"o*\"}}", "public RSA_A 01", 0, T},
        {"token: {label: {re: \"o.e\"}}", "public RSA_A 01", 0, T},
        {"token: {label: one}", "public RSA_A 01", NO_GROUP, T},
        {"token: {serial: \"1234\"}", "public RSA_A 01", 0, T},
        {"token: {serial: \"123\"}", "public RSA_A 01", 0, F},
        {"token: {manufacturer: maker}", "public RSA_A 01", 0, T},
        {"token: {manufacturer: other}", "public RSA_A 01", 0, F},
        {"token: {model: model}", "public RSA_A 01", 0, T},
        {"token: {model: other}", "public RSA_A 01", 0, F},
        {"token: {label: one, serial: \"1234\"}", "public RSA_A 01", 0, T},
        {"token: {label: one, serial: \"9\"}", "public RSA_A 01", 0, F},
        {"slot: {id: 7}", "public RSA_A 01", 0, T},
        {"slot: {id: 8}", "public RSA_A 01", 0, F},
        {"slot: {id: [8, 7]}", "public RSA_A 01", NO_SLOT, T},
        {"slot: {description: reader}", "public RSA_A 01", 0, T},
        {"slot: {description: other}", "public RSA_A 01", 0, F},
        {"slot: {description: reader}", "public RSA_A 01", NO_SLOT, U},
        {"slot: {description: {glob: \"*\"}}", "public RSA_A 01", NO_SLOT, U},
    };

    (void)state;
    CHECK(examples);
}

static void a_uri_is_all_of_its_attributes(void **state)
{
    static const struct example examples[] = {
        {"uri: \"pkcs11:token=one\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:token=two\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:token=one;serial=1234\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:token=one;serial=9\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:manufacturer=maker;model=model\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:slot-id=7\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:slot-id=8\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:slot-description=reader\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:slot-description=reader\"", "public RSA_A 01", NO_SLOT, U},
        {"uri: \"pkcs11:slot-manufacturer=reader%20maker\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:slot-manufacturer=other\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:slot-manufacturer=other\"", "public RSA_A 01", NO_SLOT, U},
        {"uri: \"pkcs11:library-description=library\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:library-description=other\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:library-description=library\"", "public RSA_A 01", NO_LIBRARY, U},
        {"uri: \"pkcs11:library-manufacturer=library%20maker\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:library-manufacturer=other\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:library-manufacturer=other\"", "public RSA_A 01", NO_LIBRARY, U},
        {"uri: \"pkcs11:library-version=2.40\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:library-version=2.4\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:library-version=2.40\"", "public RSA_A 01", NO_LIBRARY, U},
    };

    (void)state;
    CHECK(examples);
}

static void an_id_or_label_is_that_of_any_member(void **state)
{
    static const struct example examples[] = {
        {"id: \"01\"", "public RSA_A 01", BEFORE_LOGIN, T},
        {"id: \"02\"", "public RSA_A 01", BEFORE_LOGIN, F},
        {"id: [\"02\", \"01\"]", "public RSA_A 01", BEFORE_LOGIN, T},
        {"id: {prefix: \"01\"}", "public RSA_A 0102", BEFORE_LOGIN, T},
        {"id: {prefix: \"02\"}", "public RSA_A 0102", BEFORE_LOGIN, F},
        {"id: \"0102\"", "public RSA_A 01", BEFORE_LOGIN, F},
        {"id: \"01\"", "public RSA_A -", BEFORE_LOGIN, U},
        {"id: \"01\"", "public RSA_A ''", BEFORE_LOGIN, U},
        {"id: \"01\"", "public RSA_A 01", NO_GROUP, U},
        {"id: \"02\"", "public RSA_A 01, cert RSA_A 02", BEFORE_LOGIN, T},
        {"id: \"02\"", "public RSA_A 01, private RSA_A 02", AFTER_LOGIN, T},
        {"id: \"03\"", "public RSA_A 01, cert RSA_A 02, private RSA_A 02", AFTER_LOGIN, F},
        {"id: \"02\"", "public RSA_A 01, cert RSA_A -", BEFORE_LOGIN, U},
        {"id: \"01\"", "public RSA_A 01, cert RSA_A -", BEFORE_LOGIN, T},
        {"id: \"01\"", "public RSA_A -, private RSA_A ''", AFTER_LOGIN, U},
        {"label: a", "public RSA_A 01 label=a", BEFORE_LOGIN, T},
        {"label: A", "public RSA_A 01 label=a", BEFORE_LOGIN, F},
        {"label: {glob: \"a*\"}", "public RSA_A 01 label=abc", BEFORE_LOGIN, T},
        {"label: {glob: \"b*\"}", "public RSA_A 01 label=abc", BEFORE_LOGIN, F},
        {"label: {re: \"a|b\"}", "public RSA_A 01 label=b", BEFORE_LOGIN, T},
        {"label: {re: \"a|b\"}", "public RSA_A 01 label=a_evil", BEFORE_LOGIN, F},
        {"label: a", "public RSA_A 01", BEFORE_LOGIN, U},
        {"label: a", "public RSA_A 01 label=", BEFORE_LOGIN, U},
        {"label: {glob: \"*\"}", "public RSA_A 01", BEFORE_LOGIN, U},
        {"label: {glob: \"*\"}", "public RSA_A 01 label=", BEFORE_LOGIN, U},
        {"label: b", "public RSA_A 01 label=a, private RSA_A 01 label=b", AFTER_LOGIN, T},
        {"label: b", "public RSA_A 01 label=a, private RSA_A 01 label=b", BEFORE_LOGIN, F},
        {"label: b", "public RSA_A 01 label=a, private RSA_A 01", AFTER_LOGIN, U},
        {"label: a", "public RSA_A 01", NO_GROUP, U},
    };

    (void)state;
    CHECK(examples);
}

static void the_object_of_a_uri_is_one_member(void **state)
{
    static const struct example examples[] = {
        {"uri: \"pkcs11:id=%01\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:id=%02\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:id=%01\"", "public RSA_A -", 0, U},
        {"uri: \"pkcs11:id=%01\"", "public RSA_A ''", 0, U},
        {"uri: \"pkcs11:id=%01\"", "public RSA_A 01", NO_GROUP, U},
        {"uri: \"pkcs11:object=a\"", "public RSA_A 01 label=a", 0, T},
        {"uri: \"pkcs11:object=b\"", "public RSA_A 01 label=a", 0, F},
        {"uri: \"pkcs11:object=a\"", "public RSA_A 01", 0, U},
        {"uri: \"pkcs11:object=a\"", "public RSA_A 01 label=", 0, U},
        {"uri: \"pkcs11:id=%01;object=a\"", "public RSA_A 01 label=a", 0, T},
        {"uri: \"pkcs11:id=%01;object=a\"", "public RSA_A 01 label=b, cert RSA_A 02 label=a", 0, F},
        {"uri: \"pkcs11:id=%01;object=a\"", "public RSA_A 01, cert RSA_A 02 label=a", 0, U},
        {"uri: \"pkcs11:id=%01;object=a\"", "public RSA_A 02, cert RSA_A 02 label=a", 0, F},
        {"uri: \"pkcs11:type=public\"", "public RSA_A 01", 0, T},
        {"uri: \"pkcs11:type=cert\"", "public RSA_A 01", 0, F},
        {"uri: \"pkcs11:type=cert\"", "public RSA_A 01, cert RSA_A 02", 0, T},
        {"uri: \"pkcs11:type=cert;id=%01\"", "public RSA_A 01, cert RSA_A 02", 0, F},
        {"uri: \"pkcs11:type=cert;id=%02\"", "public RSA_A 01, cert RSA_A 02", 0, T},
        {"uri: \"pkcs11:type=cert;id=%02\"", "public RSA_A 01, cert RSA_A -", 0, U},
        {"uri: \"pkcs11:type=private\"", "public RSA_A 01", AFTER_LOGIN, F},
        {"uri: \"pkcs11:type=private\"", "public RSA_A 01, private RSA_A 01", AFTER_LOGIN, T},
        {"uri: \"pkcs11:type=private;id=%02\"", "public RSA_A 01, private RSA_A 02", AFTER_LOGIN,
         T},
        {"uri: \"pkcs11:type=private;id=%01\"", "public RSA_A 01, private RSA_A 02", AFTER_LOGIN,
         F},
        /* presumed, with the same id and label */
        {"uri: \"pkcs11:type=private\"", "public RSA_A 01", BEFORE_LOGIN, T},
        {"uri: \"pkcs11:type=private;id=%01\"", "public RSA_A 01", BEFORE_LOGIN, T},
        {"uri: \"pkcs11:type=private;id=%02\"", "public RSA_A 01", BEFORE_LOGIN, F},
        {"uri: \"pkcs11:type=private;id=%01\"", "public RSA_A -", BEFORE_LOGIN, U},
        {"uri: \"pkcs11:type=private;object=a\"", "public RSA_A 01 label=a", BEFORE_LOGIN, T},
        {"uri: \"pkcs11:type=private;id=%02\"", "public RSA_A 01, private RSA_A 01 shown",
         BEFORE_LOGIN, F},
        {"uri: \"pkcs11:token=one;id=%01\"", "public RSA_A 01", NO_GROUP, U},
        {"uri: \"pkcs11:token=two;id=%01\"", "public RSA_A 01", NO_GROUP, F},
    };

    (void)state;
    CHECK(examples);
}

static void a_fingerprint_or_a_public_key_is_that_of_the_group(void **state)
{
    static const struct example examples[] = {
        {"fingerprint: @RSA_A", "public RSA_A 01", 0, T},
        {"fingerprint: @RSA_B", "public RSA_A 01", 0, F},
        /* other bits at the end, and at the beginning */
        {"fingerprint: SHA256:ZxgpzvtXR6UEFOGi4RiFVyj8q71zZxrKwTuMmfUAsPE", "public RSA_A 01", 0,
         F},
        {"fingerprint: SHA256:YxgpzvtXR6UEFOGi4RiFVyj8q71zZxrKwTuMmfUAsPA", "public RSA_A 01", 0,
         F},
        {"fingerprint: [@RSA_B, @RSA_A]", "public RSA_A 01", 0, T},
        {"fingerprint: @P521_A", "cert P521_A 01", 0, T},
        {"fingerprint: @ED25519_A", "public ED25519_A 01", 0, T},
        {"fingerprint: @P256_A", "private P256_A 01 mute", AFTER_LOGIN, U},
        {"fingerprint: @RSA_A", "public RSA_A 01", NO_GROUP, U},
        {"public_key: RSA_A.pub", "public RSA_A 01", 0, T},
        {"public_key: RSA_B.pub", "public RSA_A 01", 0, F},
        {"public_key: [RSA_B.pub, RSA_A.pub]", "public RSA_A 01", 0, T},
        {"public_key: P256_A.pub", "private P256_A 01 mute", AFTER_LOGIN, U},
        {"public_key: P256_A.pub", "public P256_A 01 raw", AFTER_LOGIN, T},
        {"public_key: RSA_A.pub", "public RSA_A 01", NO_GROUP, U},
    };

    (void)state;
    CHECK(examples);
}

static void type_size_and_curve_are_the_public_key_s(void **state)
{
    static const struct example examples[] = {
        {"key: {type: rsa}", "public RSA_A 01", 0, T},
        {"key: {type: ec}", "public RSA_A 01", 0, F},
        {"key: {type: [rsa, ec]}", "public P256_A 01", 0, T},
        {"key: {type: ec}", "public ED25519_A 01", 0, F},
        {"key: {type: ed25519}", "public ED25519_A 01", 0, T},
        {"key: {type: ec}", "private P256_A 01 mute", AFTER_LOGIN, U},
        {"key: {type: rsa}", "public RSA_A 01", NO_GROUP, U},
        {"key: {bits: 2048}", "public RSA_A 01", 0, T},
        {"key: {bits: 3072}", "public RSA_A 01", 0, F},
        {"key: {bits: \">=2048\"}", "public RSA_A 01", 0, T},
        {"key: {bits: \">2048\"}", "public RSA_A 01", 0, F},
        {"key: {bits: \">2047\"}", "public RSA_A 01", 0, T},
        {"key: {bits: \"<2048\"}", "public RSA_A 01", 0, F},
        {"key: {bits: \"<2049\"}", "public RSA_A 01", 0, T},
        {"key: {bits: \"<=2048\"}", "public RSA_A 01", 0, T},
        {"key: {bits: \"<=2047\"}", "public RSA_A 01", 0, F},
        {"key: {bits: [1024, \">=3072\"]}", "public RSA_C 01", 0, T},
        {"key: {bits: 521}", "public P521_A 01", 0, T},
        {"key: {bits: \">=2048\"}", "private P256_A 01 mute", AFTER_LOGIN, U},
        {"key: {bits: 2048}", "public RSA_A 01", NO_GROUP, U},
        {"key: {curve: P-256}", "public P256_A 01", 0, T},
        {"key: {curve: nistp384}", "public P256_A 01", 0, F},
        {"key: {curve: [nistp384, prime256v1]}", "public P256_A 01", 0, T},
        {"key: {curve: P-256}", "public RSA_A 01", 0, F},
        {"key: {curve: P-256}", "private P256_A 01 mute", AFTER_LOGIN, U},
        {"key: {curve: P-256}", "public P256_A 01", NO_GROUP, U},
        {"key: {type: ec, bits: 256, curve: P-256}", "public P256_A 01", 0, T},
        {"key: {type: ec, bits: 384}", "public P256_A 01", 0, F},
    };

    (void)state;
    CHECK(examples);
}

/* sign: true by the configuration; sign: false, which the preset ssh calls a contradiction, by
 * hand. */
static void check_sign(const char *objects, int circumstances, enum truth result)
{
    const struct example example = {"key: {sign: true}", objects, circumstances, result};
    const struct selector signs_not = {.kind = SELECTOR_KEY_SIGN, .boolean = false};
    struct fixture_token token;
    struct key_groups groups;
    struct subject subject;

    match_check(&example, 1);
    fixture_token_init(&token, objects, (circumstances & AFTER_LOGIN) != 0);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    match_asked(&example, &token, groups.items, &subject);
    assert_int_equal(selector_match(&signs_not, &subject), truth_not(result));
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

static void whether_it_signs_is_read_after_login_and_presumed_before_it(void **state)
{
    static const struct {
        const char *objects;
        int circumstances;
        enum truth result;
    } examples[] = {
        {"public RSA_A 01, private RSA_A 01", AFTER_LOGIN, T},
        {"public RSA_A 01, private RSA_A 01 sign=false", AFTER_LOGIN, F},
        {"public RSA_A 01, private RSA_A 01 sign=absent", AFTER_LOGIN, U},
        {"cert RSA_A 01 signs, private RSA_A 01 sign=absent", AFTER_LOGIN, U},
        {"public RSA_A 01", AFTER_LOGIN, U},
        {"public RSA_A 01", NO_GROUP, U},
        /* the certificate's keyUsage, else CKA_VERIFY, else true */
        {"public RSA_A 01", BEFORE_LOGIN, T},
        {"public RSA_A 01 verify=false", BEFORE_LOGIN, F},
        {"public RSA_A 01 verify=absent", BEFORE_LOGIN, T},
        {"cert RSA_A 01", BEFORE_LOGIN, T},
        {"cert RSA_A 01 signs", BEFORE_LOGIN, T},
        {"cert RSA_A 01 nosign", BEFORE_LOGIN, F},
        {"cert RSA_A 01 nosign, cert RSA_A 02 signs", BEFORE_LOGIN, T},
        {"cert RSA_A 01 signs, cert RSA_A 02 nosign", BEFORE_LOGIN, T},
        {"cert RSA_A 01 nosign, cert RSA_A 02", BEFORE_LOGIN, F},
        {"cert RSA_A 01 signs, public RSA_A 01 verify=false", BEFORE_LOGIN, T},
        {"cert RSA_A 01 nosign, public RSA_A 01", BEFORE_LOGIN, F},
        {"cert RSA_A 01, public RSA_A 01 verify=false", BEFORE_LOGIN, F},
        {"public RSA_A 01, private RSA_A 01 shown sign=false", BEFORE_LOGIN, F},
        {"public RSA_A 01, private RSA_A 01 shown sign=absent", BEFORE_LOGIN, U},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++)
        check_sign(examples[i].objects, examples[i].circumstances, examples[i].result);
}

static void the_private_key_s_attributes_are_unknown_until_it_is_read(void **state)
{
    static const char *const words[] = {"always_authenticate", "never_extractable", "local"};

    (void)state;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        char selectors[2][64], objects[3][96];
        struct example example = {.circumstances = AFTER_LOGIN};

        for (int value = 0; value < 2; value++) {
            snprintf(selectors[value], sizeof(selectors[0]), "key: {%s: %s}", words[i],
                     value ? "true" : "false");
            snprintf(objects[value], sizeof(objects[0]), "public RSA_A 01, private RSA_A 01 %s=%s",
                     words[i], value ? "true" : "false");
        }
        snprintf(objects[2], sizeof(objects[0]), "public RSA_A 01, private RSA_A 01");
        for (int asked_for = 0; asked_for < 2; asked_for++) {
            for (int object = 0; object < 3; object++) {
                example.selector = selectors[asked_for];
                example.objects = objects[object];
                example.circumstances = AFTER_LOGIN;
                example.result = object == 2 ? U : asked_for == object ? T : F;
                match_check(&example, 1);
                example.circumstances = BEFORE_LOGIN;
                example.result = U;
                match_check(&example, 1);
                example.circumstances = AFTER_LOGIN | NO_GROUP;
                match_check(&example, 1);
            }
        }
    }
}

/* What %u and its kin leave where they fail. */
static void who_asks_from_where_and_when_is_known_or_not(void **state)
{
    static const struct example examples[] = {
        {"when: {user: alice}", "public RSA_A 01", 0, T},
        {"when: {user: bob}", "public RSA_A 01", 0, F},
        {"when: {user: [bob, alice]}", "public RSA_A 01", 0, T},
        {"when: {user: {glob: \"a*\"}}", "public RSA_A 01", 0, T},
        {"when: {user: {re: \"b.*|c\"}}", "public RSA_A 01", 0, F},
        {"when: {user: Alice}", "public RSA_A 01", 0, F},
        {"when: {user: alice}", "public RSA_A 01", NO_PROCESS, U},
        {"when: {user: {glob: \"*\"}}", "public RSA_A 01", NO_PROCESS, U},
        {"when: {group: ops}", "public RSA_A 01", 0, T},
        {"when: {group: users}", "public RSA_A 01", 0, T},
        {"when: {group: [wheel, users]}", "public RSA_A 01", 0, T},
        {"when: {group: wheel}", "public RSA_A 01", 0, F},
        {"when: {group: ops}", "public RSA_A 01", NO_PROCESS, U},
        {"when: {group: users}", "public RSA_A 01", NAMELESS_GROUP, T},
        {"when: {group: wheel}", "public RSA_A 01", NAMELESS_GROUP, U},
        {"when: {host: box.example}", "public RSA_A 01", 0, T},
        {"when: {host: box}", "public RSA_A 01", 0, F},
        {"when: {host: {glob: \"box.*\"}}", "public RSA_A 01", 0, T},
        {"when: {host: box.example}", "public RSA_A 01", NO_PROCESS, U},
        {"when: {time: Mon}", "public RSA_A 01", 0, T},
        {"when: {time: Mon-Fri}", "public RSA_A 01", 0, T},
        {"when: {time: Sat-Mon}", "public RSA_A 01", 0, T},
        {"when: {time: Tue-Sun}", "public RSA_A 01", 0, F},
        {"when: {time: Sat-Sun}", "public RSA_A 01", 0, F},
        {"when: {time: 08:00-18:00}", "public RSA_A 01", 0, T},
        {"when: {time: 09:30-09:31}", "public RSA_A 01", 0, T},
        {"when: {time: 09:31-24:00}", "public RSA_A 01", 0, F},
        {"when: {time: 00:00-09:30}", "public RSA_A 01", 0, F},
        {"when: {time: \"Mon-Fri 08:00-18:00\"}", "public RSA_A 01", 0, T},
        {"when: {time: \"Tue-Fri 08:00-18:00\"}", "public RSA_A 01", 0, F},
        {"when: {time: [\"Tue\", \"09:00-10:00\"]}", "public RSA_A 01", 0, T},
        {"when: {time: Mon}", "public RSA_A 01", NO_PROCESS, U},
        {"when: {user: alice, group: ops, host: box.example, time: Mon}", "public RSA_A 01", 0, T},
        {"when: {user: alice, group: wheel}", "public RSA_A 01", 0, F},
        {"when: {user: alice}", "public RSA_A 01", NO_GROUP, T},
    };

    (void)state;
    CHECK(examples);
}

static void all_of_nothing_is_true_any_of_nothing_false_and_not_of_nothing_unknown(void **state)
{
    static const struct {
        enum selector_kind kind;
        enum truth result;
    } examples[] = {{SELECTOR_ALL, T}, {SELECTOR_ANY, F}, {SELECTOR_NOT, U}};
    const struct subject nothing = {0};

    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        const struct selector selector = {.kind = examples[i].kind};
        assert_int_equal(selector_match(&selector, &nothing), examples[i].result);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(token_and_slot_are_known_by_their_fields_without_the_padding),
        cmocka_unit_test(a_uri_is_all_of_its_attributes),
        cmocka_unit_test(an_id_or_label_is_that_of_any_member),
        cmocka_unit_test(the_object_of_a_uri_is_one_member),
        cmocka_unit_test(a_fingerprint_or_a_public_key_is_that_of_the_group),
        cmocka_unit_test(type_size_and_curve_are_the_public_key_s),
        cmocka_unit_test(whether_it_signs_is_read_after_login_and_presumed_before_it),
        cmocka_unit_test(the_private_key_s_attributes_are_unknown_until_it_is_read),
        cmocka_unit_test(who_asks_from_where_and_when_is_known_or_not),
        cmocka_unit_test(all_of_nothing_is_true_any_of_nothing_false_and_not_of_nothing_unknown),
    };

    return cmocka_run_group_tests(tests, filters_set_up, filters_tear_down);
}
