// SPDX-License-Identifier: BSD-2-Clause
#include "module/events.h"

#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "common/log.h"

/* Without a pcscd it is looked for so often; and what a look costs may be a tenth of the time: with a card that does not answer
 * libpcsclite takes 400 ms. */
enum { RETRY_MS = 1000, REST = 9, REST_MOST_MS = 4000, CHEAP_MS = 100, SETTLE_MS = 2000 };

struct events {
    struct pcsc *pcsc;           /* owned; NULL: no connection */
    struct pcsc_readers readers; /* as they were at the last look */
    unsigned long generation;    /* from 1 */
    /* In milliseconds of the monotonic clock: */
    long not_before; /* the next look or try */
    long changed_at; /* the generation began */
    long scanned_at; /* the vendors' slots were listed */
    unsigned long covers_at; /* the generation for which this is known: */
    bool covers;             /* pcscd tells of all slots that a card could be in */
    bool said_refused;       /* that it lets us not in; forgotten once it does */
};

static long milliseconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

static const struct pcsc_reader *find_reader(const struct pcsc_readers *readers, const char *name)
{
    for (size_t i = 0; i < readers->count; i++) {
        if (strcmp(readers->items[i].name, name) == 0)
            return &readers->items[i];
    }
    return NULL;
}

/* A slot is described by the name of its reader, as far as there is room. */
static bool is_described(const CK_SLOT_INFO *info, const char *name)
{
    const size_t room = sizeof(info->slotDescription);
    size_t size = room, length = strnlen(name, room);

    while (size > 0 && (info->slotDescription[size - 1] == ' ' || info->slotDescription[size - 1] == '\0'))
        size--;
    while (length > 0 && name[length - 1] == ' ')
        length--;
    return size > 0 && size == length && memcmp(info->slotDescription, name, size) == 0;
}

static bool read_slot_info(struct token *token)
{
    if (!token->has_slot_info)
        token->has_slot_info = vendor_functions(token->vendor)
                                   ->C_GetSlotInfo(token->slot, &token->slot_info) == CKR_OK;
    return token->has_slot_info;
}

/* How often a card was taken out: the counter counts both ways. */
static unsigned removals(const struct pcsc_reader *before, const struct pcsc_reader *now)
{
    unsigned changes = (now->counter - before->counter) & 0xffff;

    if (changes == 0 && before->present && !now->present)
        return 1; /* it was set up anew in between */
    return before->present ? (changes + 1) / 2 : changes / 2;
}

static bool is_some_reader(const struct pcsc_readers *readers, const CK_SLOT_INFO *info)
{
    for (size_t i = 0; i < readers->count; i++) {
        if (is_described(info, readers->items[i].name))
            return true;
    }
    return false;
}

/* Nobody knows whether the card was out: a refused PIN is remembered, and one that is not to survive a removal goes. */
static void doubt(struct token *token)
{
    token_lose_session(token);
    if (!token->gate->login.survives_removal)
        kept_pin_drop(&token->kept);
}

/* Some vendors (cackey) do not tell which reader a slot is. */
static void ask_vendor(struct token *token)
{
    CK_RV rv;

    token->info_stale = true;
    rv = token_fresh_info(token);
    if (!token->present)
        return;
    if (rv == CKR_OK && !token_has_serial(token))
        doubt(token); /* it may be another of the same label */
    else if (rv == CKR_OK)
        return;
    else if (gate_says_gone(rv))
        token_lose(token);
    else
        token_hide(token);
}

static void lose_in(struct gate *gate, const struct pcsc_reader *reader)
{
    const struct events *events = gate->events;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        bool known = token->present && read_slot_info(token);
        if (known && is_described(&token->slot_info, reader->name))
            token_lose(token);
        else if (token->present &&
                 (!known || ((token->slot_info.flags & CKF_REMOVABLE_DEVICE) != 0 &&
                             !is_some_reader(&events->readers, &token->slot_info))))
            ask_vendor(token);
    }
}

/* Slots may have other numbers when readers have come or gone. */
static void forget_slots(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++)
        gate->tokens[i]->has_slot_info = false;
}

static void begin_generation(struct events *events)
{
    events->generation++;
    events->changed_at = milliseconds();
}

static bool have_same_names(const struct pcsc_readers *one, const struct pcsc_readers *other)
{
    for (size_t i = 0; i < one->count; i++) {
        if (find_reader(other, one->items[i].name) == NULL)
            return false;
    }
    return one->count == other->count;
}

static bool is_changed(const struct pcsc_reader *before, const struct pcsc_reader *now)
{
    return now == NULL || now->counter != before->counter || now->present != before->present;
}

bool events_differ(const struct pcsc_readers *one, const struct pcsc_readers *other)
{
    for (size_t i = 0; i < one->count; i++) {
        if (is_changed(&one->items[i], find_reader(other, one->items[i].name)))
            return true;
    }
    return one->count != other->count;
}

static void compare(struct gate *gate, const struct pcsc_readers *now)
{
    struct events *events = gate->events;

    if (!events_differ(&events->readers, now))
        return;
    for (size_t i = 0; i < events->readers.count; i++) {
        const struct pcsc_reader *before = &events->readers.items[i];
        const struct pcsc_reader *reader = find_reader(now, before->name);
        if (reader == NULL || removals(before, reader) > 0)
            lose_in(gate, before);
    }
    if (!have_same_names(&events->readers, now))
        forget_slots(gate);
    events->readers = *now;
    begin_generation(events);
}

/* The vendors' own connections have gone with ours. */
static void lose_pcscd(struct gate *gate)
{
    struct events *events = gate->events;

    log_info("pcscd does not answer any more");
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        if (token->present &&
            (!read_slot_info(token) || (token->slot_info.flags & CKF_REMOVABLE_DEVICE) != 0 ||
             is_some_reader(&events->readers, &token->slot_info)))
            doubt(token);
    }
    pcsc_disconnect(events->pcsc);
    events->pcsc = NULL;
    events->readers.count = 0;
    begin_generation(events);
}

static bool ask(struct events *events, struct pcsc_readers *readers)
{
    long begun = milliseconds(), cost;
    bool answered = pcsc_look(events->pcsc, readers);

    cost = milliseconds() - begun;
    if (cost > CHEAP_MS)
        events->not_before = begun + cost + (cost * REST < REST_MOST_MS ? cost * REST : REST_MOST_MS);
    return answered;
}

static void say_refused(struct events *events)
{
    if (!events->said_refused)
        log_info("pcscd does not let this program in; see `p11gate doctor`");
    events->said_refused = true;
}

static void connect_again(struct events *events)
{
    bool refused;

    events->pcsc = pcsc_try(&refused);
    if (events->pcsc != NULL && ask(events, &events->readers)) {
        events->said_refused = false;
        begin_generation(events);
        return;
    }
    if (refused)
        say_refused(events);
    pcsc_disconnect(events->pcsc);
    events->pcsc = NULL;
    events->not_before = milliseconds() + RETRY_MS;
}

/* What is below answers from memory, and tells of logins that began or ended as well. */
static void look_below(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        CK_RV rv;
        if (!token->present)
            continue;
        token->info_stale = true;
        rv = token_fresh_info(token);
        if (token->present && gate_says_gone(rv))
            token_lose(token);
    }
}

void events_look(struct gate *gate)
{
    struct events *events = gate->events;
    struct pcsc_readers now;

    if (gate->setting.below != NULL)
        look_below(gate);
    if (gate->setting.below != NULL || !pcsc_is_loaded())
        return;
    if (events == NULL)
        events = gate->events = calloc(1, sizeof(*events));
    if (events == NULL || milliseconds() < events->not_before)
        return;
    if (events->pcsc != NULL && ask(events, &now)) {
        compare(gate, &now);
        return;
    }
    if (events->pcsc != NULL)
        lose_pcscd(gate);
    connect_again(events);
}

bool events_cover(struct token *token)
{
    const struct events *events = token->gate->events;

    return events != NULL && events->readers.count > 0 && read_slot_info(token) &&
           is_some_reader(&events->readers, &token->slot_info);
}

bool events_say_out(struct token *token)
{
    if (!events_cover(token))
        return false;
    for (size_t i = 0; i < token->gate->events->readers.count; i++) {
        if (token->gate->events->readers.items[i].present)
            return false;
    }
    return true;
}

unsigned long events_generation(struct gate *gate)
{
    events_look(gate);
    return gate->events != NULL && gate->events->readers.count > 0 ? gate->events->generation : 0;
}

void events_note_scan(struct gate *gate)
{
    if (gate->events != NULL)
        gate->events->scanned_at = milliseconds();
}

void events_forget_scan(struct gate *gate)
{
    if (gate->events != NULL)
        gate->events->scanned_at = 0;
}

static bool covers_vendor(const struct events *events, const struct vendor *vendor)
{
    CK_SLOT_ID *slots = NULL;
    CK_SLOT_INFO info;
    CK_ULONG count = 0;
    bool covers = vendor_list_slots(vendor, CK_FALSE, false, &slots, &count) == CKR_OK;

    for (CK_ULONG i = 0; covers && i < count; i++)
        covers = vendor_functions(vendor)->C_GetSlotInfo(slots[i], &info) == CKR_OK &&
                 ((info.flags & CKF_REMOVABLE_DEVICE) == 0 || is_some_reader(&events->readers, &info));
    free(slots);
    return covers;
}

/* Asked once, until something happens. */
static bool covers_all(const struct gate *gate, struct events *events)
{
    if (events->covers_at == events->generation)
        return events->covers;
    events->covers = true;
    for (size_t i = 0; events->covers && i < gate->n_vendors; i++)
        events->covers = gate->vendors[i] == NULL || covers_vendor(events, gate->vendors[i]);
    events->covers_at = events->generation;
    return events->covers;
}

bool events_quiet(struct gate *gate)
{
    struct events *events = gate->events;

    return gate->scanned && events != NULL && events->pcsc != NULL &&
           events->scanned_at >= events->changed_at + SETTLE_MS && covers_all(gate, events);
}

bool events_readers(const struct gate *gate, struct pcsc_readers *readers)
{
    if (gate->events == NULL || gate->events->pcsc == NULL ||
        milliseconds() < gate->events->not_before)
        return false;
    *readers = gate->events->readers;
    return true;
}

void events_destroy(struct events *events)
{
    if (events == NULL)
        return;
    pcsc_disconnect(events->pcsc);
    free(events);
}
