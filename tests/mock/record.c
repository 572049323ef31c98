// SPDX-License-Identifier: BSD-2-Clause
// Counts the calls, writes them down, and makes them fail on demand.
#include "tests/mock/internal.h"

#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { FAILURES_MAX = 16, LOGINS_MAX = 64, STACK_SEEN = 1024 };

struct failure {
    enum function_id function;
    unsigned nth; /* 0: each call */
    unsigned seen;
    CK_RV rv;
};

static struct {
    enum function_id *calls; /* owned */
    unsigned n_calls, room;
    struct failure failures[FAILURES_MAX];
    size_t n_failures;
    struct mock_login logins[LOGINS_MAX]; /* the first */
    unsigned n_logins;
} record;

_Noreturn void record_wrong(const char *what, const char *value)
{
    fprintf(stderr, "mock vendor: %s: %s\n", what, value);
    abort();
}

static pthread_mutex_t recording = PTHREAD_MUTEX_INITIALIZER; /* p11gate calls from several threads under the preset transparent */

static pthread_mutex_t doing = PTHREAD_MUTEX_INITIALIZER; /* for tests that change something while a thread of theirs waits in p11gate */

void mock_lock(void)
{
    pthread_mutex_lock(&doing);
}

void mock_unlock(void)
{
    pthread_mutex_unlock(&doing);
}

static enum function_id function_of(const char *name)
{
    for (int i = 0; i < FUNCTION_COUNT; i++) {
        if (strcmp(mock_names[i], name) == 0)
            return (enum function_id)i;
    }
    record_wrong("no such function", name);
}

static void remember(enum function_id function)
{
    if (record.n_calls == record.room) {
        record.room = record.room * 2 + 64;
        record.calls = reallocarray(record.calls, record.room, sizeof(*record.calls));
        if (record.calls == NULL)
            record_wrong("no memory", "calls");
    }
    record.calls[record.n_calls++] = function;
}

static CK_RV scripted(enum function_id function)
{
    CK_RV rv = CKR_OK;

    for (size_t i = 0; i < record.n_failures; i++) {
        struct failure *failure = &record.failures[i];
        if (failure->function != function)
            continue;
        failure->seen++;
        if (failure->nth == 0 || failure->nth == failure->seen)
            rv = failure->rv;
    }
    return rv;
}

static void print(enum function_id function)
{
    if (settings.prints != NULL &&
        (strcmp(settings.prints, "*") == 0 || strcmp(settings.prints, mock_names[function]) == 0)) {
        printf("mock vendor: %s\n", mock_names[function]);
        fflush(stdout);
    }
}

/* What the functions of a library find in variables that they forget to write. */
__attribute__((noinline, no_sanitize_address)) static bool is_littered(void)
{
    unsigned char below[STACK_SEEN];

    __asm__("" : "=m"(below)); /* to the compiler they are written */
    for (size_t i = 0; i < sizeof(below); i++) {
        if (below[i] != 0)
            return true;
    }
    return false;
}

/* They are called by the loader, and by themselves. */
static bool gives_lists(enum function_id function)
{
    return function == FUNCTION_C_GetFunctionList || function == FUNCTION_C_GetInterfaceList ||
           function == FUNCTION_C_GetInterface;
}

CK_RV record_begin(enum function_id function)
{
    bool littered = is_littered(); /* before anything else is called */
    CK_RV rv;

    pthread_mutex_lock(&recording);
    if (littered && settings.littered == NULL && !gives_lists(function))
        settings.littered = mock_names[function];
    remember(function);
    print(function);
    rv = scripted(function);
    pthread_mutex_unlock(&recording);
    if (settings.calls_back != NULL)
        settings.calls_back(mock_names[function]);
    if (rv == CKR_OK && function != FUNCTION_C_Initialize &&
        function != FUNCTION_C_GetFunctionList && function != FUNCTION_C_GetInterface &&
        function != FUNCTION_C_GetInterfaceList && !library_is_initialised())
        rv = CKR_CRYPTOKI_NOT_INITIALIZED;
    return rv;
}

/* One line a call in $MOCK_LOG, written at once: the process may end without a word. */
CK_RV record_end(enum function_id function, CK_RV rv)
{
    const char *path = getenv("MOCK_LOG");
    int descriptor =
        path == NULL ? -1 : open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);

    if (descriptor >= 0) {
        dprintf(descriptor, "%s 0x%lx\n", mock_names[function], rv);
        close(descriptor);
    }
    return rv;
}

void record_fail(const char *function, unsigned nth, CK_RV rv)
{
    pthread_mutex_lock(&recording);
    if (record.n_failures == FAILURES_MAX)
        record_wrong("too many failures", function);
    record.failures[record.n_failures++] = (struct failure){function_of(function), nth, 0, rv};
    pthread_mutex_unlock(&recording);
}

void record_fail_none(void)
{
    pthread_mutex_lock(&recording);
    record.n_failures = 0;
    pthread_mutex_unlock(&recording);
}

void record_forget(void)
{
    pthread_mutex_lock(&recording);
    record.n_calls = 0;
    pthread_mutex_unlock(&recording);
}

void record_login(CK_USER_TYPE user, const unsigned char *pin, CK_ULONG size, CK_RV rv)
{
    struct mock_login *login = &record.logins[record.n_logins];

    if (record.n_logins == LOGINS_MAX || size >= sizeof(login->pin))
        return;
    *login = (struct mock_login){.user = user, .rv = rv};
    if (pin != NULL)
        memcpy(login->pin, pin, size);
    record.n_logins++;
}

const struct mock_login *record_login_at(unsigned index)
{
    return index < record.n_logins ? &record.logins[index] : NULL;
}

void record_reset(void)
{
    record.n_logins = 0;
    record_forget();
    record_fail_none();
}

unsigned record_calls(void)
{
    unsigned count;

    pthread_mutex_lock(&recording);
    count = record.n_calls;
    pthread_mutex_unlock(&recording);
    return count;
}

unsigned record_calls_of(const char *function)
{
    enum function_id wanted = function_of(function);
    unsigned count = 0;

    pthread_mutex_lock(&recording);
    for (unsigned i = 0; i < record.n_calls; i++) {
        if (record.calls[i] == wanted)
            count++;
    }
    pthread_mutex_unlock(&recording);
    return count;
}

const char *record_name(unsigned index)
{
    return index < record.n_calls ? mock_names[record.calls[index]] : NULL;
}
