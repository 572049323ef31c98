// SPDX-License-Identifier: BSD-2-Clause
// Large letters where a domain is compared in small ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <string.h>
#include "config/domain_letters.h"

/* # stands before the letter that is to be found, if any is. */
static void check(const char *marked)
{
    char text[80];
    size_t place = strcspn(marked, "#");
    const char *found;

    memcpy(text, marked, place);
    strcpy(text + place, marked[place] == '#' ? marked + place + 1 : "");
    found = domain_letters_find(text);
    if (found != (marked[place] == '#' ? text + place : NULL))
        fail_msg("%s: found %s", marked, found != NULL ? found : "none");
}

static void one_behind_the_at_is_found(void **state)
{
    static const char *const texts[] = {
        ".*@#MY\\.REALM", ".*@my\\.#REALM", "A@b#C",    "a@(b|#C)",
        "a@(b|(c))#D",    "(a|b@#C)",       "[^@]*@#X", "x@[]A]#B",
        "@[[:upper:]]#B", "@[^]@]#B",       "a@\\.#B",  "@%u#B",
        "a|@#B",          "a@[[.].]]#B",    "(A|B)@#C", "((a@b)|c@#D)",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i]);
}

static void one_that_may_match_is_not(void **state)
{
    static const char *const texts[] = {
        "",       "A",        "ADMIN@corp", ".*@[A-Z]*", "[^@]*ADMIN", "a@b|ADMIN", "a@%L",
        "\\@A|B", "(a@b|C)D", "(@a)?B",     "x@[]A]",    "x@[[.A.]]",  "x@[^A]",    "%%A@",
        "x@[[:A", "@\\",      "@%",         "@[",        "((a@b)|C)",  "A(@b|C)D",
    };

    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++)
        check(texts[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_behind_the_at_is_found),
        cmocka_unit_test(one_that_may_match_is_not),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
