// SPDX-License-Identifier: BSD-2-Clause
// The function table as data (functions.def).
#pragma once

#include "functions.gen.h"

struct function {
    const char *name;
    enum function_group group;
    enum function_how how;
};

extern const struct function functions[FUNCTION_COUNT];

/* The layers, made from the table. */
extern const struct layer gate_layer;
extern const struct layer trace_layer;
