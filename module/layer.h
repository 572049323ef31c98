// SPDX-License-Identifier: BSD-2-Clause
// The layer that answers the application: what a preset makes of each function, without what the configuration refuses.
#pragma once

#include "filters/access.h"
#include "filters/preset.h"
#include "module/functions.h"

/* functions_permitted: of enum function_id. What finds keys and logs in cannot be refused. */
struct layer layer_make(enum preset preset, const struct access *functions_permitted);
