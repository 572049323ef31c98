// SPDX-License-Identifier: BSD-2-Clause
// A program that uses a module and leaves no PIN behind itself: pin_host MODULE FIFO. It does what the lines say that come out of the FIFO, one after
// the other, and prints a line for each; at the FIFO's end it ends.
//   login PIN | logout | find (private keys) | sign (with the first of them) | flags (of the token) | count (of slots)
//   litter: from now on all bits below it on the stack are ones before each call of the module
//   hold PIN: keeps it, as it is, for good: the searches must find it
//   search HEX | dumped HEX: how often the secret, each of whose bytes is XORed with MEMORY_VEIL, is in memory, and in what a core dump has
#include <dlfcn.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <p11-kit/pkcs11.h>
#include "tests/memory/search.h"

enum { LINE_MAX_SIZE = 256, LITTER_SIZE = 65536 };

static CK_FUNCTION_LIST *functions;
static bool litters;
static CK_SLOT_ID slot;
static CK_SESSION_HANDLE session;
static unsigned char line[LINE_MAX_SIZE]; /* wiped after each */

__attribute__((noinline)) static void litter(void)
{
    unsigned char below[LITTER_SIZE];

    memset(below, 0xff, sizeof(below));
    __asm__("" : : "m"(below)); /* the compiler leaves it there */
}

/* For one call, at once. */
static CK_FUNCTION_LIST *module(void)
{
    if (litters)
        litter();
    return functions;
}

static void answer(const char *what, unsigned long value)
{
    dprintf(STDOUT_FILENO, "%s %#lx\n", what, value);
}

/* Plainly, on the heap. */
static void hold(const char *pin)
{
    static char *held;

    free(held);
    held = strdup(pin);
    answer("hold", held == NULL);
}

/* By a byte: no buffer of stdio's has it then. False: at the end. */
static int read_line(int fifo)
{
    size_t size = 0;

    while (size < sizeof(line) - 1 && read(fifo, &line[size], 1) == 1 && line[size] != '\n')
        size++;
    line[size] = '\0';
    return size > 0;
}

static CK_OBJECT_HANDLE find(CK_ULONG *count)
{
    CK_OBJECT_CLASS class = CKO_PRIVATE_KEY;
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};
    CK_OBJECT_HANDLE found[16] = {0};

    *count = 0;
    if (module()->C_FindObjectsInit(session, &template, 1) == CKR_OK) {
        module()->C_FindObjects(session, found, 16, count);
        module()->C_FindObjectsFinal(session);
    }
    return *count > 0 ? found[0] : 0;
}

static CK_RV sign(void)
{
    CK_MECHANISM mechanism = {CKM_RSA_PKCS, NULL, 0};
    unsigned char data[32] = "what is signed", signature[1024];
    CK_ULONG size = sizeof(signature), count;
    CK_RV rv = module()->C_SignInit(session, &mechanism, find(&count));

    return rv == CKR_OK ? module()->C_Sign(session, data, sizeof(data), signature, &size) : rv;
}

static unsigned search(const char *hex, unsigned (*how)(const unsigned char *, size_t))
{
    unsigned char veiled[LINE_MAX_SIZE / 2];
    size_t size = 0;

    while (hex[2 * size] != '\0' && sscanf(hex + 2 * size, "%2hhx", &veiled[size]) == 1)
        size++;
    return how(veiled, size);
}

static void do_line(void)
{
    char *text = (char *)line, *rest = strchr(text, ' ');
    CK_TOKEN_INFO info = {.flags = 0};
    CK_ULONG count = 0;

    if (strncmp(text, "login ", 6) == 0)
        answer("login", module()->C_Login(session, CKU_USER, line + 6, strlen(text + 6)));
    else if (strcmp(text, "logout") == 0)
        answer("logout", module()->C_Logout(session));
    else if (strcmp(text, "find") == 0)
        answer("find", (find(&count), count));
    else if (strcmp(text, "sign") == 0)
        answer("sign", sign());
    else if (strcmp(text, "flags") == 0)
        answer("flags", (module()->C_GetTokenInfo(slot, &info), info.flags));
    else if (strcmp(text, "litter") == 0)
        answer("litter", (litters = true, 0));
    else if (strncmp(text, "hold ", 5) == 0)
        hold(rest + 1);
    else if (strncmp(text, "search ", 7) == 0)
        answer("search", search(rest + 1, memory_search));
    else if (strncmp(text, "dumped ", 7) == 0)
        answer("dumped", search(rest + 1, memory_search_dumped));
    else
        answer("unknown", 1);
    explicit_bzero(line, sizeof(line));
}

static CK_RV open_module(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_C_GetFunctionList get =
        library != NULL ? (CK_C_GetFunctionList)dlsym(library, "C_GetFunctionList") : NULL;
    CK_ULONG count = 1;
    CK_RV rv = get != NULL ? get(&functions) : CKR_GENERAL_ERROR;

    if (rv == CKR_OK)
        rv = module()->C_Initialize(NULL);
    if (rv == CKR_OK)
        rv = module()->C_GetSlotList(CK_TRUE, &slot, &count);
    return rv == CKR_OK ? module()->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session) : rv;
}

int main(int count, char **words)
{
    int fifo = count == 3 ? open(words[2], O_RDONLY | O_CLOEXEC) : -1;
    CK_RV rv = fifo >= 0 ? open_module(words[1]) : CKR_ARGUMENTS_BAD;

    answer("open", rv);
    while (rv == CKR_OK && read_line(fifo))
        do_line();
    if (rv == CKR_OK)
        module()->C_Finalize(NULL);
    return rv != CKR_OK;
}
