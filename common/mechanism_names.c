// SPDX-License-Identifier: BSD-2-Clause
// Names of mechanisms, both ways (mechanisms.def).
#include "common/names.h"

#include <string.h>

/* The names of the constants are those of the headers as well, where they may be macros. */
static const char *const names[] = {
#define MECHANISM(name, value) #name,
#include "common/mechanisms.def"
#undef MECHANISM
};

static const CK_MECHANISM_TYPE types[] = {
#define MECHANISM(name, value) value,
#include "common/mechanisms.def"
#undef MECHANISM
};

enum { COUNT = sizeof(types) / sizeof(types[0]) };

const char *name_of_mechanism(CK_MECHANISM_TYPE type)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (types[i] == type)
            return names[i];
    }
    return "CKM_?";
}

bool mechanism_of_name(const char *name, CK_MECHANISM_TYPE *type)
{
    for (size_t i = 0; i < COUNT; i++) {
        if (strcmp(names[i], name) == 0) {
            *type = types[i];
            return true;
        }
    }
    return false;
}

const char *const *mechanism_names(size_t *count)
{
    *count = COUNT;
    return names;
}
