// SPDX-License-Identifier: BSD-2-Clause
// "Did you mean".
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include "config/suggestion.h"

static const char *const names[] = {"label", "id",  "public_key", "fingerprint", "token",
                                    "key",   "any", NULL,         "allow"};
enum { N_NAMES = sizeof(names) / sizeof(names[0]) };

static void a_near_name_is_found_and_a_far_one_is_not(void **state)
{
    static const struct {
        const char *written;
        const char *meant;
    } cases[] = {
        {"lable", "label"},
        {"labl", "label"},
        {"labell", "label"},
        {"LABEL", "label"},
        {"labbbel", "label"},
        {"public-key", "public_key"},
        {"publickey", "public_key"},
        {"pubic_kye", "public_key"},
        {"fingerprnt", "fingerprint"},
        {"idd", "id"},
        {"di", "id"},
        {"kye", "key"},
        {"keys", "key"},
        {"alow", "allow"},
        {"iddd", NULL},
        {"lbllll", NULL},
        {"certificate", NULL},
        {"", NULL},
        {"x", NULL},
        {"a name that is longer than any that is known", NULL},
    };

    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        const char *found = suggestion_find(cases[i].written, names, N_NAMES);

        if (cases[i].meant == NULL)
            assert_null(found);
        else
            assert_string_equal(found, cases[i].meant);
    }
}

static void a_list_of_names_reads_as_a_sentence(void **state)
{
    static const char *const expected[] = {"", "`label`", "`label` or `id`",
                                           "`label`, `id` or `public_key`"};

    (void)state;
    for (size_t i = 0; i < 4; i++) {
        char *list = suggestion_list(names, i);

        assert_string_equal(list, expected[i]);
        free(list);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_near_name_is_found_and_a_far_one_is_not),
        cmocka_unit_test(a_list_of_names_reads_as_a_sentence),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
