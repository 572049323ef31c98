// SPDX-License-Identifier: BSD-2-Clause
// The layers of functions, made from the table (common/functions.def).
#pragma once

#include "common/functions.h"
#include "functions.gen.h"

extern const struct layer gate_layer;
extern const struct layer trace_layer;
