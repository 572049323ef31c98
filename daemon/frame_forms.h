// SPDX-License-Identifier: BSD-2-Clause
// The requests of p11-kit's protocol by their numbers; made from the function table.
#pragma once

#include <stddef.h>
#include "common/function_ids.gen.h"

struct frame_form {
    enum function_id function;
    const char *signature; /* NULL: there is no such request */
};

extern const struct frame_form frame_forms[];
extern const size_t n_frame_forms;
