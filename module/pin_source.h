// SPDX-License-Identifier: BSD-2-Clause
// Where a PIN comes from that nobody types into the application (login: {pin_source: ...}).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "config/config.h"

enum { PIN_SIZE_MAX = 255 };

struct pin {
    unsigned char text[PIN_SIZE_MAX];
    size_t size;
};

/* Gets it anew. token: its label, for who is asked. False when there is none, which is logged with where and why. The caller wipes *pin in any
 * case. */
bool pin_source_get(const struct login_settings *login, const char *token, struct pin *pin);

/* What is in the way of it, as far as that can be told without asking for it; NULL: nothing. The text is not to be freed. */
const char *pin_source_obstacle(const struct login_settings *login);

/* Logs that no PIN can be had from there, and why. */
void pin_source_say(const struct login_settings *login, const char *why);
