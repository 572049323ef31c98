// SPDX-License-Identifier: BSD-2-Clause
#include "filters/preset.h"

/* For each group of functions the strictest preset that permits it, and whether nothing works
 * without it. */
static const struct {
    enum preset strictest;
    bool basic;
} groups[] = {
    [GROUP_base] = {PRESET_SSH, true},
    [GROUP_find] = {PRESET_SSH, true},
    [GROUP_login] = {PRESET_SSH, true},
    [GROUP_sign] = {PRESET_SSH, false},
    [GROUP_verify] = {PRESET_SSH, false},
    [GROUP_digest] = {PRESET_SSH, false},
    [GROUP_random] = {PRESET_SSH, false},
    [GROUP_encrypt] = {PRESET_READ_ONLY, false},
    [GROUP_decrypt] = {PRESET_READ_ONLY, false},
    [GROUP_export] = {PRESET_READ_ONLY, false},
    [GROUP_state] = {PRESET_READ_ONLY, false},
    [GROUP_admin] = {PRESET_TRANSPARENT, false},
    [GROUP_create] = {PRESET_TRANSPARENT, false},
    [GROUP_modify] = {PRESET_TRANSPARENT, false},
};

bool preset_permits(enum preset preset, enum function_id function)
{
    return preset >= groups[functions[function].group].strictest;
}

bool function_is_basic(enum function_id function)
{
    return groups[functions[function].group].basic;
}
