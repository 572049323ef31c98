// SPDX-License-Identifier: BSD-2-Clause
// Traps that filters of PKCS#11 fall into, of rules, searches and slots; each test is named after
// one that no other test has in its name (docs/traps.md lists all of them).
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>

static CK_SLOT_ID one, two;

static const char *const presets[] = {"ssh", "read-only", "transparent"};

enum { N_PRESETS = sizeof(presets) / sizeof(presets[0]) };

static void start_under(const char *preset, const char *rules)
{
    char text[256];

    snprintf(text, sizeof(text), "preset: %s\n%s", preset, rules);
    host_start(text);
}

/* The tokens "one" and "two" with a key each, 01 and 11. */
static int make_tokens(void **state)
{
    host_reset(state);
    one = host_token("one");
    two = host_token("two");
    host_key(one, "rsa:2048", "01", MOCK_PAIR);
    host_key(two, "ec:P-256", "11", MOCK_PAIR);
    return 0;
}

static CK_ULONG list_slots(CK_SLOT_ID *slots, CK_ULONG room)
{
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, slots, &room), CKR_OK);
    return room;
}

/* A denied token is not even read, but where nothing is shown, to say so. */
static void assert_denied(const char *preset, const char *deny, CK_ULONG shown)
{
    CK_SLOT_ID slots[4];
    char rules[128];

    snprintf(rules, sizeof(rules), "allow: all\n%s", deny);
    host.mock->forget_calls();
    start_under(preset, rules);
    assert_int_equal(list_slots(slots, 4), shown);
    if (shown > 0)
        assert_true(host.mock->calls_of("C_OpenSession") <= shown);
    host_stop();
}

/* A filter that asks whether any rule does not match would let each of the two through. */
static void of_two_denied_tokens_both_are_hidden_and_without_a_rule_neither(void **state)
{
    static const struct {
        const char *deny;
        CK_ULONG shown;
    } cases[] = {
        {"", 2},
        {"deny: []\n", 2},
        {"deny: [{token: {label: one}}]\n", 1},
        {"deny: [{token: {label: two}}]\n", 1},
        {"deny: [{token: {label: one}}, {token: {label: two}}]\n", 0},
        {"deny: [{token: {label: two}}, {token: {label: one}}]\n", 0},
        {"deny: [{token: {label: [one, two]}}]\n", 0},
        {"deny: [{token: {label: three}}, {token: {label: four}}]\n", 2},
    };

    (void)state;
    for (size_t p = 0; p < N_PRESETS; p++) {
        for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
            assert_denied(presets[p], cases[i].deny, cases[i].shown);
    }
}

/* The second library's token is in no rule, and neither is the first one's other token. */
static void a_token_and_a_library_that_no_rule_is_about_show_nothing(void **state)
{
    CK_SLOT_ID other, slots[4];

    (void)state;
    other = host.mock_2->token_add(&(struct mock_token){.label = "other", .pin = "1234"});
    host.mock_2->key_add(other, &(struct mock_key){"ec:P-384", "31", "31", "31", MOCK_PAIR});
    for (size_t p = 0; p < N_PRESETS; p++) {
        CK_SESSION_HANDLE session = 0;

        host.both = strcmp(presets[p], "transparent") != 0; /* which has one library */
        host.mock->forget_calls();
        host.mock_2->forget_calls();
        start_under(presets[p], "allow: [{token: {label: one}}]\n");
        assert_int_equal(list_slots(slots, 4), 1);
        assert_int_equal(slots[0], one);
        assert_int_equal(
            host.functions->C_OpenSession(two, CKF_SERIAL_SESSION, NULL, NULL, &session),
            CKR_SLOT_ID_INVALID);
        assert_int_equal(host.mock->calls_of("C_OpenSession"), 1);
        assert_int_equal(host.mock_2->calls_of("C_OpenSession"), 0);
        host_stop();
        start_under(presets[p], "allow: [{token: {label: misspelt}}]\n");
        assert_int_equal(list_slots(slots, 4), 0);
        host_stop();
    }
}

/* More than a page of those in which p11gate reads a token. */
enum { MANY = 600, SHOWN = MANY / 10 + 1 };

static CK_ULONG count_by_pages(CK_SESSION_HANDLE session, CK_ULONG room)
{
    CK_OBJECT_HANDLE found[1000];
    CK_ULONG got = 1, total = 0;

    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    while (got > 0) {
        assert_int_equal(host.functions->C_FindObjects(session, found, room, &got), CKR_OK);
        total += got;
        assert_true(got == room || got == 0 || total == SHOWN);
    }
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
    return total;
}

/* Zero objects mean the end to whoever asks for them one by one; to others any number that is less
 * than there is room for. */
static void hidden_objects_between_the_shown_ones_end_no_search(void **state)
{
    static const CK_ULONG rooms[] = {1, 2, 1000};

    (void)state;
    for (int i = 0; i < MANY; i++) {
        char id[8];

        snprintf(id, sizeof(id), "%04d", 1000 + i);
        host_key(one, "rsa:random", id, MOCK_PUBLIC_KEY);
    }
    for (size_t p = 0; p < N_PRESETS; p++) {
        CK_SESSION_HANDLE session;

        start_under(presets[p], "allow: [{label: {glob: \"*9\"}}, {id: \"01\"}]\n");
        session = host_open(one);
        for (size_t r = 0; r < sizeof(rooms) / sizeof(rooms[0]); r++)
            assert_int_equal(count_by_pages(session, rooms[r]), SHOWN);
        host_stop();
    }
}

/* A counter of finds that nobody sets back runs over some day. */
static void after_very_many_searches_the_next_one_finds_as_the_first_did(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in("allow: all\n", one);
    CK_OBJECT_HANDLE first[2], found[4];
    CK_ULONG got;

    (void)state;
    assert_int_equal(host_find(session, NULL, 0, first, 2), 2);
    host.mock->forget_calls();
    for (int i = 0; i < 110000; i++)
        assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
    assert_int_equal(host.functions->C_FindObjectsInit(session, NULL, 0), CKR_OK);
    assert_int_equal(host.functions->C_FindObjects(session, found, 4, &got), CKR_OK);
    assert_int_equal(got, 2);
    for (int i = 0; i < 1000000; i++) {
        assert_int_equal(host.functions->C_FindObjects(session, found, 4, &got), CKR_OK);
        assert_int_equal(got, 0);
    }
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
    assert_int_equal(host_find(session, NULL, 0, found, 4), 2);
    assert_memory_equal(found, first, sizeof(first));
    assert_int_equal(host.mock->calls(), 0);
    host_stop();
}

/* What the private key and its public key are found by, each alone and with its class. */
static void assert_found(CK_SESSION_HANDLE session, CK_ULONG private_keys, CK_ULONG public_keys)
{
    static char label[] = "02";
    static unsigned char id[] = {2};
    CK_OBJECT_CLASS classes[] = {CKO_PRIVATE_KEY, CKO_PUBLIC_KEY};
    CK_KEY_TYPE type = CKK_EC;
    CK_BBOOL yes = CK_TRUE;
    unsigned char params[] = {0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07};
    const CK_ATTRIBUTE templates[] = {
        {CKA_ID, id, sizeof(id)},
        {CKA_LABEL, label, 2},
        {CKA_KEY_TYPE, &type, sizeof(type)},
        {CKA_EC_PARAMS, params, sizeof(params)},
        {CKA_DERIVE, &yes, sizeof(yes)},
    };

    for (size_t i = 0; i < sizeof(templates) / sizeof(templates[0]); i++) {
        CK_ATTRIBUTE both[] = {{CKA_CLASS, &classes[0], sizeof(classes[0])}, templates[i]};

        assert_int_equal(host_find(session, both, 2, NULL, 0), private_keys);
        both[0].pValue = &classes[1];
        assert_int_equal(host_find(session, both, 2, NULL, 0), public_keys);
        assert_int_equal(host_find(session, &templates[i], 1, NULL, 0), private_keys + public_keys);
    }
}

/* Neither where it was never read, nor where it was read to be judged. */
static void no_template_finds_what_is_hidden(void **state)
{
    static const char *const hiding[] = {"allow: [{id: \"01\"}]\n",
                                         "deny: [{id: \"02\"}]\nallow: all\n"};
    const CK_BBOOL yes = CK_TRUE;
    struct mock_handles hidden;

    (void)state;
    hidden = host_key(one, "ec:P-256", "02", MOCK_PAIR);
    host.mock->attribute_set(hidden.private_key, CKA_DERIVE, &yes, sizeof(yes));
    host.mock->attribute_set(hidden.public_key, CKA_DERIVE, &yes, sizeof(yes));
    for (size_t p = 0; p < N_PRESETS; p++) {
        CK_SESSION_HANDLE session;

        start_under(presets[p], "allow: all\n");
        session = host_open(one);
        host_login(session, "1234");
        assert_found(session, 1, 1);
        host_stop();
        for (size_t i = 0; i < sizeof(hiding) / sizeof(hiding[0]); i++) {
            start_under(presets[p], hiding[i]);
            session = host_open(one);
            host_login(session, "1234");
            assert_int_equal(host_find(session, NULL, 0, NULL, 0), 2);
            host.mock->forget_calls();
            assert_found(session, 0, 0);
            if (strcmp(presets[p], "transparent") != 0)
                assert_int_equal(host.mock->calls_of("C_FindObjectsInit"), 0);
            host_stop();
        }
    }
}

static CK_RV end_by_logout(CK_SESSION_HANDLE session)
{
    return host.functions->C_Logout(session);
}

static CK_RV end_by_closing(CK_SESSION_HANDLE session)
{
    return host.functions->C_CloseSession(session);
}

static CK_RV end_by_closing_all(CK_SESSION_HANDLE session)
{
    (void)session;
    return host.functions->C_CloseAllSessions(one);
}

static void assert_no_object(CK_SESSION_HANDLE session, CK_OBJECT_HANDLE object)
{
    unsigned char label[8] = "";
    CK_ATTRIBUTE wanted = {CKA_LABEL, label, sizeof(label)};

    assert_int_equal(host.functions->C_GetAttributeValue(session, object, &wanted, 1),
                     CKR_OBJECT_HANDLE_INVALID);
    assert_int_equal(label[0], 0);
}

static void assert_shown_by_login(const char *preset, CK_RV (*end)(CK_SESSION_HANDLE))
{
    CK_OBJECT_HANDLE keys[2];
    CK_SESSION_HANDLE session;

    start_under(preset, "allow: [{token: {label: one}}]\n");
    session = host_open(one);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 1);
    host_login(session, "1234");
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 5);
    assert_int_equal(host_find_class(session, CKO_PRIVATE_KEY, keys, 2), 2);
    assert_int_equal(end(session), CKR_OK);
    if (end != end_by_logout)
        session = host_open(one);
    assert_no_object(session, keys[0]);
    assert_no_object(session, keys[1]);
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 1);
    host_login(session, "1234");
    assert_int_equal(host_find(session, NULL, 0, NULL, 0), 5);
    host_stop();
}

/* What was kept of the time before a login, or of the one after it, is of no use in the other. */
static void what_a_login_shows_is_there_after_it_and_gone_however_it_ends(void **state)
{
    static CK_RV (*const ends[])(CK_SESSION_HANDLE) = {end_by_logout, end_by_closing,
                                                       end_by_closing_all};

    (void)state;
    host_key(one, "ec:P-256", "02", MOCK_PAIR | MOCK_CERTIFICATE | MOCK_ALL_PRIVATE);
    for (size_t p = 0; p < N_PRESETS; p++) {
        for (size_t i = 0; i < sizeof(ends) / sizeof(ends[0]); i++)
            assert_shown_by_login(presets[p], ends[i]);
    }
}

/* Between the call for the length and the call for the list a card comes, or goes. */
static void a_list_of_slots_has_the_length_that_was_told(void **state)
{
    CK_SLOT_ID slots[4];
    CK_ULONG count = 0;

    (void)state;
    host_start("allow: all\n");
    host.mock->token_insert(two, false);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    host.mock->token_insert(two, true);
    assert_int_equal(list_slots(slots, count), 1);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 2);
    host.mock->token_insert(two, false);
    assert_int_equal(list_slots(slots, count), 2);
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    host_stop();
}

static void no_token_at_all_is_a_list_without_slots(void **state)
{
    static const char *const rules[] = {"allow: all\n", "allow: [{id: \"01\"}]\n"};

    (void)state;
    host.mock->token_insert(one, false);
    host.mock->token_insert(two, false);
    for (size_t p = 0; p < N_PRESETS; p++) {
        for (size_t i = 0; i < sizeof(rules) / sizeof(rules[0]); i++) {
            CK_SLOT_ID slots[2] = {7, 7};
            CK_ULONG count = 7;

            start_under(presets[p], rules[i]);
            assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
            assert_int_equal(count, 0);
            assert_int_equal(list_slots(slots, 0), 0);
            assert_int_equal(list_slots(slots, 2), 0);
            assert_int_equal(slots[0], 7);
            host_stop();
        }
    }
}

static void closing_all_sessions_of_one_token_leaves_those_of_another(void **state)
{
    CK_SESSION_HANDLE first, second;
    CK_SESSION_INFO info;

    (void)state;
    host_start("allow: all\n");
    first = host_open(one);
    second = host_open(two);
    assert_int_equal(host.functions->C_CloseAllSessions(one), CKR_OK);
    assert_int_equal(host.functions->C_GetSessionInfo(first, &info), CKR_SESSION_HANDLE_INVALID);
    assert_int_equal(host.functions->C_GetSessionInfo(second, &info), CKR_OK);
    host_only(second, CKO_PUBLIC_KEY);
    host_stop();
}

static CK_RV next_event(CK_SLOT_ID *slot)
{
    return host.functions->C_WaitForSlotEvent(CKF_DONT_BLOCK, slot, NULL);
}

/* Under transparent those of other slots are told. */
static void no_event_tells_of_a_hidden_slot(void **state)
{
    CK_SLOT_ID slot = 7;

    (void)state;
    host_start("allow: [{id: \"01\"}]\n");
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    host.mock->token_insert(two, false);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    assert_int_equal(slot, 7);
    host.mock->token_insert(one, false);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, one);
    host.mock->token_insert(one, true);
    host_stop();
    start_under("transparent", "allow: [{id: \"11\"}]\n");
    host.mock->token_insert(one, true);
    host.mock->token_insert(two, true);
    assert_int_equal(next_event(&slot), CKR_OK);
    assert_int_equal(slot, two);
    assert_int_equal(next_event(&slot), CKR_NO_EVENT);
    host_stop();
}

#define TRAP(test) cmocka_unit_test_setup_teardown(test, make_tokens, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TRAP(of_two_denied_tokens_both_are_hidden_and_without_a_rule_neither),
        TRAP(a_token_and_a_library_that_no_rule_is_about_show_nothing),
        TRAP(hidden_objects_between_the_shown_ones_end_no_search),
        TRAP(after_very_many_searches_the_next_one_finds_as_the_first_did),
        TRAP(no_template_finds_what_is_hidden),
        TRAP(what_a_login_shows_is_there_after_it_and_gone_however_it_ends),
        TRAP(a_list_of_slots_has_the_length_that_was_told),
        TRAP(no_token_at_all_is_a_list_without_slots),
        TRAP(closing_all_sessions_of_one_token_leaves_those_of_another),
        TRAP(no_event_tells_of_a_hidden_slot),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
