// SPDX-License-Identifier: BSD-2-Clause
// What the configuration says beside its rules: cache, session, log.
#include "tests/module/host.h"

#include <stdio.h>
#include <string.h>

static const struct mock_key key_one = {"rsa:2048", "one", "01", "one", MOCK_PAIR};

static CK_SLOT_ID slot;

static int make_token(void **state)
{
    host_reset(state);
    host_remove("log");
    slot = host_token("one");
    host.mock->key_add(slot, &key_one);
    return 0;
}

/* Vendor searches of a second listing. */
static unsigned searches_of_next_listing(void)
{
    CK_ULONG count = 0;

    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    host.mock->forget_calls();
    assert_int_equal(host.functions->C_GetSlotList(CK_TRUE, NULL, &count), CKR_OK);
    assert_int_equal(count, 1);
    return host.mock->calls_of("C_FindObjectsInit");
}

static void a_listing_reads_again_what_is_older_than_max_age(void **state)
{
    static const struct {
        const char *text;
        bool again;
    } cases[] = {
        {"allow: all\n", false},
        {"allow: all\ncache: {max_age: 1h}\n", false},
        {"allow: all\ncache: {max_age: 0s}\n", true},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        host_start(cases[i].text);
        assert_int_equal(searches_of_next_listing() > 0, cases[i].again);
        host_stop();
    }
}

/* A new max_age holds from the next listing on. */
static void max_age_changes_with_the_file(void **state)
{
    (void)state;
    host_start("allow: all\n");
    assert_int_equal(searches_of_next_listing(), 0);
    host_config("allow: all\ncache: {max_age: 0s}\n");
    assert_true(searches_of_next_listing() > 0);
    host_stop();
}

static CK_SESSION_INFO open_for_writing(void)
{
    CK_SESSION_HANDLE session = 0;
    CK_SESSION_INFO info;
    CK_TOKEN_INFO token;

    assert_int_equal(host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL,
                                                   NULL, &session),
                     CKR_OK);
    assert_int_equal(host.functions->C_GetSessionInfo(session, &info), CKR_OK);
    assert_int_equal(host.functions->C_GetTokenInfo(slot, &token), CKR_OK);
    assert_int_equal(token.ulRwSessionCount, (info.flags & CKF_RW_SESSION) != 0);
    assert_int_equal(host.functions->C_CloseSession(session), CKR_OK);
    return info;
}

static void sessions_are_read_only_where_the_file_says_so(void **state)
{
    (void)state;
    host_start("allow: all\nsession: {read_only: false}\n");
    assert_int_equal(open_for_writing().state, CKS_RW_PUBLIC_SESSION);
    host_config("allow: all\nsession: {read_only: true}\n");
    CK_SESSION_INFO info = open_for_writing();
    assert_int_equal(info.state, CKS_RO_PUBLIC_SESSION);
    assert_int_equal(info.flags, CKF_SERIAL_SESSION);
    host_stop();
}

static unsigned logged(const char *text)
{
    char path[128], line[4096];
    unsigned count = 0;
    FILE *stream;

    snprintf(path, sizeof(path), "%s/log", host.folder);
    stream = fopen(path, "re");
    assert_non_null(stream);
    while (fgets(line, sizeof(line), stream) != NULL)
        count += strstr(line, text) != NULL;
    fclose(stream);
    return count;
}

/* An agent's environment is frozen; its file is not. */
static void the_trace_is_switched_in_the_file(void **state)
{
    CK_SESSION_HANDLE session;

    (void)state;
    host_start("allow: all\n");
    session = host_open(slot);
    host_only(session, CKO_PUBLIC_KEY);
    assert_int_equal(logged("]: C_FindObjects "), 0);
    host.traces = true;
    host_config("allow: all\n");
    host_only(session, CKO_PUBLIC_KEY); /* the one that reads the file begins without it */
    host_only(session, CKO_PUBLIC_KEY);
    assert_true(logged("]: C_FindObjects ") > 0);
    assert_int_equal(logged("]: C_FindObjectsInit "), 1);
    host.traces = false;
    host_config("allow: all\n");
    host_only(session, CKO_PUBLIC_KEY);
    unsigned before = logged("]: C_");
    host_only(session, CKO_PUBLIC_KEY);
    assert_int_equal(logged("]: C_"), before);
    host_stop();
}

int main(void)
{
#define CASE(name) cmocka_unit_test_setup_teardown(name, make_token, host_reset)
    const struct CMUnitTest tests[] = {
        CASE(a_listing_reads_again_what_is_older_than_max_age),
        CASE(max_age_changes_with_the_file),
        CASE(sessions_are_read_only_where_the_file_says_so),
        CASE(the_trace_is_switched_in_the_file),
    };

    return cmocka_run_group_tests_name("settings", tests, host_load, host_unload);
}
