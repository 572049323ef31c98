// SPDX-License-Identifier: BSD-2-Clause
// Chooses the files and the profile (policy.md 1 and 2).
#pragma once

#include <stdbool.h>
#include "common/message.h"

struct account;

/* Is there a system's file? Also when that cannot be told, for lack of rights: only an absence that
 * is certain lets the user's file be read alone. */
bool choice_system_exists(void);

/* The system's file. The caller frees; NULL without memory. */
char *choice_system_path(void);

/* $P11GATE_CONFIG (secure_getenv), else $XDG_CONFIG_HOME/p11gate/config.yaml, else
 * ~/.config/p11gate/config.yaml of getpwuid(geteuid()). False with a message; true and NULL where
 * nothing says where a user's file could be. The caller frees. */
bool choice_user_path(char **path, struct message_list *messages);

/* The same for another user, whose variables nobody knows: ~/.config/p11gate/config.yaml. */
bool choice_path_of(const struct account *user, char **path, struct message_list *messages);

/* The profile: $P11GATE_PROFILE (secure_getenv), else NAME where the module's file is
 * p11gate-NAME.so; module_file may be NULL. NULL: none was asked for, or no memory (*no_memory).
 * The caller frees. */
char *choice_profile(const char *module_file, bool *no_memory);
