// SPDX-License-Identifier: BSD-2-Clause
// What a vendor's functions find on the stack where p11-kit's server calls them: nothing that it has left there.
#include "tests/module/host.h"

#include <stdlib.h>
#include <string.h>
#include "caller.gen.h"
#include "config/config.h"
#include "daemon/clean.h"
#include "module/vendor.h"

enum { LITTER = 4096 };

__attribute__((noinline)) static void litter_stack(void)
{
    volatile unsigned char below[LITTER];

    for (size_t i = 0; i < sizeof(below); i++)
        below[i] = 0xff;
}

static CK_RV call(CK_FUNCTION_LIST *list, int function)
{
    struct call_arguments arguments = {.slot = 0};

    litter_stack();
    return call_function(list, (enum function_id)function, &arguments);
}

static void each_function_is_called_on_a_clean_stack(void **state)
{
    const struct module_settings module = {.path = getenv("MOCK_VENDOR_SO")};
    char *error = NULL;
    struct vendor *vendor = vendor_load(&module, &error);
    CK_FUNCTION_LIST list;

    (void)state;
    assert_non_null(vendor);
    clean_set_functions(&list, vendor);
    for (int f = 0; f <= FUNCTION_C_WaitForSlotEvent; f++) {
        if (f == FUNCTION_C_GetFunctionList)
            continue;
        host.mock->settings->littered = NULL;
        host.mock->forget_calls();
        call(&list, f);
        assert_int_equal(host.mock->calls_of(function_kinds[f].name), 1);
        if (host.mock->settings->littered != NULL)
            fail_msg("%s: not clean", function_kinds[f].name);
    }
    vendor_destroy(vendor);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_teardown(each_function_is_called_on_a_clean_stack, host_reset),
    };

    return cmocka_run_group_tests(tests, host_load, host_unload);
}
