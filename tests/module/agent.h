// SPDX-License-Identifier: BSD-2-Clause
// A session that lives on, as ssh-agent's does, on a token whose card may be pulled out.
#pragma once

#include "tests/module/host.h"

#define AGENT_PERMITS "allow:\n  - id: [\"01\", \"11\"]\n"

struct agent {
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
};

extern struct agent agent;
extern const struct mock_key agent_key;
/* cackey has keys of authorities on all its cards. */
extern const struct mock_key agent_authority;

/* A fixture of tests. */
int agent_reset(void **state);

/* The token that loses its card so, the configuration, the session, and the login. pin: NULL for a token that needs none, which comes back
 * without anybody's help. */
void agent_start_with(const char *config, enum mock_loss loses, const char *pin);
void agent_start(enum mock_loss loses, const char *pin);

/* Every signature that is handed out is a good one. */
CK_RV agent_sign_with(CK_OBJECT_HANDLE key);

/* As ssh does it: the key is looked for first. */
CK_RV agent_sign(void);

void agent_pull(void);
void agent_insert(void);
