// SPDX-License-Identifier: BSD-2-Clause
// A client that calls everything once, whatever it is answered, and believes nothing: what it finds wrong it says.
#pragma once

#include "tests/module/host.h"

/* The tokens and keys of the mock vendor, and the configuration for them. */
void client_set_up(const char *preset);

/* From C_Initialize to the last call before C_Finalize. NULL, or what was wrong: static text. */
const char *client_run(void);

/* What works once the vendor fails no more: a listing, a session, the PIN, a signature. */
const char *client_recovers(void);

/* C_Finalize, and that nothing is left behind; failed: C_Finalize itself was made to. */
const char *client_finishes(bool failed);

/* Was a PIN sent again after it was refused, or sent oftener than it was given? gone: the vendor said that the token was out, or
 * another one, at some time, and with it goes the memory of what it refused. */
const char *client_lost_a_try(bool gone);
