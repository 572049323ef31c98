// SPDX-License-Identifier: BSD-2-Clause
// Each selector in each kind of rule, true, false and unknown: what the application then sees of a
// token with one key (policy.md 3).
#include "tests/module/host.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/crypto.h"
#include "crypto/public_key.h"

enum outcome { IS_FALSE, IS_TRUE, IS_UNKNOWN };

struct example {
    const char
        *selector; /* @F and @P stand for the key's fingerprint and a file with its public key */
    enum outcome outcome;         /* after login */
    CK_ATTRIBUTE_TYPE unreadable; /* of all objects of the key; 0: none */
    const char *failing;          /* a function of the vendor that fails; NULL: none */
};

/* Token "one" in slot 100; key 04 "four", RSA 2048. */
static const struct example examples[] = {
    {"id: \"04\"", IS_TRUE, 0, NULL},
    {"id: \"05\"", IS_FALSE, 0, NULL},
    {"id: [\"05\", \"04\"]", IS_TRUE, 0, NULL},
    {"id: {prefix: \"05\"}", IS_FALSE, 0, NULL},
    {"id: {prefix: \"04\"}", IS_TRUE, 0, NULL},
    {"id: \"04\"", IS_UNKNOWN, CKA_ID, NULL},
    {"id: \"05\"", IS_UNKNOWN, CKA_ID, NULL},
    {"label: four", IS_TRUE, 0, NULL},
    {"label: Four", IS_FALSE, 0, NULL},
    {"label: {glob: \"f*r\"}", IS_TRUE, 0, NULL},
    {"label: {re: \"fo(u|a)r\"}", IS_TRUE, 0, NULL},
    {"label: {re: \"fou\"}", IS_FALSE, 0, NULL},
    {"label: four", IS_UNKNOWN, CKA_LABEL, NULL},
    {"label: {glob: \"*\"}", IS_UNKNOWN, CKA_LABEL, NULL},
    {"token: {label: one}", IS_TRUE, 0, NULL},
    {"token: {label: two}", IS_FALSE, 0, NULL},
    {"token: {serial: \"0000000000000064\"}", IS_TRUE, 0, NULL},
    {"token: {serial: \"64\"}", IS_FALSE, 0, NULL},
    {"token: {manufacturer: mock, model: mock token}", IS_TRUE, 0, NULL},
    {"token: {manufacturer: mock, model: other}", IS_FALSE, 0, NULL},
    {"token: {manufacturer: mock}", IS_TRUE, 0, NULL},
    {"token: {manufacturer: mock token}", IS_FALSE, 0, NULL},
    {"token: {manufacturer: {re: \"m.ck\"}}", IS_TRUE, 0, NULL},
    {"token: {model: {glob: \"mock*\"}}", IS_TRUE, 0, NULL},
    {"token: {model: {glob: \"?mock*\"}}", IS_FALSE, 0, NULL},
    {"not: {token: {model: mock token}}", IS_FALSE, 0, NULL},
    {"slot: {id: 100}", IS_TRUE, 0, NULL},
    {"slot: {id: 101}", IS_FALSE, 0, NULL},
    {"slot: {description: mock slot}", IS_TRUE, 0, NULL},
    {"slot: {description: other}", IS_FALSE, 0, NULL},
    {"slot: {description: {glob: \"*slot\"}}", IS_TRUE, 0, NULL},
    {"slot: {description: {re: \"slot\"}}", IS_FALSE, 0, NULL},
    {"slot: {description: mock slot}", IS_UNKNOWN, 0, "C_GetSlotInfo"},
    {"not: {slot: {description: other}}", IS_UNKNOWN, 0, "C_GetSlotInfo"},
    {"uri: \"pkcs11:token=one\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:token=two\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:id=%04\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:id=%05\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:id=%04\"", IS_UNKNOWN, CKA_ID, NULL},
    {"uri: \"pkcs11:object=four;type=private\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:object=four;type=cert\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:object=four\"", IS_UNKNOWN, CKA_LABEL, NULL},
    {"uri: \"pkcs11:library-description=mock%20vendor\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:library-description=other\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:library-description=mock%20vendor\"", IS_UNKNOWN, 0, "C_GetInfo"},
    {"uri: \"pkcs11:slot-id=100\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:slot-id=101\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:serial=0000000000000064\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:serial=0000000000000065\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:manufacturer=mock\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:manufacturer=mock%20token\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:model=mock%20token\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:model=mock\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:slot-description=mock%20slot\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:slot-description=mock%20vendor\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:slot-description=other\"", IS_UNKNOWN, 0, "C_GetSlotInfo"},
    {"uri: \"pkcs11:slot-manufacturer=mock\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:slot-manufacturer=mock%20slot\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:slot-manufacturer=mock\"", IS_UNKNOWN, 0, "C_GetSlotInfo"},
    {"uri: \"pkcs11:library-manufacturer=mock\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:library-manufacturer=mock%20vendor\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:library-manufacturer=mock\"", IS_UNKNOWN, 0, "C_GetInfo"},
    {"uri: \"pkcs11:library-version=1\"", IS_TRUE, 0, NULL},
    {"uri: \"pkcs11:library-version=2.40\"", IS_FALSE, 0, NULL},
    {"uri: \"pkcs11:library-version=1.0\"", IS_UNKNOWN, 0, "C_GetInfo"},
    {"uri: \"pkcs11:type=public\"", IS_TRUE, 0, NULL},
    {"not: {uri: \"pkcs11:token=one;object=four\"}", IS_UNKNOWN, CKA_LABEL, NULL},
    {"fingerprint: \"@F\"", IS_TRUE, 0, NULL},
    {"fingerprint: \"SHA256:AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA\"", IS_FALSE, 0, NULL},
    {"public_key: \"@P\"", IS_TRUE, 0, NULL},
    {"public_key: other.pub", IS_FALSE, 0, NULL},
    {"key: {type: rsa}", IS_TRUE, 0, NULL},
    {"key: {type: [ec, ed25519]}", IS_FALSE, 0, NULL},
    {"key: {bits: 2048}", IS_TRUE, 0, NULL},
    {"key: {bits: \">=2048\"}", IS_TRUE, 0, NULL},
    {"key: {bits: \">2048\"}", IS_FALSE, 0, NULL},
    {"key: {curve: nistp256}", IS_FALSE, 0, NULL},
    {"key: {sign: true}", IS_TRUE, 0, NULL},
    {"not: {key: {sign: true}}", IS_FALSE, 0, NULL},
    {"key: {always_authenticate: false}", IS_TRUE, 0, NULL},
    {"key: {always_authenticate: true}", IS_FALSE, 0, NULL},
    {"key: {always_authenticate: true}", IS_UNKNOWN, CKA_ALWAYS_AUTHENTICATE, NULL},
    {"key: {never_extractable: true}", IS_TRUE, 0, NULL},
    {"key: {never_extractable: false}", IS_FALSE, 0, NULL},
    {"key: {never_extractable: false}", IS_UNKNOWN, CKA_NEVER_EXTRACTABLE, NULL},
    {"key: {local: true}", IS_TRUE, 0, NULL},
    {"key: {local: false}", IS_FALSE, 0, NULL},
    {"key: {local: true}", IS_UNKNOWN, CKA_LOCAL, NULL},
    {"when: {user: \"%u\"}", IS_TRUE, 0, NULL},
    {"when: {user: {glob: \"%u?\"}}", IS_FALSE, 0, NULL},
    {"when: {group: {re: \".*\"}}", IS_TRUE, 0, NULL},
    {"when: {group: \"no such group\"}", IS_FALSE, 0, NULL},
    {"when: {host: {glob: \"%L*\"}}", IS_TRUE, 0, NULL},
    {"when: {host: \"%l.elsewhere\"}", IS_FALSE, 0, NULL},
    {"when: {time: Mon-Sun}", IS_TRUE, 0, NULL},
    {"not: {when: {time: Mon-Sun}}", IS_FALSE, 0, NULL},
    {"any: [{id: \"05\"}, {label: four}]", IS_TRUE, 0, NULL},
    {"any: [{id: \"05\"}, {label: five}]", IS_FALSE, 0, NULL},
    {"any: [{id: \"04\"}, {label: five}]", IS_UNKNOWN, CKA_ID, NULL},
    {"any: [{id: \"04\"}, {label: four}]", IS_TRUE, CKA_ID, NULL},
    {"all: [{id: \"04\"}, {label: four}]", IS_TRUE, 0, NULL},
    {"all: [{id: \"04\"}, {label: five}]", IS_FALSE, 0, NULL},
    {"all: [{id: \"04\"}, {label: four}]", IS_UNKNOWN, CKA_ID, NULL},
    {"all: [{id: \"04\"}, {label: five}]", IS_FALSE, CKA_ID, NULL},
    {"not: {id: \"05\"}", IS_TRUE, 0, NULL},
    {"not: {id: \"04\"}", IS_FALSE, 0, NULL},
    {"not: {id: \"05\"}", IS_UNKNOWN, CKA_ID, NULL},
    {"not: {any: [{id: \"05\"}, {label: four}]}", IS_FALSE, 0, NULL},
};

static const char other_public_key[] =
    "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIOMqqnkVzrm0SdG6UOoqKLsabgH5C9okWi0dh2l9GKJl other\n";

static CK_SLOT_ID slot;

static void make_token(const struct example *example)
{
    struct mock_handles handles;

    host_reset(NULL);
    slot = host_token("one");
    handles =
        host.mock->key_add(slot, &(struct mock_key){"rsa:2048", "four", "04", "four", MOCK_PAIR});
    if (example->unreadable != 0) {
        host.mock->attribute_refuse(handles.private_key, example->unreadable,
                                    CKR_ATTRIBUTE_TYPE_INVALID);
        host.mock->attribute_refuse(handles.public_key, example->unreadable,
                                    CKR_ATTRIBUTE_TYPE_INVALID);
    }
    if (example->failing != NULL)
        host.mock->refuse(example->failing, 0, CKR_GENERAL_ERROR);
}

static void write_file(const char *name, const char *text)
{
    char path[128];
    FILE *stream;

    snprintf(path, sizeof(path), "%s/%s", host.folder, name);
    stream = fopen(path, "we");
    assert_non_null(stream);
    fputs(text, stream);
    assert_int_equal(fclose(stream), 0);
}

static char fingerprint[51];

/* The key's fingerprint and its .pub file, from what p11gate shows of it. */
static void note_public_key(void)
{
    static const struct example plain;
    unsigned char modulus[256], exponent[8];
    CK_KEY_TYPE type = CKK_RSA;
    CK_ATTRIBUTE items[] = {{CKA_MODULUS, modulus, sizeof(modulus)},
                            {CKA_PUBLIC_EXPONENT, exponent, sizeof(exponent)},
                            {CKA_KEY_TYPE, &type, sizeof(type)}};
    struct crypto *crypto = crypto_create();
    CK_SESSION_HANDLE session;
    struct public_key *key;
    char *text;

    make_token(&plain);
    host_start("allow: all\n");
    session = host_open(slot);
    assert_int_equal(
        host.functions->C_GetAttributeValue(session, host_only(session, CKO_PUBLIC_KEY), items, 3),
        CKR_OK);
    key = public_key_from_attributes(crypto, &(struct attributes){items, 3});
    text = public_key_ssh_text(key);
    assert_true(public_key_fingerprint_text(key, fingerprint));
    write_file("key.pub", text);
    write_file("other.pub", other_public_key);
    free(text);
    public_key_destroy(key);
    crypto_destroy(crypto);
    host_stop();
}

/* The selector with what is put in for @F and @P. */
static void spell(const struct example *example, char *out, size_t size)
{
    const char *at = strchr(example->selector, '@');

    if (at == NULL)
        snprintf(out, size, "%s", example->selector);
    else
        snprintf(out, size, "%.*s%s%s", (int)(at - example->selector), example->selector,
                 at[1] == 'F' ? fingerprint : "key.pub", at + 2);
}

static bool is_listed(void)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    return count == 1;
}

/* After login, where the token is shown; every object of the key or none. */
static bool is_visible(const struct example *example, const char *rules)
{
    CK_SESSION_HANDLE session;
    CK_ULONG count;

    make_token(example);
    host_start(rules);
    if (!is_listed()) {
        host_stop();
        assert_int_equal(host.mock->logins(slot), 0);
        return false;
    }
    session = host_open(slot);
    host_login(session, "1234");
    count = host_find(session, NULL, 0, NULL, 0);
    assert_true(count == 0 || count == 2);
    host_stop();
    return count == 2;
}

static void check(const char *rules, const struct example *example, bool expected)
{
    if (is_visible(example, rules) != expected)
        fail_msg("the key is %s with\n%s", expected ? "hidden" : "visible", rules);
}

/* Another rule names the token: what shows after login alone is asked about as well. */
static void an_allow_rule_shows_a_key_when_it_is_true(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char selector[256], rules[512];
        spell(&examples[i], selector, sizeof(selector));
        snprintf(rules, sizeof(rules),
                 "allow:\n  - {%s}\n  - {token: {label: one}, label: no key}\n", selector);
        check(rules, &examples[i], examples[i].outcome == IS_TRUE);
    }
}

static void a_require_rule_hides_a_key_unless_it_is_true(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char selector[256], rules[512];
        spell(&examples[i], selector, sizeof(selector));
        snprintf(rules, sizeof(rules), "allow:\n  - {token: {label: one}}\nrequire:\n  - {%s}\n",
                 selector);
        check(rules, &examples[i], examples[i].outcome == IS_TRUE);
    }
}

static void a_deny_rule_hides_a_key_unless_it_is_false(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(examples) / sizeof(examples[0]); i++) {
        char selector[256], rules[512];
        spell(&examples[i], selector, sizeof(selector));
        snprintf(rules, sizeof(rules), "allow:\n  - {token: {label: one}}\ndeny:\n  - {%s}\n",
                 selector);
        check(rules, &examples[i], examples[i].outcome == IS_FALSE);
    }
}

static int load(void **state)
{
    host_load(state);
    note_public_key();
    return 0;
}

static int unload(void **state)
{
    host_remove("key.pub");
    host_remove("other.pub");
    return host_unload(state);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(an_allow_rule_shows_a_key_when_it_is_true, host_reset),
        cmocka_unit_test_teardown(a_require_rule_hides_a_key_unless_it_is_true, host_reset),
        cmocka_unit_test_teardown(a_deny_rule_hides_a_key_unless_it_is_false, host_reset),
    };

    return cmocka_run_group_tests(tests, load, unload);
}
