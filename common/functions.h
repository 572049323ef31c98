// SPDX-License-Identifier: BSD-2-Clause
// The functions of PKCS#11 as data (functions.def).
#pragma once

#include "common/function_ids.gen.h"

struct function {
    const char *name;
    enum function_group group;
    enum function_how how;
};

extern const struct function functions[FUNCTION_COUNT];
