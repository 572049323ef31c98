// SPDX-License-Identifier: BSD-2-Clause
// host COMMAND...: does one thing after the other with PKCS#11 libraries, each known by a letter, and prints a line for each. COMMAND:LIBRARY[:WORD]
//   load:a:PATH unload:a initialize:a refuse:a finalize:a   the library itself
//   maker:a tokens:a login:a:PIN objects:a                  what it says of itself, of its tokens, of their objects after a login
//   set::NAME=VALUE unset::NAME same:a:b traces::           the environment; are they one function list? what of the process libraries have changed
#include <dirent.h>
#include <dlfcn.h>
#include <locale.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <p11-kit/pkcs11.h>

enum { LETTERS = 26, SLOTS_MAX = 64 };

struct library {
    void *file;
    CK_FUNCTION_LIST *functions;
    CK_SESSION_HANDLE session;
};

static struct library libraries[LETTERS];

static void load(struct library *library, const char *word)
{
    CK_C_GetFunctionList get = NULL;

    library->file = dlopen(word, RTLD_NOW | RTLD_LOCAL);
    if (library->file != NULL)
        *(void **)&get = dlsym(library->file, "C_GetFunctionList");
    if (get == NULL) {
        fprintf(stderr, "%s\n", dlerror());
        exit(2);
    }
    printf("%lx", get(&library->functions));
}

static void unload(struct library *library, const char *word)
{
    (void)word;
    printf("%d", dlclose(library->file));
}

static void initialize(struct library *library, const char *word)
{
    (void)word;
    printf("%lx", library->functions->C_Initialize(NULL));
}

static void refuse(struct library *library, const char *word)
{
    CK_C_INITIALIZE_ARGS half = {.LockMutex = (CK_LOCKMUTEX)abort};

    (void)word;
    printf("%lx", library->functions->C_Initialize(&half));
}

static void finalize(struct library *library, const char *word)
{
    (void)word;
    printf("%lx", library->functions->C_Finalize(NULL));
}

static void tell_maker(struct library *library, const char *word)
{
    CK_INFO info = {.flags = 0};
    CK_RV rv = library->functions->C_GetInfo(&info);

    (void)word;
    printf("%lx %.32s", rv, info.manufacturerID);
}

static CK_ULONG list(struct library *library, CK_SLOT_ID slots[SLOTS_MAX])
{
    CK_ULONG count = SLOTS_MAX;
    CK_RV rv = library->functions->C_GetSlotList(CK_TRUE, slots, &count);

    printf("%lx", rv);
    return rv == CKR_OK ? count : 0;
}

static void tell_tokens(struct library *library, const char *word)
{
    CK_SLOT_ID slots[SLOTS_MAX];
    CK_ULONG count = list(library, slots);

    (void)word;
    for (CK_ULONG i = 0; i < count; i++) {
        CK_TOKEN_INFO token = {.flags = 0};
        library->functions->C_GetTokenInfo(slots[i], &token);
        printf(" [%.32s]", token.label);
    }
}

static void login(struct library *library, const char *word)
{
    CK_SLOT_ID slots[SLOTS_MAX];

    if (list(library, slots) == 0)
        return;
    printf(" %lx", library->functions->C_OpenSession(slots[0], CKF_SERIAL_SESSION | CKF_RW_SESSION, NULL, NULL, &library->session));
    printf(" %lx", library->functions->C_Login(library->session, CKU_USER, (CK_UTF8CHAR_PTR)(uintptr_t)word, strlen(word)));
}

static void tell_objects(struct library *library, const char *word)
{
    CK_OBJECT_HANDLE objects[SLOTS_MAX];
    CK_ULONG count = 0;
    CK_RV rv = library->functions->C_FindObjectsInit(library->session, NULL, 0);

    (void)word;
    if (rv == CKR_OK)
        rv = library->functions->C_FindObjects(library->session, objects, SLOTS_MAX, &count);
    printf("%lx %lu", rv, count);
    library->functions->C_FindObjectsFinal(library->session);
}

static void set(struct library *library, const char *word)
{
    char *text = strdup(word), *value = text != NULL ? strchr(text, '=') : NULL;

    (void)library;
    if (value == NULL)
        exit(2);
    *value = '\0';
    printf("%d", setenv(text, value + 1, 1));
    free(text);
}

static void unset(struct library *library, const char *word)
{
    (void)library;
    printf("%d", unsetenv(word));
}

static void tell_whether_same(struct library *library, const char *word)
{
    printf("%d", library->functions == libraries[word[0] - 'a'].functions);
}

static unsigned count_entries(const char *folder)
{
    DIR *entries = opendir(folder);
    unsigned count = 0;

    while (entries != NULL && readdir(entries) != NULL)
        count++;
    if (entries != NULL)
        closedir(entries);
    return count;
}

/* Handlers and the mask of all signals, in one number. */
static unsigned long add_signals(void)
{
    unsigned long sum = 0;
    sigset_t blocked;

    sigprocmask(SIG_BLOCK, NULL, &blocked);
    for (int i = 1; i < SIGRTMIN; i++) {
        struct sigaction action;
        if (sigaction(i, NULL, &action) == 0)
            sum = sum * 31 + (unsigned long)(uintptr_t)action.sa_handler + (sigismember(&blocked, i) ? 1 : 0);
    }
    return sum;
}

static void tell_traces(struct library *library, const char *word)
{
    mode_t mask = umask(0);

    (void)library;
    (void)word;
    umask(mask);
    printf("files %u threads %u mask %o locale %s signals %lx", count_entries("/proc/self/fd"), count_entries("/proc/self/task"), mask, setlocale(LC_ALL, NULL), add_signals());
}

static const struct {
    const char *name;
    void (*run)(struct library *library, const char *word);
} commands[] = {
    {"load", load},         {"unload", unload},   {"initialize", initialize}, {"refuse", refuse},          {"finalize", finalize}, {"maker", tell_maker}, {"tokens", tell_tokens},
    {"login", login},       {"objects", tell_objects}, {"set", set},          {"unset", unset},            {"same", tell_whether_same}, {"traces", tell_traces},
};

/* False: there is none of that name. */
static bool run(const char *name, const char *letter, const char *word)
{
    struct library *library = &libraries[letter[0] >= 'a' && letter[0] <= 'z' ? letter[0] - 'a' : 0];

    for (size_t i = 0; i < sizeof(commands) / sizeof(commands[0]); i++) {
        if (strcmp(commands[i].name, name) == 0) {
            printf("%s %s ", name, letter);
            commands[i].run(library, word != NULL ? word : "");
            puts("");
            return true;
        }
    }
    return false;
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        char *rest = argv[i], *name = strsep(&rest, ":"), *letter = strsep(&rest, ":");
        if (letter == NULL || !run(name, letter, rest)) {
            fprintf(stderr, "%s: no command\n", argv[i]);
            return 2;
        }
    }
    return 0;
}
