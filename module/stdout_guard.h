// SPDX-License-Identifier: BSD-2-Clause
// A vendor that prints: where stdout is a socket, as in ssh-agent's helper, one line on it ends the agent.
#pragma once

/* Looks whether fd 1 is a socket; only then the other two do anything. */
void stdout_guard_init(void);

/* Around every call: stdout goes to stderr meanwhile. Only while the process has one thread, since the others would lose their output. */
void stdout_guard_begin(void);
void stdout_guard_end(void);
