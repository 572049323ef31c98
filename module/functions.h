// SPDX-License-Identifier: BSD-2-Clause
// The layers of functions, made from the table (common/functions.def).
#pragma once

#include "common/functions.h"
#include "functions.gen.h"

/* One for each preset, one that refuses everything, and the trace. */
extern const struct layer ssh_layer;
extern const struct layer read_only_layer;
extern const struct layer refusing_layer;

/* Those of the preset transparent, without and with rules. */
extern const struct layer direct_layer;
extern const struct layer filter_layer;
extern const struct layer trace_layer;

/* Where in a layer each function stands; 0: nowhere. */
extern const size_t layer_places[FUNCTION_COUNT];
