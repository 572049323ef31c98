// SPDX-License-Identifier: BSD-2-Clause
// Keeps tokens logged in, for all clients: who unlocked which, and when.
#pragma once

#include <stdbool.h>
#include <sys/types.h>
#include <time.h>
#include <p11-kit/pkcs11.h>

#define KEEPER_NOBODY ((uid_t)-1) /* a configured source */

enum keeper_state { KEEPER_ABSENT, KEEPER_LOCKED, KEEPER_UNLOCKED, KEEPER_OPEN /* it wants no login */ };

struct keeper_report {
    enum keeper_state state;
    CK_TOKEN_INFO token;
    uid_t by;      /* who unlocked it, or KEEPER_NOBODY */
    time_t since;  /* wall clock; 0: unknown */
};

/* How long a login lasts without a use, and at all, in seconds; 0: for ever. And whether it outlives its card's removal. */
void keeper_limit(unsigned long idle, unsigned long most, bool survives_removal);

/* A key of the token in that slot was used. Waits for nothing. */
void keeper_note_use(CK_SLOT_ID slot);

/* Locks what has had its time, and notes which cards are gone. To be called once a second; asks no vendor. */
void keeper_look(void);

/* May the PIN that is configured for that user go to that token? Once to one token: to the one that it went to first, unless it failed there and nobody has unlocked it
 * since, and not while another token is unlocked that it may belong to. */
bool keeper_permits_source(uid_t user, const CK_TOKEN_INFO *token);

/* The same as keeper_unlock, with that PIN: CKR_FUNCTION_CANCELED where it may not go there. */
CK_RV keeper_unlock_by_source(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, CK_UTF8CHAR_PTR pin, CK_ULONG size, uid_t user);

/* Logs in to that token, which was seen in that slot of the shared stack. CKR_TOKEN_NOT_PRESENT where another one is in it by now, which hears nothing of the PIN.
 * The PIN is borrowed. CKR_OK also where it is unlocked already and the PIN is the same;
 * CKR_PIN_INCORRECT where it is another, of which the token hears nothing; the vendor's error. NULL: the PIN is entered at the reader. */
CK_RV keeper_unlock(CK_SLOT_ID slot, const CK_TOKEN_INFO *token, CK_UTF8CHAR_PTR pin, CK_ULONG size, uid_t by);

/* Would that PIN be accepted? The token hears nothing of it. CKR_FUNCTION_CANCELED while locked, which is logged. */
CK_RV keeper_compare(CK_SLOT_ID slot, CK_UTF8CHAR_PTR pin, CK_ULONG size);

/* Logs out, and forgets the PIN. by: somebody who may. CKR_OK also where it is locked already. */
CK_RV keeper_lock(CK_SLOT_ID slot);

/* The same for tokens that are out, of that label or serial number ("": of any), which `by` unlocked, or anybody where he is a master. Was there one? */
bool keeper_lock_absent(const char *name, uid_t by, bool master);

/* Is that its label or serial number? "": always. */
bool keeper_is_named(const CK_TOKEN_INFO *token, const char *name);

/* Asks no vendor. */
void keeper_report(CK_SLOT_ID slot, struct keeper_report *report);

/* Ends all logins. */
void keeper_stop(void);
