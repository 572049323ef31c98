// SPDX-License-Identifier: BSD-2-Clause
#include "module/layer.h"

#include <string.h>

static const struct layer *const preset_layers[] = {
    [PRESET_SSH] = &ssh_layer,
    [PRESET_READ_ONLY] = &read_only_layer,
    [PRESET_TRANSPARENT] = &read_only_layer,
};

static void refuse(struct layer *layer, size_t place)
{
    memcpy((char *)layer + place, (const char *)&refusing_layer + place, sizeof(layer->C_GetInfo));
}

struct layer layer_make(enum preset preset, const struct access *functions_permitted)
{
    struct layer layer = *preset_layers[preset];

    for (size_t i = 0; i < FUNCTION_COUNT; i++) {
        if (!function_is_basic((enum function_id)i) && !access_permits(functions_permitted, i))
            refuse(&layer, layer_places[i]);
    }
    return layer;
}
