// SPDX-License-Identifier: BSD-2-Clause
// The functions of PKCS#11 as data (functions.def).
#pragma once

#include <stdbool.h>
#include "common/function_ids.gen.h"

struct function {
    const char *name;
    enum function_group group;
    bool answered[2]; /* under preset ssh and read-only; false: refused */
};

extern const struct function functions[FUNCTION_COUNT];
