// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/pair_fixture.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

enum { LONGEST = 512 };

void pair_expect(struct fixture_token *token, const char *objects, const char *expected)
{
    char *groups = fixture_groups(token);

    if (strcmp(groups, expected) != 0)
        fail_msg("%s login, %s\nare    %s\nnot to %s", fixture_when(token->logged_in), objects,
                 groups, expected);
    free(groups);
}

/* "RSA_A(private=01 public=02) -(private:03)" becomes "RSA_A(public=02)". */
static void leave_out_private_keys(const char *groups, char out[LONGEST])
{
    char copy[LONGEST];
    char *rest = copy;

    assert_true(strlen(groups) < LONGEST);
    strcpy(copy, groups);
    out[0] = '\0';
    for (char *group = strtok_r(copy, ")", &rest); group != NULL;
         group = strtok_r(NULL, ")", &rest)) {
        char *members = strchr(group, '(') + 1;
        char *others = strncmp(members, "private", 7) != 0 ? members : strchr(members, ' ');

        if (others == NULL)
            continue;
        group += strspn(group, " ");
        strcat(out, out[0] != '\0' ? " " : "");
        strncat(out, group, (size_t)(members - group));
        strcat(out, others == members ? others : others + 1);
        strcat(out, ")");
    }
}

static void check_one(const char *objects, bool logged_in, const char *expected)
{
    struct fixture_token token;

    fixture_token_init(&token, objects, logged_in);
    pair_expect(&token, objects, expected);
    fixture_token_finish(&token);
}

static void check_both(const char *objects, const char *before, const char *after)
{
    char without[LONGEST];

    leave_out_private_keys(after, without);
    check_one(objects, false, before != NULL ? before : without);
    check_one(objects, true, after);
}

/* Every key of one type becomes one of the other. */
static const char *exchange(const char *text, const char *from, const char *to, char out[LONGEST])
{
    size_t length = strlen(from), size = 0;

    if (text == NULL)
        return NULL;
    while (*text != '\0') {
        assert_true(size + strlen(to) < LONGEST);
        if (strncmp(text, from, length) == 0) {
            memcpy(out + size, to, strlen(to));
            size += strlen(to);
            text += length;
        } else {
            out[size++] = *text++;
        }
    }
    out[size] = '\0';
    return out;
}

static bool has(const char *text, const char *word)
{
    return strstr(text, word) != NULL;
}

/* Of RSA keys with a modulus alone, and of curves, the other type knows nothing. */
static bool is_of(const char *objects, const char *type, const char *other)
{
    return has(objects, type) && !has(objects, other) && !has(objects, "P384") &&
           !has(objects, "ED25519") && !has(objects, "modulus") && !has(objects, "nocurve");
}

static void check_exchanged(const struct pair_example *example, const char *from, const char *to)
{
    char objects[LONGEST], before[LONGEST], after[LONGEST];

    if (is_of(example->objects, from, to))
        check_both(exchange(example->objects, from, to, objects),
                   exchange(example->before, from, to, before),
                   exchange(example->after, from, to, after));
}

void pair_check(const struct pair_example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        check_both(examples[i].objects, examples[i].before, examples[i].after);
        check_exchanged(&examples[i], "RSA", "P256");
        check_exchanged(&examples[i], "P256", "RSA");
    }
}
