// SPDX-License-Identifier: BSD-2-Clause
// What the readers of the configuration have to say, on stderr.
#pragma once

#include "common/message.h"

/* A line for each message; warnings say that they are such. */
void messages_print(const struct message_list *messages);
