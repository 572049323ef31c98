// SPDX-License-Identifier: BSD-2-Clause
// Who was seen to have signed which certificate, so that each signature is checked once. A pair is
// known by its two objects of OpenSSL, which live as long as the memo.
#pragma once

struct signature_memo;

/* NULL when there is no memory. */
struct signature_memo *signature_memo_create(void);
void signature_memo_destroy(struct signature_memo *memo);
