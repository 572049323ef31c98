// SPDX-License-Identifier: BSD-2-Clause
#include "tool/messages.h"

#include <stdio.h>

void messages_print(const struct message_list *messages)
{
    for (size_t i = 0; i < messages->count; i++)
        fprintf(stderr, "%s%s\n",
                messages->items[i].severity == SEVERITY_WARNING ? "warning: " : "",
                messages->items[i].text);
}
