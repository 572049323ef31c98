// SPDX-License-Identifier: BSD-2-Clause
// Cards that come and go, as pcscd tells of them: without a vendor call, and without waiting for one to fail.
#pragma once

#include <stdbool.h>
#include "module/pcsc.h"
#include "module/token.h"

struct events;

/* Looks at pcscd's readers. Of tokens in readers out of which a card was taken since the last look, card and session are lost
 * (token_lose), also if a card is in again; a vendor that does not describe its slots by their readers' names is asked then; if pcscd began anew, their sessions are. It costs some 30 us (a vendor's look at the card:
 * tens of milliseconds), and nothing where no vendor library has loaded libpcsclite. Where p11gate is below, it is asked for the tokens' descriptions. To be called where a search, a use or a login begins,
 * and before the slots are listed. */
void events_look(struct gate *gate);

/* Does pcscd tell of the token's reader? Reads its CK_SLOT_INFO, once, if there is a pcscd to compare it with. */
bool events_cover(struct token *token);

/* Was no card in any reader at the last look, and is that of the token one of them? Then no vendor needs to look for it. */
bool events_say_out(struct token *token);

/* A number that is another as soon as a card or reader may have come or gone since it was last asked for: while it stays, a token that is
 * out needs no looking for. Of all readers, as some vendors do not tell which one a slot is. Looks. 0: nobody tells, and only time can. */
unsigned long events_generation(struct gate *gate);

/* The slots are being listed: what the vendors will say is as of now. */
void events_note_scan(struct gate *gate);

/* It failed: what has happened is not dealt with. */
void events_forget_scan(struct gate *gate);

/* Has nothing happened since the slots were listed, in no slot that a card could be in? The first seconds after an event do not count: a
 * vendor may need them to know the card. False where nobody tells. */
bool events_quiet(struct gate *gate);

/* What is known at the moment, for a wait until something else is there; false where pcscd tells nothing, or is not listened to for as long as
 * no look is taken: what it tells would be news again and again. */
bool events_readers(const struct gate *gate, struct pcsc_readers *readers);

bool events_differ(const struct pcsc_readers *one, const struct pcsc_readers *other);

void events_destroy(struct events *events);
