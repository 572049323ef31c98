// SPDX-License-Identifier: BSD-2-Clause
// Asks what a selector is: by itself, within not, any and all, and in each kind of rule.
#pragma once

#include "tests/unit/filters_fixture.h"

#define F TRUTH_FALSE
#define T TRUTH_TRUE
#define U TRUTH_UNKNOWN

enum circumstance {
    BEFORE_LOGIN = 0,
    AFTER_LOGIN = 1,
    NO_SLOT = 2,
    NO_LIBRARY = 4,
    NO_GROUP = 8,
    NO_PROCESS = 16,    /* nothing is known of user, groups, host and time */
    NAMELESS_GROUP = 32 /* one more group, whose name is not known */
};

struct example {
    const char *selector; /* as in a rule */
    const char *objects;  /* the first group is asked about */
    int circumstances;    /* enum circumstance */
    enum truth result;
};

/* What the example is about; the group may be left out by its circumstances. */
void match_asked(const struct example *example, const struct fixture_token *token,
                 const struct key_group *group, struct subject *subject);

/* Of several certificates of the group the first is asked about. */
void match_check(const struct example *examples, size_t count);

#define CHECK(examples) match_check(examples, sizeof(examples) / sizeof((examples)[0]))
