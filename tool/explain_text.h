// SPDX-License-Identifier: BSD-2-Clause
// Rules and their selectors in words, for people and as JSON.
#pragma once

#include <stdbool.h>
#include <stdio.h>
#include "filters/explain.h"

struct explain_style {
    bool json;
    bool colour;
    bool tokenless; /* what is not seen, a token would tell, and no login alone */
};

/* A line for the rule. */
void explain_text_rule(FILE *out, const struct rule *rule, enum truth truth,
                       const struct explain_style *style);

/* A line for each of its selectors, aligned. */
void explain_text_selectors(FILE *out, const struct explanation *condition,
                            const struct explain_style *style);

/* The rule as a JSON object. */
void explain_text_json(FILE *out, const struct rule *rule, const struct explanation *condition,
                       const struct explain_style *style);
