// SPDX-License-Identifier: BSD-2-Clause
// What was verified of the chains of one token's certificates at one moment: each is verified once, when the first rule asks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>
#include "filters/object.h"
#include "filters/pattern.h"
#include "filters/preset.h"
#include "filters/trust_wish.h"

struct crypto;
struct trust_memo;

/* The best that was found for a certificate, over all sources of the wish. */
struct trust_answer {
    enum truth truth;
    const struct trust_source *source; /* borrowed from the wish */
    struct trust_result result;
};

/* now: seconds since 1970. Under the preset ssh chains have to be for a client's login. crypto is borrowed and must live longer.
 * NULL when there is no memory. */
struct trust_memo *trust_memo_create(struct crypto *crypto, enum preset preset, time_t now);
void trust_memo_destroy(struct trust_memo *memo);

/* Certificates of the token, in which issuers are looked for; objects of other classes are passed over. To be called before the first
 * question. One that there is no memory for is none. */
void trust_memo_add(struct trust_memo *memo, const struct object_list *objects);

/* The wish and the certificate, an object of its own, live as long as the memo. Unknown when there is no memory: then NULL. */
const struct trust_answer *trust_memo_ask(struct trust_memo *memo, const struct trust_wish *wish,
                                          const struct object *certificate);

/* The moment that it is about. */
time_t trust_memo_now(const struct trust_memo *memo);

/* Something was decided by a moment that begins then. */
void trust_memo_note(struct trust_memo *memo, time_t moment);

/* How long the answers hold: not when anything that was looked at has begun or ended, or the clock was set back. */
struct trust_span {
    time_t from, changes; /* changes: 0: never */
};

struct trust_span trust_memo_span(const struct trust_memo *memo);
bool trust_span_holds(const struct trust_span *span, time_t now);

/* Are the answers at that moment still the same? */
bool trust_memo_holds(const struct trust_memo *memo, time_t now);

/* Calls visit for each answer, in no order. */
typedef void trust_visitor(void *data, const struct trust_answer *answer,
                           const struct object *certificate);
void trust_memo_each(const struct trust_memo *memo, trust_visitor *visit, void *data);
