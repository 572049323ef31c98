// SPDX-License-Identifier: BSD-2-Clause
// What C_WaitForSlotEvent tells of: slots whose tokens come and go, as the application sees them (PKCS#11 2.40, 5.5).
#pragma once

#include "module/token.h"

/* token_is_visible(), for a listing: what is seen first is no event; later, what is otherwise than was told is one, also if it is over
 * by the next wait. */
bool slot_events_see(struct token *token);
