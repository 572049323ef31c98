// SPDX-License-Identifier: BSD-2-Clause
// The client and the stock servers of p11-kit: what is answered is what SoftHSM answers in this
// process.
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "common/constants.h"
#include "remote/instance.h"
#include "tests/remote/peer.h"
#include "tests/remote/scenario.h"

static void assert_same(const char *expected, const char *found)
{
    size_t line = 1, begin = 0;

    for (size_t i = 0; expected[i] != '\0' || found[i] != '\0'; i++) {
        if (expected[i] != found[i])
            fail_msg("line %zu: not\n%.300s\nbut\n%.300s", line, expected + begin, found + begin);
        if (expected[i] == '\n') {
            begin = line % 2 == 0 ? i + 1 : begin;
            line++;
        }
    }
}

/* Servers of before 0.25 have a form for the parameters of two mechanisms. */
static bool carries_pointers(struct remote *remote)
{
    CK_FUNCTION_LIST *functions = remote_functions(remote);
    bool carries;

    if (functions->C_Initialize(NULL) != CKR_OK)
        fail_msg("%s", remote_error(remote));
    carries = remote->connection.version > 0;
    assert_int_equal(CKR_OK, functions->C_Finalize(NULL));
    return carries;
}

static void assert_like_direct(const char *path)
{
    struct remote *remote = peer_remote(path);
    struct scenario_limits limits = {.slots = path == NULL, .pointers = carries_pointers(remote)};
    char *expected = scenario_run(peer.direct, limits);
    char *found = scenario_run(remote_functions(remote), limits);

    assert_true(strlen(expected) > 10000);
    assert_same(expected, found);
    remote_destroy(remote);
    free(expected);
    free(found);
}

static void a_server_on_a_socket_answers_as_the_library(void **state)
{
    (void)state;
    assert_like_direct(peer_listen());
}

static void a_process_on_a_socketpair_answers_as_the_library(void **state)
{
    (void)state;
    assert_like_direct(NULL);
}

static CK_SESSION_HANDLE open_edwards(CK_FUNCTION_LIST *functions)
{
    CK_SLOT_ID slots[8];
    CK_ULONG count = 8;
    CK_TOKEN_INFO info;
    CK_SESSION_HANDLE session = 0;

    assert_int_equal(CKR_OK, functions->C_Initialize(NULL));
    assert_int_equal(CKR_OK, functions->C_GetSlotList(CK_TRUE, slots, &count));
    for (CK_ULONG i = 0; i < count; i++) {
        assert_int_equal(CKR_OK, functions->C_GetTokenInfo(slots[i], &info));
        if (memcmp(info.label, "ed25519 ", 8) == 0)
            functions->C_OpenSession(slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session);
    }
    assert_int_equal(CKR_OK, functions->C_Login(session, CKU_USER, (CK_UTF8CHAR_PTR) "1234", 4));
    return session;
}

/* Ed25519 signs the same data by the same signature. */
static void sign_edwards(CK_FUNCTION_LIST *functions, CK_BYTE *signature)
{
    CK_SESSION_HANDLE session = open_edwards(functions);
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template[] = {{CKA_CLASS, &class, sizeof(class)}, {CKA_ID, (char[]){2}, 1}};
    CK_MECHANISM mechanism = {CKM_EDDSA, NULL, 0};
    CK_OBJECT_HANDLE key = 0;
    CK_ULONG count = 0, size = 64;

    assert_int_equal(CKR_OK, functions->C_FindObjectsInit(session, template, 2));
    assert_int_equal(CKR_OK, functions->C_FindObjects(session, &key, 1, &count));
    assert_int_equal(CKR_OK, functions->C_FindObjectsFinal(session));
    assert_int_equal(CKR_OK, functions->C_SignInit(session, &mechanism, key));
    assert_int_equal(CKR_OK, functions->C_Sign(session, (CK_BYTE_PTR) "data", 4, signature, &size));
    assert_int_equal(64, size);
    assert_int_equal(CKR_OK, functions->C_Finalize(NULL));
}

static void ed25519_keys_sign_through_a_stock_server(void **state)
{
    CK_BYTE expected[64] = {0}, found[64] = {0};
    struct remote *remote = peer_remote(peer_listen());

    (void)state;
    sign_edwards(peer.direct, expected);
    sign_edwards(remote_functions(remote), found);
    assert_memory_equal(expected, found, sizeof(expected));
    remote_destroy(remote);
}

/* What the address sanitizer asks for: SoftHSM leaves behind what it got of OpenSSL, which the
 * client has no use for. */
__attribute__((visibility("default"))) const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
    return "leak:libcrypto.so\n";
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(ed25519_keys_sign_through_a_stock_server, peer_end),
        cmocka_unit_test_teardown(a_server_on_a_socket_answers_as_the_library, peer_end),
        cmocka_unit_test_teardown(a_process_on_a_socketpair_answers_as_the_library, peer_end),
    };

    return cmocka_run_group_tests_name("remote stock", tests, peer_set_up, peer_tear_down);
}
