// SPDX-License-Identifier: BSD-2-Clause
// What the ssh of $PATH is, and how it is set for a host.
#pragma once

#include <stdbool.h>
#include <stddef.h>

enum ssh_answer { SSH_ANSWERED, SSH_NOT_THERE, SSH_REFUSED, SSH_SILENT };

/* A zeroed struct knows nothing. */
struct ssh_facts {
    enum ssh_answer version_answer;
    char *version; /* owned; what `ssh -V` printed; NULL: nothing */
    bool is_openssh;
    unsigned major, minor;
    enum ssh_answer settings_answer;
    char *settings; /* owned; what `ssh -G` printed: "keyword value", a line each, or why not */
};

/* Asks it, for 5 seconds each. */
void ssh_facts_read(struct ssh_facts *facts, const char *host);
void ssh_facts_finish(struct ssh_facts *facts);

/* Is it an OpenSSH of that version or a later one? */
bool ssh_facts_reach(const struct ssh_facts *facts, unsigned major, unsigned minor);

/* The n-th value of a keyword, which ssh prints in small letters; NULL: there is none. The caller frees. */
char *ssh_facts_setting(const struct ssh_facts *facts, const char *keyword, size_t n);

/* Is the first value of the keyword that one? */
bool ssh_facts_is(const struct ssh_facts *facts, const char *keyword, const char *value);

/* The path behind ~/ or %d/ with the home that ssh takes. The caller frees; NULL without memory. */
char *ssh_facts_path(const char *path);
