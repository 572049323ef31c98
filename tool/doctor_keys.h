// SPDX-License-Identifier: BSD-2-Clause
// What p11gate doctor has to say of the keys that are shown.
#pragma once

#include "module/token.h"
#include "tool/doctor.h"

/* name: the token, for people; library: its path, as a word for the shell. The token was read. */
void doctor_keys(const struct doctor *doctor, struct report *report, const struct token *token,
                 const char *name, const char *library);
