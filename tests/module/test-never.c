// SPDX-License-Identifier: BSD-2-Clause
// What is hidden is never used: no call with a handle that p11gate did not issue reaches the
// vendor, whatever the policy.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>
#include "caller.gen.h"
#include "filters/preset.h"

_Static_assert(FUNCTION_COUNT == 92, "PKCS#11 3.0 has 92 functions");
_Static_assert(sizeof(struct function_list) == sizeof(CK_FUNCTION_LIST) + 24 * sizeof(void *),
               "24 of them were not in 2.40");

enum { LAST_SMALL_HANDLE = 65535, RANDOM_HANDLES = 1000 };

/* The token "one" has keys 01 to 04, "two" has 11 and 12, "three" has 21. 04, 12 and 21 are never
 * permitted. */
static struct {
    CK_SLOT_ID one, two, three;
    struct mock_handles vendor[5]; /* of the keys of "one", by id; of 04 with a certificate */
    struct mock_handles elsewhere, hidden_elsewhere;
} made;

static int make_tokens(void **state)
{
    host_reset(state);
    made.one = host_token("one");
    made.two = host_token("two");
    made.three = host_token("three");
    made.vendor[1] = host_key(made.one, "rsa:2048", "01", MOCK_PAIR);
    made.vendor[2] = host_key(made.one, "ec:P-256", "02", MOCK_PAIR | MOCK_NO_POINT);
    made.vendor[3] = host_key(made.one, "rsa:2048", "03", MOCK_PAIR);
    made.vendor[4] = host_key(made.one, "rsa:2048", "04", MOCK_PAIR | MOCK_CERTIFICATE);
    made.elsewhere = host_key(made.two, "rsa:2048", "11", MOCK_PAIR);
    made.hidden_elsewhere = host_key(made.two, "rsa:2048", "12", MOCK_PAIR);
    host_key(made.three, "rsa:2048", "21", MOCK_PAIR);
    return 0;
}

/* Every argument points at something that is long enough and harmless. */
static struct call_arguments harmless(void)
{
    static unsigned char bytes[8192], out[8192];
    static CK_MECHANISM mechanism;
    static CK_ATTRIBUTE template, template_out;
    static CK_ULONG size, slots[64];

    mechanism = (CK_MECHANISM){CKM_RSA_PKCS, NULL, 0};
    template = (CK_ATTRIBUTE){CKA_LABEL, bytes, 1};
    template_out = (CK_ATTRIBUTE){CKA_LABEL, out, sizeof(out)};
    size = 64;
    return (struct call_arguments){
        .buffer = out,
        .count = 1,
        .data = bytes,
        .flag = CK_TRUE,
        .info = out,
        .mechanism = &mechanism,
        .mechanism_type = CKM_RSA_PKCS,
        .mechanisms_out = slots,
        .number = CKF_SERIAL_SESSION,
        .object_out = slots,
        .objects_out = slots,
        .secret = bytes,
        .session_out = slots,
        .size = &size,
        .slot_out = slots,
        .slots_out = slots,
        .template = &template,
        .template_out = &template_out,
        .text = bytes,
        .user = CKU_USER,
    };
}

static bool takes(int function, unsigned kinds)
{
    return (function_kinds[function].kinds & kinds) != 0;
}

static enum preset preset; /* that the configuration has: host_start() with "preset: read-only" */

/* What a function answers whose handle is refused by its kind; the refused functions do not even
 * look. */
static CK_RV refusal(int function, CK_RV of_kind)
{
    static const struct {
        const char *how;
        CK_RV rv;
    } refusals[] = {{"refuse", CKR_FUNCTION_NOT_SUPPORTED},
                    {"protect", CKR_TOKEN_WRITE_PROTECTED},
                    {"parallel", CKR_FUNCTION_NOT_PARALLEL}};

    for (size_t i = 0; i < sizeof(refusals) / sizeof(refusals[0]); i++) {
        if (strcmp(function_kinds[function].how[preset], refusals[i].how) == 0)
            return refusals[i].rv;
    }
    return of_kind;
}

static void assert_refused(int function, struct call_arguments *arguments, CK_RV expected,
                           CK_ULONG handle)
{
    unsigned before = host.mock->calls();
    CK_RV rv = call_function(host.functions, (enum function_id)function, arguments);

    if (rv != expected)
        fail_msg("%s with handle %#lx: 0x%lx, not 0x%lx", function_kinds[function].name, handle, rv,
                 expected);
    if (host.mock->calls() != before)
        fail_msg("%s with handle %#lx: the vendor saw %s", function_kinds[function].name, handle,
                 host.mock->call_name(before));
}

/* In every function that takes an object, as object and as key. */
static void assert_object_refused(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = harmless();

        if (!takes(f, KIND_object | KIND_key))
            continue;
        arguments.session = session;
        arguments.object = arguments.key = handle;
        assert_refused(
            f, &arguments,
            refusal(f, takes(f, KIND_key) ? CKR_KEY_HANDLE_INVALID : CKR_OBJECT_HANDLE_INVALID),
            handle);
    }
}

static void assert_session_refused(CK_SESSION_HANDLE session)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = harmless();

        if (!takes(f, KIND_session))
            continue;
        arguments.session = session;
        assert_refused(f, &arguments, refusal(f, CKR_SESSION_HANDLE_INVALID), session);
    }
}

static void assert_slot_refused(CK_SLOT_ID slot)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = harmless();

        if (!takes(f, KIND_slot))
            continue;
        arguments.slot = slot;
        assert_refused(f, &arguments, refusal(f, CKR_SLOT_ID_INVALID), slot);
    }
}

static CK_ULONG next_random(void)
{
    static uint64_t state = 0x9e3779b97f4a7c15U;

    state ^= state << 13;
    state ^= state >> 7;
    state ^= state << 17;
    return state;
}

/* Handles that the vendor has for what is hidden, and for what is shown. */
static void assert_vendor_handles_refused(CK_SESSION_HANDLE session)
{
    const CK_OBJECT_HANDLE others[] = {made.elsewhere.private_key,
                                       made.elsewhere.public_key,
                                       made.hidden_elsewhere.private_key,
                                       made.hidden_elsewhere.public_key,
                                       CK_INVALID_HANDLE,
                                       CK_UNAVAILABLE_INFORMATION};

    for (size_t i = 1; i <= 4; i++) {
        assert_object_refused(session, made.vendor[i].private_key);
        assert_object_refused(session, made.vendor[i].public_key);
    }
    assert_object_refused(session, made.vendor[4].certificate);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_object_refused(session, others[i]);
    for (int i = 0; i < RANDOM_HANDLES; i++)
        assert_object_refused(session, next_random() | 0x8000000000000000UL);
}

/* Rules by number: the first n of each list are in force. keys tells, as bits, which of 01 02 03 a
 * rule is true for. */
struct rule {
    const char *text;
    unsigned keys;
};

enum { KEY_1 = 1, KEY_2 = 2, KEY_3 = 4, ANY_KEY = 7 };

static const struct rule allow_rules[] = {
    {"{token: {label: one}, id: \"01\"}", KEY_1},
    {"{token: {label: one}, label: {glob: \"0[12]\"}}", KEY_1 | KEY_2},
    {"{id: \"03\", key: {type: rsa}}", KEY_3},
};
static const struct rule require_rules[] = {
    {"{any: [{id: [\"01\", \"03\"]}, {key: {type: ec}}]}", ANY_KEY},
    {"{not: {id: \"04\"}}", ANY_KEY},
    {"{key: {bits: \">=1024\"}}", KEY_1 | KEY_3},
};
static const struct rule deny_rules[] = {
    {"{id: \"ff\"}", 0},
    {"{not: {token: {manufacturer: mock}}}", 0},
    {"{id: \"03\", key: {type: rsa}}", KEY_3},
};

static size_t add_rules(char *text, size_t room, const char *list, const struct rule *rules,
                        unsigned n)
{
    int size = snprintf(text, room, n == 0 ? "%s: []\n" : "%s:\n", list);

    for (unsigned i = 0; i < n; i++)
        size += snprintf(text + size, room - (size_t)size, "  - %s\n", rules[i].text);
    return (size_t)size;
}

static void start_with_rules(unsigned allow, unsigned require, unsigned deny)
{
    char text[2048];
    size_t size = add_rules(text, sizeof(text), "allow", allow_rules, allow);

    size += add_rules(text + size, sizeof(text) - size, "require", require_rules, require);
    add_rules(text + size, sizeof(text) - size, "deny", deny_rules, deny);
    host_start(text);
}

/* The three values, by hand: allowed by one rule, required by all, denied by none. */
static unsigned visible_keys(unsigned allow, unsigned require, unsigned deny)
{
    unsigned keys = 0;

    for (unsigned i = 0; i < allow; i++)
        keys |= allow_rules[i].keys;
    for (unsigned i = 0; i < require; i++)
        keys &= require_rules[i].keys;
    for (unsigned i = 0; i < deny; i++)
        keys &= ~deny_rules[i].keys;
    return keys;
}

static bool slot_is_listed(CK_SLOT_ID slot)
{
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    for (CK_ULONG i = 0; i < count; i++) {
        if (slots[i] == slot)
            return true;
    }
    return false;
}

static unsigned char first_of_id(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    unsigned char id[64] = "";
    CK_ATTRIBUTE wanted = {CKA_ID, id, sizeof(id)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1), CKR_OK);
    return id[0];
}

static CK_OBJECT_CLASS class_of(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    CK_OBJECT_CLASS class = 0;
    CK_ATTRIBUTE wanted = {CKA_CLASS, &class, sizeof(class)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1), CKR_OK);
    return class;
}

/* Exactly the private keys of the policy are there, and nothing of another one. */
static void assert_visible(CK_SESSION_HANDLE session, unsigned keys)
{
    CK_OBJECT_HANDLE found[64];
    CK_ULONG count = host_find(session, NULL, 0, found, 64);
    unsigned seen = 0;

    assert_true(count <= 64);
    for (CK_ULONG i = 0; i < count; i++) {
        unsigned char id = first_of_id(session, found[i]);
        assert_in_range(id, 1, 3);
        assert_true((keys & (1U << (id - 1))) != 0);
        seen |= class_of(session, found[i]) == CKO_PRIVATE_KEY ? 1U << (id - 1) : 0;
    }
    assert_int_equal(seen, keys);
}

static void check_policy(unsigned allow, unsigned require, unsigned deny)
{
    unsigned keys = visible_keys(allow, require, deny);
    CK_SESSION_HANDLE session = 0x10001;

    make_tokens(NULL);
    start_with_rules(allow, require, deny);
    if (allow > 0) { /* the first rule names the token */
        assert_true(slot_is_listed(made.one));
        session = host_open(made.one);
        host_login(session, "1234");
        assert_visible(session, keys);
        assert_vendor_handles_refused(session);
    } else {
        assert_false(slot_is_listed(made.one));
        assert_slot_refused(made.one);
        assert_session_refused(session);
    }
    assert_slot_refused(made.two);
    assert_slot_refused(made.three);
    assert_int_equal(host.mock->logins(made.two) + host.mock->logins(made.three), 0);
    host_stop();
}

static void what_no_rule_permits_is_out_of_reach_with_0_to_3_rules_of_each_kind(void **state)
{
    (void)state;
    for (unsigned allow = 0; allow <= 3; allow++) {
        for (unsigned require = 0; require <= 3; require++) {
            for (unsigned deny = 0; deny <= 3; deny++)
                check_policy(allow, require, deny);
        }
    }
}

/* Keys 01 and 11 are permitted; a session on the first token, logged in. */
static CK_SESSION_HANDLE start_with_two_keys(void)
{
    CK_SESSION_HANDLE session;

    host_start(preset == PRESET_SSH
                   ? "allow:\n  - id: [\"01\", \"11\"]\n"
                   : "preset: read-only\nallow:\n  - id: [\"01\", \"11\"]\n");
    session = host_open(made.one);
    host_login(session, "1234");
    host_only(session, CKO_PRIVATE_KEY);
    assert_false(slot_is_listed(made.three)); /* all that is to be read is read */
    return session;
}

static void a_permitted_key_does_sign_and_the_vendor_sees_it(void **state)
{
    CK_SESSION_HANDLE session = start_with_two_keys();
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    host.mock->forget_calls();
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, key, signature, &size), CKR_OK);
    assert_int_equal(host.mock->calls_of("C_Sign"), 1);
    host_stop();
}

static void handles_0_to_65535_and_random_ones_are_refused_by_every_function(void **state)
{
    CK_SESSION_HANDLE session = start_with_two_keys();

    (void)state;
    assert_vendor_handles_refused(session);
    for (CK_ULONG handle = 0; handle <= LAST_SMALL_HANDLE; handle++) {
        assert_object_refused(session, handle);
        assert_session_refused(handle);
        if (handle != made.one && handle != made.two)
            assert_slot_refused(handle);
    }
    for (int i = 0; i < RANDOM_HANDLES; i++)
        assert_session_refused(next_random() | 0x8000000000000000UL);
    host_stop();
}

/* One bit of an issued handle changed is another handle. */
static void neighbours_of_an_issued_handle_are_refused(void **state)
{
    CK_SESSION_HANDLE session = start_with_two_keys();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);

    (void)state;
    assert_true(key > LAST_SMALL_HANDLE && session > LAST_SMALL_HANDLE);
    for (unsigned bit = 0; bit < 64; bit++) {
        CK_OBJECT_HANDLE other = key ^ (1UL << bit);
        if (other != host_only(session, CKO_PUBLIC_KEY))
            assert_object_refused(session, other);
        assert_session_refused(session ^ (1UL << bit));
    }
    assert_object_refused(session, session);
    assert_session_refused(key);
    host_stop();
}

static void handles_of_another_token_are_refused(void **state)
{
    CK_SESSION_HANDLE one = start_with_two_keys(), two = host_open(made.two);
    CK_OBJECT_HANDLE keys[3];

    (void)state;
    host_login(two, "1234");
    keys[0] = host_only(two, CKO_PRIVATE_KEY);
    keys[1] = host_only(two, CKO_PUBLIC_KEY);
    keys[2] = host_only(one, CKO_PRIVATE_KEY);
    assert_object_refused(one, keys[0]);
    assert_object_refused(one, keys[1]);
    assert_object_refused(two, keys[2]);
    host_stop();
}

static void handles_are_stale_after_logout_and_after_C_Finalize(void **state)
{
    CK_SESSION_HANDLE session = start_with_two_keys(), other;
    CK_OBJECT_HANDLE private_key = host_only(session, CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE public_key = host_only(session, CKO_PUBLIC_KEY);

    (void)state;
    assert_int_equal(host.functions->C_Logout(session), CKR_OK);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, NULL, 0), 0);
    assert_object_refused(session, private_key);
    host_login(session, "1234");
    private_key = host_only(session, CKO_PRIVATE_KEY);
    host_stop();
    other = start_with_two_keys();
    assert_session_refused(session);
    host_only(other, CKO_PRIVATE_KEY);
    assert_object_refused(other, private_key);
    assert_object_refused(other, public_key);
    host_stop();
}

static void a_closed_session_is_refused(void **state)
{
    CK_SESSION_HANDLE session = start_with_two_keys(), other = host_open(made.one);

    (void)state;
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    assert_session_refused(session);
    assert_int_equal(host.functions->C_CloseAllSessions(made.one), CKR_OK);
    assert_session_refused(other);
    host_stop();
}

/* A mechanism that carries handles, or that no one knows, is refused before its parameter is looked
 * at. */
static void handles_inside_mechanism_parameters_are_refused(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = {CKM_CONCATENATE_BASE_AND_KEY,
                                                   CKM_ECDH1_DERIVE,
                                                   CKM_ECDH1_COFACTOR_DERIVE,
                                                   CKM_ECMQV_DERIVE,
                                                   CKM_X9_42_DH_HYBRID_DERIVE,
                                                   CKM_XOR_BASE_AND_DATA,
                                                   CKM_WTLS_PRF,
                                                   CKM_RSA_PKCS_OAEP,
                                                   CKM_AES_GCM,
                                                   CKM_EXTRACT_KEY_FROM_KEY,
                                                   CKM_SSL3_KEY_AND_MAC_DERIVE,
                                                   CKM_KIP_DERIVE,
                                                   CKM_RSA_AES_KEY_WRAP,
                                                   CKM_RSA_X_509,
                                                   CKM_VENDOR_DEFINED | 1,
                                                   CK_UNAVAILABLE_INFORMATION};
    CK_SESSION_HANDLE session = start_with_two_keys();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE parameter[16];

    (void)state;
    for (size_t i = 0; i < 16; i++)
        parameter[i] = made.vendor[4].private_key;
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        for (size_t m = 0;
             takes(f, KIND_mechanism) && m < sizeof(mechanisms) / sizeof(mechanisms[0]); m++) {
            for (CK_ULONG size = sizeof(parameter[0]); size <= sizeof(parameter); size *= 2) {
                struct call_arguments arguments = harmless();
                *arguments.mechanism = (CK_MECHANISM){mechanisms[m], parameter, size};
                arguments.session = session;
                arguments.key = key;
                assert_refused(f, &arguments, refusal(f, CKR_MECHANISM_INVALID), mechanisms[m]);
            }
        }
    }
    host_stop();
}

/* A permitted mechanism that takes no parameter is refused with one, or with one that is no
 * parameter of it. */
static void unexpected_parameters_of_permitted_mechanisms_are_refused(void **state)
{
    static const CK_MECHANISM_TYPE mechanisms[] = {CKM_RSA_PKCS, CKM_SHA256_RSA_PKCS,
                                                   CKM_RSA_PKCS_PSS, CKM_SHA256_RSA_PKCS_PSS};
    CK_SESSION_HANDLE session = start_with_two_keys();
    CK_OBJECT_HANDLE key = host_only(session, CKO_PRIVATE_KEY);
    CK_OBJECT_HANDLE parameter = made.vendor[4].private_key;

    (void)state;
    host.mock->forget_calls();
    for (size_t m = 0; m < sizeof(mechanisms) / sizeof(mechanisms[0]); m++) {
        CK_MECHANISM mechanism = {mechanisms[m], &parameter, sizeof(parameter)};
        CK_RV rv = host.functions->C_SignInit(session, &mechanism, key);
        assert_true(rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_MECHANISM_INVALID);
        rv = host.functions->C_VerifyInit(session, &mechanism, key);
        assert_true(rv == CKR_MECHANISM_PARAM_INVALID || rv == CKR_MECHANISM_INVALID ||
                    rv == CKR_KEY_HANDLE_INVALID);
    }
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void refused_mechanisms_are_absent(void **state)
{
    CK_MECHANISM_TYPE list[64];
    CK_MECHANISM_INFO info;
    CK_ULONG count = 64, again = 0;

    (void)state;
    start_with_two_keys();
    assert_int_equal(host.functions->C_GetMechanismList(made.one, list, &count), CKR_OK);
    assert_int_equal(host.functions->C_GetMechanismList(made.one, NULL, &again), CKR_OK);
    assert_int_equal(count, again);
    assert_true(count > 0);
    for (CK_ULONG i = 0; i < count; i++) {
        assert_int_not_equal(list[i], CKM_CONCATENATE_BASE_AND_KEY);
        assert_int_not_equal(list[i], CKM_ECDH1_DERIVE);
        assert_int_not_equal(list[i], CKM_AES_KEY_GEN);
        assert_int_equal(host.functions->C_GetMechanismInfo(made.one, list[i], &info), CKR_OK);
    }
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_GetMechanismInfo(made.one, CKM_ECDH1_DERIVE, &info),
                     CKR_MECHANISM_INVALID);
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

static void a_hidden_token_is_in_no_answer(void **state)
{
    CK_SESSION_HANDLE session;
    CK_SLOT_ID slots[16];
    CK_ULONG count = 16;

    (void)state;
    session = start_with_two_keys();
    assert_int_equal(host.functions->C_GetSlotList(CK_FALSE, slots, &count), CKR_OK);
    assert_int_equal(count, 2);
    assert_false(slot_is_listed(made.three));
    assert_slot_refused(made.three);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host_stop();
}

/* More functions look at handles there. */
static void under_read_only_handles_are_refused_as_well(void **state)
{
    CK_SESSION_HANDLE session;

    preset = PRESET_READ_ONLY;
    session = start_with_two_keys();
    assert_vendor_handles_refused(session);
    for (CK_ULONG handle = 0; handle <= LAST_SMALL_HANDLE; handle++) {
        assert_object_refused(session, handle);
        assert_session_refused(handle);
    }
    host_stop();
    handles_of_another_token_are_refused(state);
    handles_are_stale_after_logout_and_after_C_Finalize(state);
    a_closed_session_is_refused(state);
    preset = PRESET_SSH;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_permitted_key_does_sign_and_the_vendor_sees_it,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(
            what_no_rule_permits_is_out_of_reach_with_0_to_3_rules_of_each_kind, make_tokens,
            host_reset),
        cmocka_unit_test_setup_teardown(
            handles_0_to_65535_and_random_ones_are_refused_by_every_function, make_tokens,
            host_reset),
        cmocka_unit_test_setup_teardown(neighbours_of_an_issued_handle_are_refused, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(handles_of_another_token_are_refused, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(handles_are_stale_after_logout_and_after_C_Finalize,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(a_closed_session_is_refused, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(handles_inside_mechanism_parameters_are_refused,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(unexpected_parameters_of_permitted_mechanisms_are_refused,
                                        make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(refused_mechanisms_are_absent, make_tokens, host_reset),
        cmocka_unit_test_setup_teardown(under_read_only_handles_are_refused_as_well, make_tokens,
                                        host_reset),
        cmocka_unit_test_setup_teardown(a_hidden_token_is_in_no_answer, make_tokens, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
