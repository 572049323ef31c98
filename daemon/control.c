// SPDX-License-Identifier: BSD-2-Clause
#include "daemon/control.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include "common/log.h"
#include "common/names.h"
#include "common/printable.h"
#include "daemon/client.h"
#include "daemon/daemon.h"
#include "daemon/keeper.h"
#include "daemon/request.h"
#include "daemon/trunk.h"
#include "daemon/vendor_child.h"

enum { SLOTS_MAX = 64 };

/* One request and its answer. */
struct errand {
    const struct daemon *daemon;
    const struct peer *peer;
    struct request request;
    CK_SLOT_ID slots[SLOTS_MAX]; /* that the request is about */
    CK_TOKEN_INFO tokens[SLOTS_MAX]; /* what was in them when that was decided */
    CK_ULONG n_slots;
    FILE *out;
};

static bool is_master(const struct errand *errand)
{
    return daemon_is_master(errand->daemon, errand->peer->uid);
}

/* Of the slots listed those that have a token of the name that was given, with that token. gate: NULL for the shared stack. */
static void leave_named(struct errand *errand, struct gate *gate)
{
    CK_ULONG kept = 0;

    for (CK_ULONG i = 0; i < errand->n_slots; i++) {
        CK_SLOT_ID slot = errand->slots[i];
        CK_TOKEN_INFO *token = &errand->tokens[kept];
        CK_RV rv = gate != NULL ? gate->layer.C_GetTokenInfo(&gate->layer, slot, token) : trunk()->C_GetTokenInfo(slot, token);
        if (rv == CKR_OK && keeper_is_named(token, errand->request.token))
            errand->slots[kept++] = slot;
    }
    errand->n_slots = kept;
}

/* Who asks for the state of a token whose PIN is at hand is told what his programs will find: what they would do first is done now. Nobody is asked. */
static void log_in_by_source(const struct errand *errand, struct gate *gate)
{
    struct layer *top = &gate->layer;
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE private_keys = {CKA_CLASS, &class, sizeof(class)};

    for (CK_ULONG i = 0; gate->login.source != PIN_SOURCE_ASKPASS && gate->login.source != PIN_SOURCE_NONE && i < errand->n_slots; i++) {
        CK_SESSION_HANDLE session;
        if (top->C_OpenSession(top, errand->slots[i], CKF_SERIAL_SESSION, NULL, NULL, &session) != CKR_OK)
            continue;
        top->C_FindObjectsInit(top, session, &private_keys, 1);
        top->C_CloseSession(top, session);
    }
}

/* The tokens that the policy shows to the user; who may do all may name any other, and locks all that he names none of. */
static CK_RV list_slots(struct errand *errand)
{
    bool any = is_master(errand) && (errand->request.token[0] != '\0' || errand->request.verb == REQUEST_LOCK);
    struct client client = {.daemon = errand->daemon, .peer = *errand->peer};
    CK_RV rv;

    errand->n_slots = SLOTS_MAX;
    if (any) {
        rv = trunk()->C_GetSlotList(CK_TRUE, errand->slots, &errand->n_slots);
    } else {
        rv = client_open(&client);
        if (rv == CKR_OK)
            rv = client.gate->layer.C_GetSlotList(&client.gate->layer, CK_TRUE, errand->slots, &errand->n_slots);
    }
    if (rv == CKR_OK)
        leave_named(errand, any ? NULL : client.gate);
    if (rv == CKR_OK && !any && errand->request.verb == REQUEST_STATUS)
        log_in_by_source(errand, client.gate);
    client_close(&client);
    return rv;
}

/* A field of fixed size, without the blanks behind it, and without what would end the line. */
static void print_field(FILE *out, const CK_UTF8CHAR *field, size_t size)
{
    char text[sizeof(((CK_TOKEN_INFO *)NULL)->label) + 1];

    while (size > 0 && (field[size - 1] == ' ' || field[size - 1] == '\0'))
        size--;
    memcpy(text, field, size);
    text[size] = '\0';
    printable_make(text);
    fprintf(out, "%s\t", text);
}

/* A line for each token: its state, label, serial number, who unlocked it (-1: nobody), and when (seconds since 1970). */
static enum control_code status(struct errand *errand)
{
    static const char *const states[] = {
        [KEEPER_ABSENT] = "absent",
        [KEEPER_LOCKED] = "locked",
        [KEEPER_UNLOCKED] = "unlocked",
        [KEEPER_OPEN] = "open",
    };
    enum control_code code = errand->n_slots > 0 ? CONTROL_OK : CONTROL_NO_CARD;

    for (CK_ULONG i = 0; i < errand->n_slots; i++) {
        struct keeper_report report;
        keeper_report(errand->slots[i], &report);
        fprintf(errand->out, "%s\t", states[report.state]);
        print_field(errand->out, report.token.label, sizeof(report.token.label));
        print_field(errand->out, report.token.serialNumber, sizeof(report.token.serialNumber));
        fprintf(errand->out, "%ld\t%lld\n", report.by == KEEPER_NOBODY ? -1L : (long)report.by, (long long)report.since);
        if (report.state == KEEPER_LOCKED)
            code = CONTROL_LOCKED;
    }
    return code;
}

/* A PIN goes to one token. */
static bool is_one(struct errand *errand)
{
    if (errand->n_slots == 1)
        return true;
    if (errand->n_slots == 0)
        fprintf(errand->out, "no token is there %s%s; see `p11gate explain`\n",
                errand->request.token[0] != '\0' ? "that is called " : "that is shown to you", errand->request.token);
    else
        fprintf(errand->out, "several tokens are there, and one is expected: --token LABEL or --token SERIAL, as `p11gate status` shows them\n");
    return false;
}

static enum control_code unlock(struct errand *errand)
{
    struct request *request = &errand->request;
    CK_RV rv;

    if (!is_one(errand))
        return errand->n_slots == 0 ? CONTROL_NO_CARD : CONTROL_LOCKED;
    rv = keeper_unlock(errand->slots[0], &errand->tokens[0], request->keypad ? NULL : request->pin, request->pin_size, errand->peer->uid);
    if (rv == VENDOR_CHILD_LATE)
        rv = CKR_DEVICE_ERROR;
    log_always("user %lu unlocks a token: %s", (unsigned long)errand->peer->uid, name_of_rv(rv));
    if (rv == CKR_OK)
        return CONTROL_OK;
    fprintf(errand->out, "the token cannot be unlocked: %s\n", name_of_rv(rv));
    return rv == CKR_TOKEN_NOT_PRESENT ? CONTROL_NO_CARD : CONTROL_LOCKED;
}

/* Of a token that somebody else unlocked the others need the login. */
static bool may_lock(const struct errand *errand, CK_SLOT_ID slot)
{
    struct keeper_report report;

    keeper_report(slot, &report);
    return is_master(errand) || report.state != KEEPER_UNLOCKED || report.by == errand->peer->uid;
}

static enum control_code lock(struct errand *errand)
{
    bool absent = keeper_lock_absent(errand->request.token, errand->peer->uid, is_master(errand));
    enum control_code code = errand->n_slots > 0 || absent ? CONTROL_OK : CONTROL_NO_CARD;

    for (CK_ULONG i = 0; i < errand->n_slots; i++) {
        CK_RV rv = may_lock(errand, errand->slots[i]) ? keeper_lock(errand->slots[i]) : CKR_FUNCTION_REJECTED;
        if (rv == CKR_OK)
            continue;
        fprintf(errand->out, rv == CKR_FUNCTION_REJECTED ? "the token was unlocked by somebody else, who alone may lock it\n"
                                                         : "the token cannot be locked: %s\n", name_of_rv(rv));
        code = CONTROL_LOCKED;
    }
    return code;
}

static enum control_code refresh(struct errand *errand)
{
    if (!is_master(errand)) {
        fputs("only root and the daemon's own account may have the tokens read anew\n", errand->out);
        return CONTROL_LOCKED;
    }
    trunk_refresh();
    return CONTROL_OK;
}

static enum control_code (*const verbs[REQUEST_VERBS])(struct errand *errand) = {
    [REQUEST_STATUS] = status,
    [REQUEST_UNLOCK] = unlock,
    [REQUEST_LOCK] = lock,
    [REQUEST_REFRESH] = refresh,
};

static enum control_code run(struct errand *errand)
{
    CK_RV rv = list_slots(errand);

    if (rv != CKR_OK) {
        fprintf(errand->out, "the tokens cannot be listed: %s\n", name_of_rv(rv));
        return CONTROL_NO_CARD;
    }
    return verbs[errand->request.verb](errand);
}

static void answer(int fd, enum control_code code, const char *text)
{
    char line[8];
    int size = snprintf(line, sizeof(line), "%d\n", code);

    if (send(fd, line, (size_t)size, MSG_NOSIGNAL) == size)
        send(fd, text, strlen(text), MSG_NOSIGNAL);
}

void control_serve(void *context, int fd, const struct peer *peer)
{
    struct errand errand = {.daemon = context, .peer = peer};
    char *text = NULL;
    size_t size = 0;
    enum control_code code = CONTROL_LOCKED;

    connection_begin_call();
    if (!request_read(fd, &errand.request))
        return;
    errand.out = open_memstream(&text, &size);
    if (errand.out != NULL) {
        code = run(&errand);
        fclose(errand.out);
    }
    explicit_bzero(&errand.request, sizeof(errand.request));
    answer(fd, code, text != NULL ? text : "no memory\n");
    free(text);
}
