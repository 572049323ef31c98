// SPDX-License-Identifier: BSD-2-Clause
// Calls that belong together, with keys that fit them: what calls drawn one by one seldom come to.
#pragma once

#include "world.h"

/* Draws one and prints what its calls answer, a line for each. */
void scenarios_play(struct world *world);
