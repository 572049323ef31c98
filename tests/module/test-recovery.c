// SPDX-License-Identifier: BSD-2-Clause
// What was lost and comes back: cards, libraries, configurations; and errors told from absence.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>

static const char permit[] = "allow:\n  - id: [\"01\", \"11\"]\n";
static CK_SLOT_ID one, two;

static int make_tokens(void **state)
{
    host_reset(state);
    one = host_token("one");
    two = host_token("two");
    host_key(one, "rsa:2048", "01", MOCK_PAIR);
    host_key(two, "rsa:2048", "11", MOCK_PAIR);
    return 0;
}

static CK_ULONG count_slots(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    return count;
}

static CK_ULONG count_id(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, unsigned char id)
{
    const CK_ATTRIBUTE template[] = {{CKA_ID, &id, 1}, {CKA_CLASS, &class, sizeof(class)}};

    return host_find(session, template, 2, NULL, 0);
}

static CK_RV sign_in_parts(CK_SESSION_HANDLE session)
{
    CK_MECHANISM mechanism = {CKM_SHA256_RSA_PKCS, NULL, 0};
    unsigned char signature[256];
    CK_ULONG size = sizeof(signature);
    CK_RV rv =
        host.functions->C_SignInit(session, &mechanism, host_only(session, CKO_PRIVATE_KEY));

    if (rv == CKR_OK)
        rv = host.functions->C_SignUpdate(session, host_data, sizeof(host_data));
    return rv != CKR_OK ? rv : host.functions->C_SignFinal(session, signature, &size);
}

/* The card was out without anybody noticing: the first part meets the loss. */
static void after_a_multi_part_signature_met_a_loss_the_token_asks_for_its_PIN(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);

    (void)state;
    assert_int_equal(sign_in_parts(session), CKR_OK);
    host.mock->token_insert(one, false);
    host.mock->token_insert(one, true);
    assert_int_not_equal(sign_in_parts(session), CKR_OK);
    assert_true((host_token_flags(one) & CKF_LOGIN_REQUIRED) != 0);
    host_login(session, "1234");
    assert_int_equal(sign_in_parts(session), CKR_OK);
}

static void two_cards_that_changed_places_are_both_known_again(void **state)
{
    CK_SESSION_HANDLE first = host_start_logged_in(permit, one), second = host_open(two);

    (void)state;
    host.mock->token_swap(one, two);
    assert_int_equal(count_slots(), 2);
    assert_int_equal(count_id(first, CKO_PUBLIC_KEY, 0x01), 1);
    assert_int_equal(count_id(second, CKO_PUBLIC_KEY, 0x11), 1);
    host_login(second, "1234");
    assert_int_equal(count_id(second, CKO_PRIVATE_KEY, 0x11), 1);
    assert_int_equal(count_id(first, CKO_PRIVATE_KEY, 0x01), 0);
}

/* The application asks for nothing but its session, as ssh-agent does. */
static void a_session_looks_for_its_card_by_itself(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);

    (void)state;
    host.mock->token_insert(one, false);
    assert_int_equal(count_slots(), 1);
    host.mock->token_insert(one, true);
    host_login(session, "1234");
    assert_int_equal(count_id(session, CKO_PRIVATE_KEY, 0x01), 1);
}

static bool log_says(const char *text)
{
    char path[128], line[1024];
    bool found = false;
    FILE *stream;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    while (!found && fgets(line, sizeof(line), stream) != NULL)
        found = strstr(line, text) != NULL;
    fclose(stream);
    return found;
}

static void a_token_that_cannot_be_read_is_not_called_one_without_keys(void **state)
{
    (void)state;
    host_remove("log");
    host_start(permit);
    host.mock->refuse("C_FindObjectsInit", 0, CKR_FUNCTION_FAILED);
    assert_int_equal(count_slots(), 0);
    assert_true(log_says("token \"one\" cannot be read: CKR_FUNCTION_FAILED"));
    assert_false(log_says("nothing is shown"));
    host_stop();
    host_remove("log");
    host.mock->refuse_none();
    host_start("allow: []\n");
    assert_int_equal(count_slots(), 0);
    assert_false(log_says("cannot be read"));
    assert_true(log_says("nothing is shown: 2 keys found on 2 tokens"));
}

/* Sessions of our own with a library that lives on are closed one by one. */
static void of_a_shared_library_the_sessions_of_operations_are_closed_too(void **state)
{
    unsigned char random[8];
    CK_SESSION_HANDLE session;

    (void)state;
    host.mock->settings->initialised = true;
    host_start(permit);
    session = host_open(one);
    assert_int_equal(host.functions->C_GenerateRandom(session, random, sizeof(random)), CKR_OK);
    assert_int_equal(host.mock->sessions(), 2); /* one to read the token, one for this */
    host_stop();
    assert_int_equal(host.mock->sessions(), 0);
    assert_true(host.mock->settings->initialised);
}

static CK_RV answer_inside;

static void call_back(const char *function)
{
    CK_ULONG count = 0;

    (void)function;
    answer_inside = host.functions->C_GetSlotList(CK_TRUE, NULL, &count);
}

/* OpenSSL may come back through the host's configuration, a vendor through whatever it loads. */
static void a_call_from_within_a_call_is_refused(void **state)
{
    (void)state;
    host_start(permit);
    host.mock->settings->calls_back = call_back;
    assert_int_equal(count_slots(), 2);
    assert_int_equal(answer_inside, CKR_GENERAL_ERROR);
    host.mock->settings->calls_back = NULL;
    assert_int_equal(count_slots(), 2);
    host_stop();
}

/* The folder was away for a moment: the file that is back is the very file that was read. */
static void a_configuration_that_comes_back_unchanged_holds_again(void **state)
{
    CK_SESSION_HANDLE session;
    char away[80];

    (void)state;
    host_start(permit);
    session = host_open(one);
    assert_int_equal(count_id(session, CKO_PUBLIC_KEY, 0x01), 1);
    snprintf(away, sizeof(away), "%s.away", host.folder);
    assert_int_equal(rename(host.folder, away), 0);
    assert_int_equal(count_id(session, CKO_PUBLIC_KEY, 0x01), 0);
    assert_int_equal(rename(away, host.folder), 0);
    assert_int_equal(count_id(session, CKO_PUBLIC_KEY, 0x01), 1);
}

/* The login of before has ended for the application: the token is told before it is read again. */
static void the_logout_comes_before_the_next_session_sees_anything(void **state)
{
    CK_SESSION_HANDLE session = host_start_logged_in(permit, one);

    (void)state;
    assert_int_equal(count_id(session, CKO_PRIVATE_KEY, 0x01), 1);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    host.mock->forget_calls();
    session = host_open(one);
    assert_string_equal(host.mock->call_name(0), "C_Logout");
    assert_int_equal(count_id(session, CKO_PUBLIC_KEY, 0x01), 1);
    assert_int_equal(count_id(session, CKO_PRIVATE_KEY, 0x01), 0);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, make_tokens, host_reset)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(after_a_multi_part_signature_met_a_loss_the_token_asks_for_its_PIN),
        TEST(two_cards_that_changed_places_are_both_known_again),
        TEST(a_session_looks_for_its_card_by_itself),
        TEST(a_token_that_cannot_be_read_is_not_called_one_without_keys),
        TEST(of_a_shared_library_the_sessions_of_operations_are_closed_too),
        TEST(a_call_from_within_a_call_is_refused),
        TEST(a_configuration_that_comes_back_unchanged_holds_again),
        TEST(the_logout_comes_before_the_next_session_sees_anything),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
