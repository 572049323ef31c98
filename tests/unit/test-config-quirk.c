// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/config_fixture.h"

#include <string.h>
#include "config/quirk.h"

static CK_INFO info_of(const char *manufacturer, const char *description)
{
    CK_INFO info = {0};

    memset(info.manufacturerID, ' ', sizeof(info.manufacturerID));
    memset(info.libraryDescription, ' ', sizeof(info.libraryDescription));
    memcpy(info.manufacturerID, manufacturer, strlen(manufacturer));
    memcpy(info.libraryDescription, description, strlen(description));
    return info;
}

static void a_library_is_known_by_both_of_its_names_alone(void **state)
{
    static const struct {
        const char *manufacturer, *description;
        unsigned quirks;
    } libraries[] = {
        {"U.S. Government", "CACKey", 1U << QUIRK_NO_REINITIALIZE},
        {"p11-kit", "p11-kit (no connection)", 1U << QUIRK_SLOTS_FROZEN},
        {"p11-kit", "CACKey", 0},
        {"U.S. Government", "p11-kit (no connection)", 0},
        {"U.S. Government", "CACKey 2", 0},
        {"U.S. Government", "CACKe", 0},
        {"U.S. Government", "", 0},
        {"", "", 0},
        {"SoftHSM", "Implementation of PKCS11", 0},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++) {
        const CK_INFO info = info_of(libraries[i].manufacturer, libraries[i].description);
        unsigned known = 0;

        for (unsigned quirk = 0; quirk < QUIRK_COUNT; quirk++)
            known |= (unsigned)quirk_is_known(quirk, &info) << quirk;
        assert_int_equal(known, libraries[i].quirks);
    }
}

static void each_has_a_name_and_says_what_it_changes(void **state)
{
    (void)state;
    for (size_t i = 0; i < QUIRK_COUNT; i++) {
        assert_non_null(quirks[i].name);
        assert_non_null(quirks[i].changes);
        assert_true((quirks[i].manufacturer == NULL) == (quirks[i].description == NULL));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_library_is_known_by_both_of_its_names_alone),
        cmocka_unit_test(each_has_a_name_and_says_what_it_changes),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
