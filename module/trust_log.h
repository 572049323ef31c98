// SPDX-License-Identifier: BSD-2-Clause
// What is trusted and yet worth a line: a chain whose revocation is not known (mode: soft), or one that ends soon.
#pragma once

#include "module/token.h"

/* Where rules ask for chains or dates: how many of the token's certificates, but those of authorities, are not valid now? */
size_t trust_log_out_of_date(const struct token *token);

/* One line in the log for each such certificate of the token that is shown, at any level; not again while they are the same. */
void trust_log(struct token *token);
