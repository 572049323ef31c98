// SPDX-License-Identifier: BSD-2-Clause
#include "filters/preset.h"

bool preset_permits(enum preset preset, enum function_id function)
{
    return preset == PRESET_TRANSPARENT || functions[function].answered[preset];
}

bool function_is_basic(enum function_id function)
{
    enum function_group group = functions[function].group;

    return group == GROUP_base || group == GROUP_find || group == GROUP_login;
}
