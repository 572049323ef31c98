// SPDX-License-Identifier: BSD-2-Clause
// alone LIBRARY PIN [PARAMETERS]: calls each function of a library in a process of its own, which loads the library, brings it into one of several states and
// makes this one call. A line for each tells what it answered, so that two libraries can be compared. Parameters are those of NSS for C_Initialize.
#include <dlfcn.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "caller.gen.h"
#include "common/pkcs11_3.h"

enum { ROOM = 512, SECONDS = 20, BOGUS = 7654321 };

struct host {
    const char *path;
    void *library;
    CK_FUNCTION_LIST *functions;
    CK_SLOT_ID slot;
    CK_SESSION_HANDLE session;
    const char *pin, *parameters;
};

/* What the arguments point to. */
struct room {
    CK_BYTE buffer[ROOM], data[ROOM], info[ROOM];
    CK_ULONG size, numbers[ROOM], out[4];
    CK_MECHANISM mechanism;
    CK_ATTRIBUTE attribute;
    CK_OBJECT_CLASS class;
};

/* The list of PKCS#11 3.0 where there is one. */
static bool load(struct host *host)
{
    CK_RV (*get_interface)(CK_UTF8CHAR_PTR, CK_VERSION_PTR, CK_INTERFACE_PTR_PTR, CK_FLAGS);
    CK_C_GetFunctionList get_list;
    CK_INTERFACE *interface;

    host->library = dlopen(host->path, RTLD_NOW | RTLD_LOCAL);
    if (host->library == NULL)
        return false;
    *(void **)&get_interface = dlsym(host->library, "C_GetInterface");
    *(void **)&get_list = dlsym(host->library, "C_GetFunctionList");
    if (get_interface == NULL || get_interface(NULL, NULL, &interface, 0) != CKR_OK)
        return get_list != NULL && get_list(&host->functions) == CKR_OK;
    host->functions = interface->pFunctionList;
    return true;
}

static void find_slot(struct host *host)
{
    CK_SLOT_ID slots[ROOM];
    CK_ULONG count = ROOM;

    host->slot = BOGUS;
    if (host->functions->C_GetSlotList(CK_TRUE, slots, &count) == CKR_OK && count > 0)
        host->slot = slots[0];
}

static bool before(struct host *host)
{
    return load(host);
}

/* NSS takes a text in the place of pReserved, and wants a NULL behind it. */
static CK_RV initialize(const struct host *host)
{
    struct {
        CK_C_INITIALIZE_ARGS standard;
        void *reserved;
    } arguments = {.standard = {.flags = CKF_OS_LOCKING_OK, .pReserved = (void *)(uintptr_t)host->parameters}};

    return host->functions->C_Initialize(host->parameters != NULL ? &arguments : NULL);
}

static bool initialised(struct host *host)
{
    if (!load(host) || initialize(host) != CKR_OK)
        return false;
    find_slot(host);
    return true;
}

static bool open_session(struct host *host, CK_FLAGS flags)
{
    return host->functions->C_OpenSession(host->slot, CKF_SERIAL_SESSION | flags, NULL, NULL, &host->session) == CKR_OK;
}

static bool opened(struct host *host)
{
    return initialised(host) && (open_session(host, CKF_RW_SESSION) || open_session(host, 0));
}

static bool finalised(struct host *host)
{
    return opened(host) && host->functions->C_Finalize(NULL) == CKR_OK;
}

/* Half an offer of locks, which no library can take. */
static bool refused(struct host *host)
{
    CK_C_INITIALIZE_ARGS half = {.LockMutex = (CK_LOCKMUTEX)abort};

    return load(host) && host->functions->C_Initialize(&half) != CKR_OK;
}

/* Where the process is the child of the one that initialised. */
static bool forked(struct host *host)
{
    int status;
    pid_t child;

    if (!opened(host))
        return false;
    child = fork();
    if (child == 0)
        return true;
    waitpid(child, &status, 0);
    _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

static bool refused_in_a_child(struct host *host)
{
    CK_C_INITIALIZE_ARGS half = {.LockMutex = (CK_LOCKMUTEX)abort};

    return forked(host) && host->functions->C_Initialize(&half) != CKR_OK;
}

static bool initialised_in_a_child(struct host *host)
{
    if (!forked(host))
        return false;
    initialize(host); /* what it answers is the library's matter */
    return true;
}

static bool reloaded(struct host *host)
{
    return finalised(host) && dlclose(host->library) == 0 && load(host);
}

static const struct {
    const char *name;
    bool (*bring_about)(struct host *host);
    bool answers; /* libraries do then: every offer is made */
} states[] = {
    {"before", before, false},
    {"initialised", initialised, true},
    {"opened", opened, true},
    {"finalised", finalised, false},
    {"refused", refused, false},
    {"forked", forked, true},
    {"forked-initialised", initialised_in_a_child, true},
    {"forked-refused", refused_in_a_child, false},
    {"reloaded", reloaded, false},
};

static void give_nothing(struct call_arguments *call, struct room *room, const struct host *host)
{
    (void)call;
    (void)room;
    (void)host;
}

static void give_counts(struct call_arguments *call, struct room *room, const struct host *host)
{
    (void)room;
    call->slot = host->slot;
    call->session = host->session;
    call->count = 16;
    call->number = CKF_DONT_BLOCK;
}

static void give_right(struct call_arguments *call, struct room *room, const struct host *host)
{
    give_counts(call, room, host);
    room->size = ROOM;
    room->mechanism = (CK_MECHANISM){CKM_SHA256, NULL, 0};
    room->class = CKO_DATA;
    room->attribute = (CK_ATTRIBUTE){CKA_CLASS, &room->class, sizeof(room->class)};
    call->buffer = room->buffer;
    call->data = room->data;
    call->info = room->info;
    call->mechanism = &room->mechanism;
    call->mechanism_type = CKM_SHA256;
    call->mechanisms_out = room->numbers;
    call->object = call->key = 1;
    call->object_out = &room->out[0];
    call->objects_out = room->numbers;
    call->secret = (CK_UTF8CHAR_PTR)(uintptr_t)host->pin;
    call->session_out = &room->out[1];
    call->size = &room->size;
    call->slot_out = &room->out[2];
    call->slots_out = room->numbers;
    call->template = call->template_out = &room->attribute;
    call->text = (CK_UTF8CHAR_PTR) "a label of thirty-two characters";
    call->user = CKU_USER;
    call->number = CKF_SERIAL_SESSION;
}

/* As many attributes as there are, and bytes as the PIN has. */
static void count_right(struct call_arguments *call, unsigned kinds, const struct host *host)
{
    if ((kinds & (KIND_template | KIND_template_out)) != 0)
        call->count = 1;
    if ((kinds & KIND_secret) != 0)
        call->count = strlen(host->pin);
}

static void give_bogus(struct call_arguments *call, struct room *room, const struct host *host)
{
    give_right(call, room, host);
    call->slot = call->session = call->object = call->key = BOGUS;
    call->user = BOGUS;
    call->pointer = room->data; /* zeros */
}

static void give_no_room(struct call_arguments *call, struct room *room, const struct host *host)
{
    give_right(call, room, host);
    room->size = 0;
}

static void give_no_buffer(struct call_arguments *call, struct room *room, const struct host *host)
{
    give_right(call, room, host);
    call->buffer = NULL;
    call->slots_out = call->mechanisms_out = NULL;
}

static const struct {
    const char *name;
    void (*give)(struct call_arguments *call, struct room *room, const struct host *host);
} offers[] = {
    {"nothing", give_nothing}, {"all", give_right}, {"bogus", give_bogus}, {"counts", give_counts}, {"no-room", give_no_room}, {"no-buffer", give_no_buffer},
};

enum { OFFERS = sizeof(offers) / sizeof(offers[0]), FIRST_OFFERS = 3 };

static void call_alone(struct host *host, size_t state, size_t offer, enum function_id function)
{
    static struct room room;
    struct call_arguments call = {0};
    unsigned kinds = function_kinds[function].kinds;
    CK_RV rv;

    alarm(SECONDS);
    if (!states[state].bring_about(host)) {
        printf(" not brought about\n");
        return;
    }
    offers[offer].give(&call, &room, host);
    if (call.data != NULL)
        count_right(&call, kinds, host);
    if (function == FUNCTION_C_WaitForSlotEvent)
        call.number = CKF_DONT_BLOCK;
    rv = call_function(host->functions, function, &call);
    printf(" %lx", rv);
    if ((kinds & KIND_size) != 0)
        printf(" size %lu", room.size);
    puts("");
}

static void call_in_a_process(struct host host, size_t state, size_t offer, enum function_id function)
{
    int status = 0;
    pid_t child;

    printf("%s %s %s", states[state].name, offers[offer].name, function_kinds[function].name);
    fflush(stdout);
    child = fork();
    if (child == 0) {
        call_alone(&host, state, offer, function);
        fflush(stdout);
        _exit(0);
    }
    waitpid(child, &status, 0);
    if (status != 0)
        printf(" status %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
}

int main(int argc, char **argv)
{
    struct host host = {.path = argc > 1 ? argv[1] : NULL, .pin = argc > 2 ? argv[2] : NULL, .parameters = argc > 3 ? argv[3] : NULL};

    if (host.pin == NULL) {
        fprintf(stderr, "usage: alone LIBRARY PIN [PARAMETERS]\n");
        return 2;
    }
    for (size_t s = 0; s < sizeof(states) / sizeof(states[0]); s++) {
        for (size_t o = 0; o < (states[s].answers ? OFFERS : FIRST_OFFERS); o++) {
            for (int f = 0; f < FUNCTION_COUNT; f++)
                call_in_a_process(host, s, o, (enum function_id)f);
        }
    }
    return 0;
}
