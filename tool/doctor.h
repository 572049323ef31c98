// SPDX-License-Identifier: BSD-2-Clause
// p11gate doctor: the examinations (a table in doctor.c, a file for each subject), and what they are given.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/message.h"
#include "config/config.h"
#include "tool/report.h"
#include "tool/ssh_facts.h"

struct doctor {
    const char *host;             /* that ssh's settings are asked for */
    struct crypto *crypto;        /* NULL: without memory */
    struct config *config;        /* NULL: there is none, or it is broken */
    struct message_list messages; /* of reading it */
    const struct module_settings
        *modules; /* of the configuration; without one, of the libraries that are known */
    size_t n_modules;
    struct ssh_facts ssh;
    char *gate; /* owned; the p11gate.so that ssh loads, else where it is installed */
    bool ssh_loads_gate;
};

/* Adds findings. It runs in a process of its own, with a time limit: it may hang, or crash. n: which part, for an examination that has several. */
typedef void examination(const struct doctor *doctor, size_t n, struct report *report);

examination doctor_configuration; /* doctor_configuration.c */
examination doctor_installation;
examination doctor_library; /* doctor_library.c */
examination doctor_p11_kit;
examination doctor_pcscd;       /* doctor_pcscd.c */
examination doctor_other_users; /* doctor_cards.c */
examination doctor_opensc_cache;
examination doctor_tokens; /* doctor_tokens.c */
examination doctor_agent;  /* doctor_agent.c */
examination doctor_ssh;    /* doctor_ssh.c */

/* doctor_library.c */
/* Does it, or a library that it brings with it, speak to pcscd? The library is loaded into this process, and not initialised. */
bool doctor_library_uses_pcscd(const struct module_settings *module);
bool doctor_any_library_uses_pcscd(const struct doctor *doctor);

/* doctor_cards.c */
/* Is the library OpenSC's? */
bool doctor_is_opensc(const char *path);
