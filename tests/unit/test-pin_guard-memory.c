// SPDX-License-Identifier: BSD-2-Clause
// The PIN guard where memory or chance fail, and what it leaves behind in memory.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "crypto/crypto.h"
#include "module/pin_guard.h"

static bool no_memory;
static bool no_chance;
static void checked_free(void *block);

static void *failing_calloc(size_t count, size_t size)
{
    return no_memory ? NULL : calloc(count, size);
}

static bool failing_random(struct crypto *crypto, void *out, size_t size)
{
    return !no_chance && crypto_random(crypto, out, size);
}

#define calloc failing_calloc
#define crypto_random failing_random
#define free checked_free
#include "module/pin_guard.c"
#undef calloc
#undef crypto_random
#undef free

static size_t freed;

/* The guard gives back nothing but its list of refused PINs. */
static void checked_free(void *block)
{
    const struct refused_pin nothing = {0};

    if (block == NULL)
        return;
    assert_memory_equal(block, &nothing, sizeof(nothing));
    freed++;
    free(block);
}

static void refuse(struct pin_guard *guard, struct crypto *crypto, const char *pin)
{
    pin_guard_record(guard, crypto, CKU_USER, (const CK_UTF8CHAR *)pin, strlen(pin),
                     CKR_PIN_INCORRECT);
}

static CK_RV ask(const struct pin_guard *guard, struct crypto *crypto, const char *pin)
{
    return pin_guard_check(guard, crypto, CKU_USER, (const CK_UTF8CHAR *)pin, strlen(pin));
}

static void a_refusal_that_cannot_be_remembered_stops_all_pins(void **state)
{
    bool *const lacks[] = {&no_memory, &no_chance};

    for (size_t i = 0; i < 2; i++) {
        struct pin_guard guard = {0};

        refuse(&guard, *state, "1111");
        *lacks[i] = true;
        refuse(&guard, *state, "2222");
        *lacks[i] = false;
        assert_int_equal(ask(&guard, *state, "2222"), CKR_FUNCTION_FAILED);
        assert_int_equal(ask(&guard, *state, "3333"), CKR_FUNCTION_FAILED);
        pin_guard_finish(&guard);
        assert_int_equal(ask(&guard, *state, "3333"), CKR_OK);
    }
}

static void no_hash_of_a_pin_is_left_in_memory_that_is_given_back(void **state)
{
    struct pin_guard guard = {0};

    freed = 0;
    refuse(&guard, *state, "1111");
    refuse(&guard, *state, "2222");
    refuse(&guard, *state, "3333");
    assert_int_equal(freed, 2);
    assert_int_equal(ask(&guard, *state, "1111"), CKR_PIN_INCORRECT);
    pin_guard_finish(&guard);
    assert_int_equal(freed, 3);
}

static int set_up(void **state)
{
    *state = crypto_create();
    return *state != NULL ? 0 : -1;
}

static int tear_down(void **state)
{
    crypto_destroy(*state);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_refusal_that_cannot_be_remembered_stops_all_pins),
        cmocka_unit_test(no_hash_of_a_pin_is_left_in_memory_that_is_given_back),
    };

    return cmocka_run_group_tests(tests, set_up, tear_down);
}
