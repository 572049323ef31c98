// SPDX-License-Identifier: BSD-2-Clause
// Card readers for tests: pcscd's (tests/mock/pcsc/pcscd.h) and those that the mock vendor has as slots.
#pragma once

#include "tests/mock/pcsc/pcscd.h"
#include "tests/module/host.h"

extern const struct pcscd_control *pcscd;

/* Brings libpcsclite into the process, as a vendor library does. */
void readers_load(void);

/* Begins anew, after host_reset(). */
void readers_reset(void);

/* A reader with a card in it, whose PIN is "1234", with one RSA key of that CKA_ID. */
CK_SLOT_ID readers_add(const char *name, const char *label, const char *id);

/* The card comes or goes: pcscd and the vendor both know. */
void readers_card(CK_SLOT_ID slot, const char *name, bool in);

/* Milliseconds that can be subtracted. */
long readers_clock(void);

void readers_sleep(long milliseconds);
