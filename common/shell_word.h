// SPDX-License-Identifier: BSD-2-Clause
// Commands that people are to paste into a shell.
#pragma once

/* The text as one word for the shell: as it is where no character means anything there, else
 * quoted. What cannot be shown (common/printable.h), and the sign that commands stand between in
 * messages, is written as $'\ooo'. The caller frees; NULL without memory. */
char *shell_word(const char *text);
