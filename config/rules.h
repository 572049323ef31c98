// SPDX-License-Identifier: BSD-2-Clause
// Reads require, deny and allow into the policy (policy.md 3).
#pragma once

#include "config/schema.h"

enum { RULES_REQUIRE, RULES_DENY, RULES_ALLOW };

field_reader rules_read; /* into struct config; detail: which list */

/* Into struct rule. */
field_reader rule_read_name;
field_reader rule_read_use;
field_reader rule_refuse_use;

/* Into struct use. */
field_reader use_read_order;
field_reader use_read_show_label;
field_reader use_read_expose_certificate;
field_reader use_read_confirm;
field_reader use_read_most_per_minute;
