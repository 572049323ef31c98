// SPDX-License-Identifier: BSD-2-Clause
// Large letters where a domain is compared in small ones.
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <setjmp.h>
#include <cmocka.h>
#include <stdlib.h>
#include <string.h>
#include "config/domain_letters.h"
#include "config/substitution.h"

/* # stands before what is to be found, if anything is, on this side. */
static void check(enum pattern_kind kind, const char *marked, enum domain_side side)
{
    char text[80];
    size_t place = strcspn(marked, "#"), length = 0;
    enum domain_side *sides;
    const char *found;

    memcpy(text, marked, place);
    strcpy(text + place, marked[place] == '#' ? marked + place + 1 : "");
    sides = domain_letters_sides(kind, text);
    assert_non_null(sides);
    found = domain_letters_find(kind, text, sides, &length);
    if (found != (marked[place] == '#' ? text + place : NULL))
        fail_msg("%s: found %s", marked, found != NULL ? found : "none");
    if (found != NULL && sides[place] != side)
        fail_msg("%s: on side %d", marked, sides[place]);
    free(sides);
}

#define CHECK(kind, texts, side)                                                                   \
    for (size_t i = 0; i < sizeof(texts) / sizeof((texts)[0]); i++)                                \
    check(kind, (texts)[i], side)

static void one_behind_the_at_is_found(void **state)
{
    static const char *const expressions[] = {
        ".*@#MY\\.REALM", ".*@my\\.#REALM", "A@b#C",      "A@(b|#C)",       "A@(b|(c))#D",
        "(a|b@#C)",       "[^@]*@#X",       "x@[]a]#B",   "@[[:alpha:]]#B", "@[^]@]#B",
        "a@\\.#B",        "@%u#B",          "a|@#B",      "a@[[.].]]#B",    "(A|B)@#C",
        "((a@b)|c@#D)",   "(@corp)\\.#X",   "(a@b|c)#D",  "(@a)?#B",        "x@?#B",
        "a\\@#B",         "a[@]#B",         "a@b@#C",     "a@#[A-Z]+",      "a@#[^A]",
        "@#[[:upper:]]",  "a@#[Ab]",        "a@b#C(@d)?", "a@b#C(@d|e)",    "a@#B(@c){0,1}",
        "a@#B@+*",
    };
    static const char *const globs[] = {"*@#[A-Z]*", "*@x#[!A]", "a\\@#[A]", "[@]#[A]", "%u@#[A]"};

    (void)state;
    CHECK(PATTERN_REGEX, expressions, SIDE_DOMAIN);
    CHECK(PATTERN_GLOB, globs, SIDE_DOMAIN);
}

static void one_on_neither_side_is_found(void **state)
{
    static const char *const expressions[] = {
        ".*#CORP",    "#A",     "[^@]*#ADMIN", "a@b|#ADMIN", "((a@b)|#C)",
        "#CORP(@x)?", "#B@?",   "#[A-Z]+\\.x", "#A(@b|c)D",  "#A(b|@c)",
        "(#A|b@)c",   "#B[^@]", "%u#L",        "%%#A@*",
    };
    static const char *const globs[] = {"*#CORP", "#A*",    "\\a#\\A", "#[A-Z]*",
                                        "*%L.#E", "#A[@b]", "x%%#A"};

    (void)state;
    CHECK(PATTERN_REGEX, expressions, SIDE_OPEN);
    CHECK(PATTERN_GLOB, globs, SIDE_OPEN);
}

static void one_that_may_match_is_not(void **state)
{
    static const char *const expressions[] = {
        "",          "ADMIN@corp", ".*@[A-Za-z]*", "[^@]*ADMIN.*@", "a@%L",
        "A\\@b",     "x@[]Aa]",    "x@[[.a.]]",    "%%A@",          "x@[[:a",
        "@\\",       "@%",         "@[",           "A(@b|@c)",      "A(b(@c))+",
        "(A|b)@c",   "A[@]b",      "A@+",          "a@B@c",         "[A-Z]+@corp",
        "(A@b|C@d)", "%L",         "\\.%L\\$@",    "[^@A]*(@|x@)",
    };
    static const char *const globs[] = {
        "",   "*@CORP", "A@*",     "*@\\C*", "[A-Z]@x", "*@[A-Za-z]",
        "%L", "A(@",    "[A]|[@]", "@?A",    "%L@A",
    };

    (void)state;
    CHECK(PATTERN_REGEX, expressions, SIDE_LOCAL);
    CHECK(PATTERN_GLOB, globs, SIDE_LOCAL);
}

static void deep_parentheses_are_left_to_others(void **state)
{
    char text[200];
    enum domain_side *sides;

    (void)state;
    memset(text, '(', sizeof(text) - 1);
    text[sizeof(text) - 1] = '\0';
    sides = domain_letters_sides(PATTERN_REGEX, text);
    assert_non_null(sides);
    free(sides);
}

/* Addresses as certificates have them here, with none or one @. */
static const char *const addresses[] = {
    "",     "a",    "A",    "b",    "ab",   "aB",    "Ba",    "@",   "a@",
    "A@",   "@a",   "@b",   "@ab",  "a@a",  "A@a",   "b@a",   "a@b", "A@b",
    "aA@b", "a@ab", "A@ba", "B@aa", "bA@b", "a@b.a", "Ab@bb",
};

/* Is there a spelling of the domain that the pattern matches? From at on letters change. */
static bool is_meant(const struct pattern *pattern, char *address, char *at)
{
    bool meant = pattern_match(pattern, address, strlen(address)) == TRUTH_TRUE;

    for (; at != NULL && *at != '\0' && !meant; at++) {
        if (*at < 'a' || *at > 'z')
            continue;
        *at = (char)(*at - 'a' + 'A');
        meant = is_meant(pattern, address, at + 1);
        *at = (char)(*at - 'A' + 'a');
    }
    return meant;
}

/* Returns whether the pattern is taken. */
static bool compare_meaning(enum pattern_kind kind, const char *text)
{
    const struct identity nobody = {0};
    enum domain_side *sides = domain_letters_sides(kind, text);
    struct substitution result = {0};
    struct pattern *raw = NULL, *made = NULL;
    size_t length;

    if (substitution_make_sided(&nobody, kind, text, sides, &result) == SUBSTITUTION_DONE &&
        domain_letters_find(kind, text, sides, &length) == NULL) {
        raw = pattern_create(kind, text, strlen(text), NULL);
        made = pattern_create(kind, result.text, strlen(result.text), NULL);
    }
    for (size_t i = 0; made != NULL && i < sizeof(addresses) / sizeof(addresses[0]); i++) {
        char address[16];
        bool matches = pattern_match(made, addresses[i], strlen(addresses[i])) == TRUTH_TRUE;

        strcpy(address, addresses[i]);
        if (matches != is_meant(raw, address, strchr(address, '@')))
            fail_msg("%s as %d: %s is%s matched", text, kind, address, matches ? "" : " not");
    }
    pattern_destroy(raw);
    free(sides);
    free(result.text);
    if (made == NULL)
        return false;
    pattern_destroy(made);
    return true;
}

static void what_is_taken_matches_as_if_the_domain_s_letters_had_no_size(void **state)
{
    static const char letters[] = "aAbB@@@.*?+|()[]-\\";
    enum { ROUNDS = 60000, MOST = 9 };
    unsigned taken = 0;

    (void)state;
    srandom(1);
    for (unsigned i = 0; i < ROUNDS; i++) {
        char text[MOST + 1] = "";

        for (long j = random() % MOST; j >= 0; j--)
            text[j] = letters[random() % (long)(sizeof(letters) - 1)];
        taken += compare_meaning(i % 2 == 0 ? PATTERN_GLOB : PATTERN_REGEX, text);
    }
    assert_in_range(taken, ROUNDS / 20, ROUNDS);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(one_behind_the_at_is_found),
        cmocka_unit_test(one_on_neither_side_is_found),
        cmocka_unit_test(one_that_may_match_is_not),
        cmocka_unit_test(deep_parentheses_are_left_to_others),
        cmocka_unit_test(what_is_taken_matches_as_if_the_domain_s_letters_had_no_size),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
