// SPDX-License-Identifier: BSD-2-Clause
#pragma once

/* PINs are in the memory of this process: no core dump, and no other process of the account's reads it. New files are for their owner alone. */
void seclude(void);

/* A client's request says how much is to be answered, and p11-kit takes the memory for that before anybody looks at it: more than this is refused. */
void seclude_memory(void);
