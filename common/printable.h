// SPDX-License-Identifier: BSD-2-Clause
// Text of others, as it may be put before people.
#pragma once

/* Labels and file names may hold anything: what would end the line, be taken as a command by a terminal, or turn the direction of writing
 * becomes "?", in place. */
void printable_make(char *text);
