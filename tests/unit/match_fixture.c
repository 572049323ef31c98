// SPDX-License-Identifier: BSD-2-Clause
#include "tests/unit/match_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/decide.h"

void match_asked(const struct example *example, const struct fixture_token *token,
                 const struct key_group *group, struct subject *subject)
{
    *subject = fixture_subject(token);
    subject->group = (example->circumstances & NO_GROUP) != 0 ? NULL : group;
    if (subject->group != NULL && group->n_certificates > 0)
        subject->certificate = group->certificates[0];
    if ((example->circumstances & NO_SLOT) != 0)
        subject->slot = NULL;
    if ((example->circumstances & NO_LIBRARY) != 0)
        subject->library = NULL;
    if ((example->circumstances & NO_PROCESS) != 0)
        subject->circumstances = (struct circumstances){0};
    if ((example->circumstances & NAMELESS_GROUP) != 0) {
        static const char *const groups[] = {"users", NULL};

        subject->circumstances.groups = groups;
    }
}

/* A policy with the selector in the place of '#'. */
static struct config *policy_with(const char *frame, const char *selector)
{
    int before = (int)strcspn(frame, "#");
    struct config *config;
    char *text = NULL;

    assert_true(asprintf(&text, "%.*s{%s}%s\n", before, frame, selector, frame + before + 1) > 0);
    config = fixture_policy(text);
    free(text);
    return config;
}

static void expect_truth(const struct example *example, const struct subject *subject,
                         const char *frame, enum truth expected)
{
    struct config *config = policy_with(frame, example->selector);
    enum truth result = selector_match(&config->policy.allow.rules[0].condition, subject);

    if (result != expected)
        fail_msg("%s with %s of %s is %d, not %d", frame, example->selector, example->objects,
                 result, expected);
    config_destroy(config);
}

static void expect_allowed(const struct example *example, const struct subject *subject,
                           const char *frame, bool expected)
{
    struct config *config;

    if (subject->group == NULL)
        return;
    config = policy_with(frame, example->selector);
    if (policy_decide(&config->policy, subject).by_policy != expected)
        fail_msg("%s with %s of %s", frame, example->selector, example->objects);
    config_destroy(config);
}

static void check_one(const struct example *example)
{
    struct fixture_token token;
    struct key_groups groups;
    struct subject subject;
    enum truth is = example->result;
    enum truth not_is = truth_not(is);

    fixture_token_init(&token, example->objects, (example->circumstances & AFTER_LOGIN) != 0);
    assert_true(pair_objects(&token.objects, &token.refused, &token.known, &groups));
    match_asked(example, &token, groups.items, &subject);
    expect_truth(example, &subject, "allow: [#]", is);
    expect_truth(example, &subject, "allow: [{not: #}]", not_is);
    expect_truth(example, &subject, "allow: [{not: {not: #}}]", is);
    expect_truth(example, &subject, "allow: [{any: [#, {not: {slot: {id: 7}}}]}]", is);
    expect_truth(example, &subject, "allow: [{any: [{slot: {id: 7}}, #]}]", T);
    expect_truth(example, &subject, "allow: [{any: [#, {slot: {id: 7}}]}]", T);
    expect_truth(example, &subject, "allow: [{all: [#, {not: {slot: {id: 12345}}}]}]", is);
    expect_truth(example, &subject, "allow: [{all: [{any: [{slot: {id: 12345}}]}, #]}]", F);
    expect_allowed(example, &subject, "allow: [#]", is == T);
    expect_allowed(example, &subject, "allow: [{not: #}]", not_is == T);
    expect_allowed(example, &subject, "require: [#]\nallow: all", is == T);
    expect_allowed(example, &subject, "require: [{not: #}]\nallow: all", not_is == T);
    expect_allowed(example, &subject, "deny: [#]\nallow: all", is == F);
    expect_allowed(example, &subject, "deny: [{not: #}]\nallow: all", not_is == F);
    key_groups_finish(&groups);
    fixture_token_finish(&token);
}

void match_check(const struct example *examples, size_t count)
{
    for (size_t i = 0; i < count; i++)
        check_one(&examples[i]);
}
