// SPDX-License-Identifier: BSD-2-Clause
// What libyaml did not understand, in words that help: where the value begins, and "quote it" where
// quotes are missing.
#pragma once

#include <yaml.h>
#include "common/message.h"
#include "config/document.h"
#include "config/text.h"

/* Reports the parser's error. last is the scalar read last, for its position; text is what is
 * parsed. */
void syntax_error_report(const yaml_parser_t *parser, const struct text_cursor *text,
                         const struct node *last, struct message_list *messages);
