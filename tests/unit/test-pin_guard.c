// SPDX-License-Identifier: BSD-2-Clause
// The same PIN is never sent twice to the same token after it was refused (policy.md 6).
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "crypto/crypto.h"
#include "module/pin_guard.h"

static struct crypto *crypto;
static int saved_stderr;
static FILE *said; /* what the guard says on stderr */

static int set_up(void **state)
{
    (void)state;
    crypto = crypto_create();
    said = tmpfile();
    saved_stderr = dup(STDERR_FILENO);
    if (crypto == NULL || said == NULL || saved_stderr < 0)
        return -1;
    return dup2(fileno(said), STDERR_FILENO) < 0 ? -1 : 0;
}

static int tear_down(void **state)
{
    (void)state;
    dup2(saved_stderr, STDERR_FILENO);
    close(saved_stderr);
    fclose(said);
    crypto_destroy(crypto);
    return 0;
}

static CK_RV check(const struct pin_guard *guard, CK_USER_TYPE user, const char *pin)
{
    return pin_guard_check(guard, crypto, user, (const CK_UTF8CHAR *)pin,
                           pin != NULL ? strlen(pin) : 0);
}

static void record(struct pin_guard *guard, CK_USER_TYPE user, const char *pin, CK_RV rv)
{
    pin_guard_record(guard, crypto, user, (const CK_UTF8CHAR *)pin, pin != NULL ? strlen(pin) : 0,
                     rv);
}

static const CK_USER_TYPE users[] = {CKU_USER, CKU_SO, CKU_CONTEXT_SPECIFIC};

/* The codes of policy.md 6 that say something else than "wrong PIN". */
static const CK_RV innocent[] = {0x100, 0x102, 0x103, 0x104, 0x02, 0x30, 0x31, 0x32, 0x50,
                                 0x54,  0x91,  0xb0,  0xb3,  0xb8, 0xe0, 0xe1, 0x190};

static bool is_innocent(CK_RV rv)
{
    for (size_t i = 0; i < sizeof(innocent) / sizeof(innocent[0]); i++) {
        if (innocent[i] == rv)
            return true;
    }
    return rv == CKR_OK;
}

static void every_code_but_the_innocent_ones_is_a_refusal_and_is_answered_again(void **state)
{
    static const CK_RV beyond[] = {0x80000000, 0x80000001, 0xffffffff, (CK_RV)-1};

    (void)state;
    for (CK_RV code = 0; code < 0x300 + sizeof(beyond) / sizeof(beyond[0]); code++) {
        CK_RV rv = code < 0x300 ? code : beyond[code - 0x300];
        struct pin_guard guard = {0};

        assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_OK);
        record(&guard, CKU_USER, "1234", rv);
        if (check(&guard, CKU_USER, "1234") != (is_innocent(rv) ? CKR_OK : rv))
            fail_msg("%#lx", rv);
        assert_int_equal(guard.count, is_innocent(rv) ? 0 : 1);
        pin_guard_finish(&guard);
    }
}

static void another_pin_is_passed_on(void **state)
{
    static const char *const others[] = {"", "1", "123", "12345", "1235", "0234", "1234 ", " 1234"};
    struct pin_guard guard = {0};

    (void)state;
    record(&guard, CKU_USER, "1234", CKR_PIN_INCORRECT);
    for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
        assert_int_equal(check(&guard, CKU_USER, others[i]), CKR_OK);
    assert_int_equal(pin_guard_check(&guard, crypto, CKU_USER, (const CK_UTF8CHAR *)"1234", 5),
                     CKR_OK);
    assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_PIN_INCORRECT);
    pin_guard_finish(&guard);
}

static void every_refused_pin_is_remembered_with_its_own_code(void **state)
{
    struct pin_guard guard = {0};

    (void)state;
    for (int i = 0; i < 50; i++) {
        char pin[16];
        snprintf(pin, sizeof(pin), "%04d", i);
        record(&guard, CKU_USER, pin, i % 2 == 0 ? CKR_PIN_INCORRECT : CKR_PIN_LEN_RANGE);
    }
    for (int i = 0; i < 50; i++) {
        char pin[16];
        snprintf(pin, sizeof(pin), "%04d", i);
        assert_int_equal(check(&guard, CKU_USER, pin),
                         i % 2 == 0 ? CKR_PIN_INCORRECT : CKR_PIN_LEN_RANGE);
    }
    assert_int_equal(check(&guard, CKU_USER, "0050"), CKR_OK);
    pin_guard_finish(&guard);
}

static void an_empty_pin_is_a_pin_too(void **state)
{
    struct pin_guard guard = {0};

    (void)state;
    record(&guard, CKU_USER, "", CKR_PIN_INCORRECT);
    assert_int_equal(check(&guard, CKU_USER, ""), CKR_PIN_INCORRECT);
    assert_int_equal(check(&guard, CKU_USER, NULL), CKR_OK);
    pin_guard_finish(&guard);
}

static void a_null_pin_is_never_remembered_nor_kept_back(void **state)
{
    struct pin_guard guard = {0};

    (void)state;
    record(&guard, CKU_USER, NULL, CKR_PIN_INCORRECT);
    assert_int_equal(guard.count, 0);
    record(&guard, CKU_USER, "1234", CKR_PIN_INCORRECT);
    assert_int_equal(check(&guard, CKU_USER, NULL), CKR_OK);
    record(&guard, CKU_USER, NULL, CKR_PIN_INCORRECT);
    assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_PIN_INCORRECT);
    pin_guard_finish(&guard);
}

static void each_user_type_has_a_memory_of_its_own(void **state)
{
    (void)state;
    for (size_t i = 0; i < 3; i++) {
        struct pin_guard guard = {0};

        record(&guard, users[i], "1234", CKR_PIN_INCORRECT);
        for (size_t j = 0; j < 3; j++)
            assert_int_equal(check(&guard, users[j], "1234"), i == j ? CKR_PIN_INCORRECT : CKR_OK);
        pin_guard_finish(&guard);
    }
}

static void success_forgets_the_refusals_of_its_user_type_alone(void **state)
{
    static const char *const right[] = {"5678", "1234", NULL};

    (void)state;
    for (size_t i = 0; i < 3; i++) {
        for (size_t k = 0; k < 3; k++) {
            struct pin_guard guard = {0};

            for (size_t j = 0; j < 3; j++) {
                record(&guard, users[j], "1234", CKR_PIN_INCORRECT);
                record(&guard, users[j], "4321", CKR_PIN_LOCKED);
            }
            record(&guard, users[i], right[k], CKR_OK);
            for (size_t j = 0; j < 3; j++) {
                assert_int_equal(check(&guard, users[j], "1234"),
                                 i == j ? CKR_OK : CKR_PIN_INCORRECT);
                assert_int_equal(check(&guard, users[j], "4321"), i == j ? CKR_OK : CKR_PIN_LOCKED);
            }
            record(&guard, users[i], "1234", CKR_PIN_INCORRECT);
            assert_int_equal(check(&guard, users[i], "1234"), CKR_PIN_INCORRECT);
            pin_guard_finish(&guard);
        }
    }
}

static void an_innocent_code_changes_nothing(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(innocent) / sizeof(innocent[0]); i++) {
        struct pin_guard guard = {0};

        record(&guard, CKU_USER, "1234", CKR_PIN_INCORRECT);
        record(&guard, CKU_USER, "1234", innocent[i]);
        record(&guard, CKU_USER, "5678", innocent[i]);
        assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_PIN_INCORRECT);
        assert_int_equal(check(&guard, CKU_USER, "5678"), CKR_OK);
        assert_int_equal(guard.count, 1);
        pin_guard_finish(&guard);
    }
}

static void what_is_finished_remembers_nothing(void **state)
{
    struct pin_guard guard = {0};

    (void)state;
    pin_guard_finish(&guard);
    record(&guard, CKU_USER, "1234", CKR_PIN_INCORRECT);
    pin_guard_finish(&guard);
    assert_int_equal(guard.count, 0);
    assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_OK);
    pin_guard_finish(&guard);
}

static void a_guard_that_could_not_remember_sends_no_pin_any_more(void **state)
{
    struct pin_guard guard = {.blind = true};

    (void)state;
    assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_FUNCTION_FAILED);
    assert_int_equal(check(&guard, CKU_SO, "5678"), CKR_FUNCTION_FAILED);
    assert_int_equal(check(&guard, CKU_USER, NULL), CKR_OK);
    pin_guard_finish(&guard);
    assert_int_equal(check(&guard, CKU_USER, "1234"), CKR_OK);
}

/* No two memories of one PIN are alike, and none holds it. */
static void a_pin_is_kept_as_a_salted_hash(void **state)
{
    struct pin_guard a = {0}, b = {0};
    const char *pin = "a long PIN to be found if it were there";
    unsigned char *bytes[2];
    size_t size = 0;

    (void)state;
    record(&a, CKU_USER, pin, CKR_PIN_INCORRECT);
    record(&b, CKU_USER, pin, CKR_PIN_INCORRECT);
    bytes[0] = (unsigned char *)a.refused;
    bytes[1] = (unsigned char *)b.refused;
    size = sizeof(CK_USER_TYPE) + sizeof(CK_RV) + 16 + 32; /* its parts */
    assert_null(memmem(bytes[0], size, pin, 8));
    assert_memory_not_equal(bytes[0] + size - 48, bytes[1] + size - 48, 16);
    assert_memory_not_equal(bytes[0] + size - 32, bytes[1] + size - 32, 32);
    pin_guard_finish(&a);
    pin_guard_finish(&b);
}

static void the_user_is_told_why_and_the_pin_is_not_in_it(void **state)
{
    struct pin_guard guard = {0};
    char text[4096] = "";

    (void)state;
    log_close();
    record(&guard, CKU_USER, "73519", CKR_PIN_INCORRECT);
    assert_int_equal(ftruncate(fileno(said), 0), 0);
    rewind(said);
    check(&guard, CKU_USER, "73519");
    rewind(said);
    assert_true(fread(text, 1, sizeof(text) - 1, said) > 0);
    assert_non_null(strstr(text, "p11gate: "));
    assert_non_null(strstr(text, "PIN was refused before"));
    assert_null(strstr(text, "73519"));
    pin_guard_finish(&guard);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_but_the_innocent_ones_is_a_refusal_and_is_answered_again),
        cmocka_unit_test(another_pin_is_passed_on),
        cmocka_unit_test(every_refused_pin_is_remembered_with_its_own_code),
        cmocka_unit_test(an_empty_pin_is_a_pin_too),
        cmocka_unit_test(a_null_pin_is_never_remembered_nor_kept_back),
        cmocka_unit_test(each_user_type_has_a_memory_of_its_own),
        cmocka_unit_test(success_forgets_the_refusals_of_its_user_type_alone),
        cmocka_unit_test(an_innocent_code_changes_nothing),
        cmocka_unit_test(what_is_finished_remembers_nothing),
        cmocka_unit_test(a_guard_that_could_not_remember_sends_no_pin_any_more),
        cmocka_unit_test(a_pin_is_kept_as_a_salted_hash),
        cmocka_unit_test(the_user_is_told_why_and_the_pin_is_not_in_it),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
