// SPDX-License-Identifier: BSD-2-Clause
// Which functions each preset permits.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <setjmp.h>
#include <cmocka.h>
#include "filters/preset.h"

static void each_preset_permits_what_the_stricter_one_does(void **state)
{
    (void)state;
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        enum function_id id = (enum function_id)i;

        assert_true(preset_permits(PRESET_TRANSPARENT, id));
        assert_true(!preset_permits(PRESET_SSH, id) || preset_permits(PRESET_READ_ONLY, id));
        assert_true(!function_is_basic(id) || preset_permits(PRESET_SSH, id));
    }
}

static void functions_are_permitted_from_a_preset_on(void **state)
{
    static const struct {
        enum function_id function;
        enum preset strictest;
        bool basic;
    } cases[] = {
        {FUNCTION_C_Initialize, PRESET_SSH, true},
        {FUNCTION_C_GetAttributeValue, PRESET_SSH, true},
        {FUNCTION_C_Login, PRESET_SSH, true},
        {FUNCTION_C_Sign, PRESET_SSH, false},
        {FUNCTION_C_VerifyInit, PRESET_SSH, false},
        {FUNCTION_C_Digest, PRESET_SSH, false},
        {FUNCTION_C_GenerateRandom, PRESET_SSH, false},
        {FUNCTION_C_EncryptInit, PRESET_READ_ONLY, false},
        {FUNCTION_C_Decrypt, PRESET_READ_ONLY, false},
        {FUNCTION_C_SignRecover, PRESET_READ_ONLY, false},
        {FUNCTION_C_WrapKey, PRESET_TRANSPARENT, false},
        {FUNCTION_C_DigestKey, PRESET_TRANSPARENT, false},
        {FUNCTION_C_GetOperationState, PRESET_TRANSPARENT, false},
        {FUNCTION_C_CreateObject, PRESET_TRANSPARENT, false},
        {FUNCTION_C_GenerateKeyPair, PRESET_TRANSPARENT, false},
        {FUNCTION_C_DeriveKey, PRESET_TRANSPARENT, false},
        {FUNCTION_C_UnwrapKey, PRESET_TRANSPARENT, false},
        {FUNCTION_C_DestroyObject, PRESET_TRANSPARENT, false},
        {FUNCTION_C_SetAttributeValue, PRESET_TRANSPARENT, false},
        {FUNCTION_C_SetPIN, PRESET_TRANSPARENT, false},
        {FUNCTION_C_InitToken, PRESET_TRANSPARENT, false},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        for (int preset = PRESET_SSH; preset <= PRESET_TRANSPARENT; preset++)
            assert_int_equal(preset_permits((enum preset)preset, cases[i].function),
                             (enum preset)preset >= cases[i].strictest);
        assert_int_equal(function_is_basic(cases[i].function), cases[i].basic);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_preset_permits_what_the_stricter_one_does),
        cmocka_unit_test(functions_are_permitted_from_a_preset_on),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
