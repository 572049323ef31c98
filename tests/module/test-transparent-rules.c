// SPDX-License-Identifier: BSD-2-Clause
// The preset transparent with rules: what is permitted is the vendor's own, and what is not cannot be reached by any function.
#include "tests/module/host.h"

#include <string.h>
#include "caller.gen.h"

/* "one" has the keys 01 to 03, "two" has 11. */
static struct {
    CK_SLOT_ID one, two;
    struct mock_handles keys[4], elsewhere;
} made;

static int make_tokens(void **state)
{
    host_reset(state);
    made.one = host_token("one");
    made.two = host_token("two");
    made.keys[1] = host_key(made.one, "rsa:2048", "01", MOCK_PAIR);
    made.keys[2] = host_key(made.one, "ec:P-256", "02", MOCK_PAIR | MOCK_NO_POINT);
    made.keys[3] = host_key(made.one, "rsa:2048", "03", MOCK_PAIR | MOCK_CERTIFICATE);
    made.elsewhere = host_key(made.two, "rsa:2048", "11", MOCK_PAIR);
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
        .buffer = out, .count = 1, .data = bytes, .flag = CK_TRUE, .info = out,
        .mechanism = &mechanism, .mechanism_type = CKM_RSA_PKCS, .mechanisms_out = slots,
        .number = CKF_SERIAL_SESSION, .object_out = slots, .objects_out = slots, .secret = bytes,
        .session_out = slots, .size = &size, .slot_out = slots, .slots_out = slots,
        .template = &template, .template_out = &template_out, .text = bytes, .user = CKU_USER,
    };
}

static bool takes(int function, unsigned kinds)
{
    return (function_kinds[function].kinds & kinds) != 0;
}

/* The vendor may be asked about the object (its own view of the token is made so), but by no other function. */
static bool is_for_looking(const char *name)
{
    static const char *const names[] = {"C_GetSessionInfo", "C_GetTokenInfo", "C_GetSlotInfo",
                                        "C_GetInfo", "C_OpenSession", "C_CloseSession",
                                        "C_FindObjectsInit", "C_FindObjects", "C_FindObjectsFinal",
                                        "C_GetAttributeValue"};

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (strcmp(names[i], name) == 0)
            return true;
    }
    return false;
}

static void assert_refused(int function, struct call_arguments *arguments, CK_RV expected)
{
    const char *name = function_kinds[function].name;
    CK_RV rv;

    host.mock->forget_calls();
    rv = call_function(host.functions, (enum function_id)function, arguments);
    if (rv != expected)
        fail_msg("%s: %#lx, not %#lx", name, rv, expected);
    for (unsigned i = 0; host.mock->call_name(i) != NULL; i++) {
        if (!is_for_looking(host.mock->call_name(i)))
            fail_msg("%s: the vendor saw %s", name, host.mock->call_name(i));
    }
}

static bool is_of_messages(int function)
{
    return strncmp(function_kinds[function].name, "C_Message", strlen("C_Message")) == 0;
}

/* What the standard has each function say of a handle that is none. */
static CK_RV not_valid(int function)
{
    if (function == FUNCTION_C_WrapKey)
        return CKR_WRAPPING_KEY_HANDLE_INVALID;
    if (function == FUNCTION_C_UnwrapKey)
        return CKR_UNWRAPPING_KEY_HANDLE_INVALID;
    return takes(function, KIND_object) ? CKR_OBJECT_HANDLE_INVALID : CKR_KEY_HANDLE_INVALID;
}

static void assert_unreachable(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE handle)
{
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = harmless();

        if (!takes(f, KIND_object | KIND_key))
            continue;
        arguments.session = session;
        arguments.object = arguments.key = handle;
        if (is_of_messages(f))
            arguments.mechanism->mechanism = CKM_AES_GCM; /* others are not even asked for */
        assert_refused(f, &arguments, not_valid(f));
    }
}

static void a_hidden_object_is_reached_by_no_function(void **state)
{
    static const char *const rules[] = {
        "allow: [{id: \"01\"}]",
        "deny: [{id: \"02\"}, {id: \"03\"}]\nallow: all",
        "require: [{label: \"01\"}]",
        "allow: [{label: {glob: \"*1\"}}]",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
        char text[256] = "preset: transparent\n";
        CK_SESSION_HANDLE session;

        strcat(text, rules[i]);
        session = host_start_logged_in(text, made.one);
        assert_unreachable(session, made.keys[2].private_key);
        assert_unreachable(session, made.keys[2].public_key);
        assert_unreachable(session, made.keys[3].private_key);
        assert_unreachable(session, made.keys[3].public_key);
        assert_unreachable(session, made.keys[3].certificate);
        assert_unreachable(session, 4711);
        host_stop();
    }
}

static void a_hidden_key_is_not_wrapped_with_one_that_is_shown(void **state)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char wrapped[512];
    CK_ULONG size = sizeof(wrapped);
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"01\"}]", made.one);

    (void)state;
    assert_int_equal(host.functions->C_WrapKey(session, &mechanism, made.keys[1].public_key,
                                               made.keys[2].private_key, wrapped, &size),
                     CKR_KEY_HANDLE_INVALID);
    assert_int_equal(host.mock->calls_of("C_WrapKey"), 0);
    host_stop();
}

static void what_is_shown_is_the_vendors(void **state)
{
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"01\"}]", made.one);

    (void)state;
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    assert_int_equal(host_only(session, CKO_PUBLIC_KEY), made.keys[1].public_key);
    assert_int_equal(host_only(session, CKO_PRIVATE_KEY), made.keys[1].private_key);
    assert_int_equal(host_sign(session, CKM_RSA_PKCS, made.keys[1].private_key, signature, &size),
                     CKR_OK);
    host_stop();
}

static void a_search_fills_the_room_it_is_given(void **state)
{
    CK_OBJECT_HANDLE found[3];
    CK_ULONG count = 0;
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: [\"01\", \"03\"]}]", made.one);

    (void)state;
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    assert_int_equal(host.functions->C_FindObjects(session, found, 3, &count), CKR_OK);
    assert_int_equal(count, 3);
    assert_int_equal(host.functions->C_FindObjects(session, found, 3, &count), CKR_OK);
    assert_int_equal(count, 2);
    assert_int_equal(host.functions->C_FindObjects(session, found, 3, &count), CKR_OK);
    assert_int_equal(count, 0);
    host_stop();
}

static void assert_slots(CK_SLOT_ID expected)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 4;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &count), CKR_OK);
    assert_int_equal(count, 1);
    assert_int_equal(slots[0], expected);
}

static void a_token_without_a_permitted_key_is_not_there(void **state)
{
    (void)state;
    host_start("preset: transparent\nallow: [{id: \"11\"}]");
    assert_slots(made.two);
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        struct call_arguments arguments = harmless();

        if (!takes(f, KIND_slot))
            continue;
        arguments.slot = made.one;
        assert_refused(f, &arguments, CKR_SLOT_ID_INVALID);
    }
    host_stop();
    host_start("preset: transparent\nallow: [{token: {label: one}, id: \"99\"}]");
    assert_slots(made.one); /* it is named */
    host_stop();
}

static void no_PIN_goes_to_a_token_that_is_no_longer_shown(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start("preset: transparent");
    session = host_open(made.one);
    host_config("preset: transparent\nallow: [{id: \"11\"}]");
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_int_equal(host_try_login(session, CKU_USER, "1234"), CKR_TOKEN_NOT_PRESENT);
    assert_int_equal(host.mock->logins(made.one), 0);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host_stop();
}

static void a_token_that_holds_something_is_not_initialised(void **state)
{
    CK_UTF8CHAR pin[] = "1234", label[32] = "new";

    (void)state;
    host_start("preset: transparent\nallow: [{id: \"01\"}]");
    assert_int_equal(host.functions->C_InitToken(made.one, pin, 4, label),
                     CKR_FUNCTION_NOT_SUPPORTED);
    assert_int_equal(host.mock->calls_of("C_InitToken"), 0);
    host_stop();
}

static void parameters_that_may_hold_a_handle_are_refused(void **state)
{
    static CK_OBJECT_HANDLE handle;
    static const struct {
        CK_MECHANISM mechanism;
        bool passed;
    } cases[] = {
        {{CKM_RSA_PKCS, NULL, 0}, true},
        {{CKM_CONCATENATE_BASE_AND_KEY, &handle, sizeof(handle)}, false},
        {{CKM_RSA_PKCS, &handle, sizeof(handle)}, false},
        {{CKM_VENDOR_DEFINED + 1, &handle, sizeof(handle)}, false},
        {{CKM_VENDOR_DEFINED + 1, NULL, 0}, true},
        {{CKM_CONCATENATE_BASE_AND_KEY, &handle, 0}, false}, /* a vendor may not look at the length */
        {{CKM_RSA_PKCS, NULL, 8}, false},
        {{CKM_AES_CBC, &handle, 16}, true},
        {{CKM_AES_CBC, &handle, 8}, false},
    };
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"01\"}]", made.one);

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int f = 0; f < FUNCTION_COUNT; f++) {
            struct call_arguments arguments = harmless();
            CK_MECHANISM mechanism = cases[i].mechanism;

            if (!takes(f, KIND_mechanism) || is_of_messages(f))
                continue;
            arguments.session = session;
            arguments.mechanism = &mechanism;
            arguments.key = made.keys[1].private_key;
            if (!cases[i].passed)
                assert_refused(f, &arguments, CKR_MECHANISM_INVALID);
            else
                assert_int_not_equal(
                    call_function(host.functions, (enum function_id)f, &arguments),
                    CKR_KEY_HANDLE_INVALID);
        }
    }
    host_stop();
}

/* A card that was exchanged may give its keys the handles of the other's. */
static void handles_of_a_card_that_was_exchanged_lead_nowhere(void **state)
{
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"01\"}, {token: {label: two}, id: \"99\"}]",
                             made.one);

    (void)state;
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    host.mock->token_swap(made.one, made.two);
    session = host_open(made.one);
    host_login(session, "1234");
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 0);
    assert_unreachable(session, made.keys[1].private_key);
    assert_unreachable(session, made.elsewhere.private_key);
    host_stop();
}

/* Vendors use handles again: what was seen of the token is forgotten with all that may have changed it. */
static void a_handle_that_was_shown_is_looked_at_anew_in_a_new_session(void **state)
{
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{label: \"01\"}, {token: {label: one}, id: \"99\"}]",
                             made.one);

    (void)state;
    assert_int_equal(host_only(session, CKO_PRIVATE_KEY), made.keys[1].private_key);
    host.mock->key_replace(made.one, &(struct mock_key){"rsa:2048", "another", "01", "another", MOCK_PAIR},
                           true);
    session = host_open(made.one);
    assert_unreachable(session, made.keys[1].private_key);
    host_stop();
}

/* By another process: no call that went through here told of it. */
static void what_is_made_meanwhile_is_judged_like_all_else(void **state)
{
    const CK_OBJECT_CLASS data = CKO_DATA;
    unsigned char signature[512];
    CK_ULONG size = sizeof(signature);
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: [\"01\", \"05\"]}]", made.one);
    struct mock_handles permitted, hidden, other;

    (void)state;
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    hidden = host_key(made.one, "ec:P-256", "04", MOCK_PAIR);
    assert_int_equal(host_sign(session, CKM_ECDSA, hidden.private_key, signature, &size),
                     CKR_KEY_HANDLE_INVALID);
    assert_unreachable(session, hidden.private_key);
    assert_unreachable(session, hidden.public_key);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    permitted = host_key(made.one, "ec:P-256", "05", MOCK_PAIR);
    assert_int_equal(host_sign(session, CKM_ECDSA, permitted.private_key, signature, &size), CKR_OK);
    other = host_key(made.one, "ec:P-256", "05", MOCK_PUBLIC_KEY);
    host.mock->attribute_set(other.public_key, CKA_CLASS, &data, sizeof(data));
    assert_unreachable(session, other.public_key);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 4);
    host_stop();
}

/* ssh would have no use for it; whoever deletes a key pair begins with one of the two. */
static void a_public_key_without_its_private_key_is_shown(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_key(made.one, "ec:P-256", "06", MOCK_PUBLIC_KEY);
    session = host_start_logged_in("preset: transparent\nallow: [{id: \"06\"}]", made.one);
    host_only(session, CKO_PUBLIC_KEY);
    host_stop();
}

static void a_function_that_is_refused_does_not_reach_the_vendor(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    session = host_start_logged_in("preset: transparent\nfunctions: {deny: [C_Sign, decrypt, C_InitPIN]}", made.one);
    for (int f = 0; f < FUNCTION_COUNT; f++) {
        static const char *const denied[] = {"C_Sign", "C_InitPIN", "C_DecryptInit", "C_DecryptFinal"};
        struct call_arguments arguments = harmless();

        arguments.session = session;
        for (size_t i = 0; i < sizeof(denied) / sizeof(denied[0]); i++) {
            if (strcmp(function_kinds[f].name, denied[i]) == 0)
                assert_refused(f, &arguments, CKR_FUNCTION_NOT_SUPPORTED);
        }
    }
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 7); /* all of the three keys */
    host_stop();
}

static void sessions_that_are_to_be_read_only_are(void **state)
{
    CK_SESSION_HANDLE session = 0;

    (void)state;
    host_start("preset: transparent\nsession: {read_only: true}");
    assert_int_equal(host.functions->C_OpenSession(made.one, CKF_SERIAL_SESSION | CKF_RW_SESSION,
                                                   NULL, NULL, &session),
                     CKR_OK);
    assert_int_equal(host.mock->settings->session_flags, CKF_SERIAL_SESSION);
    host_stop();
}

static void a_rule_may_leave_out_the_certificate(void **state)
{
    CK_SESSION_HANDLE session =
        host_start_logged_in("preset: transparent\nallow: [{id: \"03\", use: {expose_certificate: false}}]", made.one);

    (void)state;
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    assert_unreachable(session, made.keys[3].certificate);
    host_stop();
}

static void who_asks_decides_as_well(void **state)
{
    (void)state;
    host_start("preset: transparent\nallow: [{id: \"11\"}, {id: \"01\", when: {user: \"no such user\"}}]");
    assert_slots(made.two);
    host_stop();
    host_start("preset: transparent\nallow: [{id: \"01\", when: {user: \"%u\"}}]");
    assert_slots(made.one);
    host_stop();
}

#define TEST(function) cmocka_unit_test_setup_teardown(function, make_tokens, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_hidden_object_is_reached_by_no_function),
        TEST(a_hidden_key_is_not_wrapped_with_one_that_is_shown),
        TEST(what_is_shown_is_the_vendors),
        TEST(a_search_fills_the_room_it_is_given),
        TEST(a_token_without_a_permitted_key_is_not_there),
        TEST(no_PIN_goes_to_a_token_that_is_no_longer_shown),
        TEST(a_token_that_holds_something_is_not_initialised),
        TEST(parameters_that_may_hold_a_handle_are_refused),
        TEST(a_handle_that_was_shown_is_looked_at_anew_in_a_new_session),
        TEST(what_is_made_meanwhile_is_judged_like_all_else),
        TEST(a_public_key_without_its_private_key_is_shown),
        TEST(a_function_that_is_refused_does_not_reach_the_vendor),
        TEST(sessions_that_are_to_be_read_only_are),
        TEST(a_rule_may_leave_out_the_certificate),
        TEST(who_asks_decides_as_well),
        TEST(handles_of_a_card_that_was_exchanged_lead_nowhere),
    };

    return cmocka_run_group_tests_name("transparent-rules", tests, host_load, host_unload);
}
