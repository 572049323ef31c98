// SPDX-License-Identifier: BSD-2-Clause
#include "filters/access.h"

#include <stdlib.h>

bool access_list_has(const struct access_list *list, unsigned long value)
{
    for (size_t i = 0; i < list->count; i++) {
        if (list->items[i].value == value)
            return true;
    }
    return false;
}

bool access_list_add(struct access_list *list, unsigned long value, struct position position)
{
    struct access_item *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    list->items = grown;
    grown[list->count++] = (struct access_item){.value = value, .position = position};
    return true;
}

bool access_permits(const struct access *access, unsigned long value)
{
    if (access_list_has(&access->deny, value))
        return false;
    return !access->limited || access_list_has(&access->allow, value);
}

void access_finish(struct access *access)
{
    free(access->allow.items);
    free(access->deny.items);
    *access = (struct access){0};
}
