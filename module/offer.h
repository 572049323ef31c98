// SPDX-License-Identifier: BSD-2-Clause
// Which versions of PKCS#11 applications are offered: those that a vendor of the configuration has, and 2.40.
#pragma once

/* 1 << enum list_version for each later one that has a vendor in this process, by the configuration as it is now: initialised or not. The libraries
 * are loaded for it. 0 where the configuration cannot be read, of which nothing is said, as C_Initialize will; where it names a daemon, whose protocol knows
 * 2.40 alone; and to a library that asks while it is asked itself. Of the locks of calls none is taken: p11-kit asks while it holds its own. */
unsigned offer_later_versions(void);

/* In the child after a fork. */
void offer_after_fork(void);
