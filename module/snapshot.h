// SPDX-License-Identifier: BSD-2-Clause
// Reading what the policy needs of a token, and no more (policy.md 3, "How a token is searched").
#pragma once

#include "module/token.h"

/* Adds to token->objects what the plan asks for. Afterwards private keys are read too if private objects are visible. token->whole is set when
 * narrow searches left a doubt. The vendor's error; token->objects then holds what was read before it. */
CK_RV snapshot_read(struct token *token, const struct search_plan *plan, bool private_visible);
