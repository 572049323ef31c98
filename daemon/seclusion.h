// SPDX-License-Identifier: BSD-2-Clause
#pragma once

/* PINs are in the memory of this process: no core dump, and no other process of the account's reads it. New files are for their owner alone. */
void seclude(void);
