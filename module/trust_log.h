// SPDX-License-Identifier: BSD-2-Clause
// What is trusted and yet worth a line: a chain whose revocation is not known (mode: soft), or one that ends soon.
#pragma once

#include "module/token.h"

/* Of the token's certificates, how many chains are refused for their dates alone? */
size_t trust_log_out_of_date(const struct token *token);

/* One line in the log for each such certificate of the token that is shown, at any level. */
void trust_log(struct token *token);
