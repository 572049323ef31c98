// SPDX-License-Identifier: BSD-2-Clause
// Words for the shell: what it makes of them is the text again.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/printable.h"
#include "common/shell_word.h"

static const struct {
    const char *text;
    const char *word;
} cases[] = {
    {"/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so", "/usr/lib/x86_64-linux-gnu/opensc-pkcs11.so"},
    {"", "''"},
    {"/opt/my lib.so", "'/opt/my lib.so'"},
    {"it's", "'it'\\''s'"},
    {"$HOME \"x\" $(id) \\ ; & | < > * ? ~ # ! {a,b} =",
     "'$HOME \"x\" $(id) \\ ; & | < > * ? ~ # ! {a,b} ='"},
    {"~/x", "'~/x'"},
    {"m\xc3\xbcller", "'m\xc3\xbcller'"},
    {"a\nb", "$'a\\012b'"},
    {"\x1b[31m'", "$'\\033\\13331m\\047'"},
    {"a`b", "$'a\\140b'"},
    {"m\xfc", "$'m\\374'"},
};

static void they_are_quoted_where_it_is_needed(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *word = shell_word(cases[i].text);

        assert_non_null(word);
        assert_string_equal(word, cases[i].word);
        printable_make(word);
        assert_string_equal(word, cases[i].word);
        free(word);
    }
}

static void a_shell_makes_the_text_of_them(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char *word = shell_word(cases[i].text), command[256], printed[128] = "";
        FILE *shell;

        snprintf(command, sizeof(command), "exec bash -c 'printf %%s \"$1\"' sh %s", word);
        assert_int_equal(setenv("COMMAND", command, 1), 0);
        shell = popen("exec bash -c \"$COMMAND\"", "re"); /* /bin/sh need not know $'' yet */
        assert_non_null(shell);
        printed[fread(printed, 1, sizeof(printed) - 1, shell)] = '\0';
        assert_int_equal(pclose(shell), 0);
        assert_string_equal(printed, cases[i].text);
        free(word);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(they_are_quoted_where_it_is_needed),
        cmocka_unit_test(a_shell_makes_the_text_of_them),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
