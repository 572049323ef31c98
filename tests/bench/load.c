// SPDX-License-Identifier: BSD-2-Clause
// `load MODULE` loads a module, initialises and finalises it. Prints what that took in seconds, and
// how many KiB more the process had when it was initialised: resident, its share of them (PSS), and
// written by it alone (private and dirty).
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <p11-kit/pkcs11.h>

struct memory {
    long resident, share, dirty;
};

static void need(int good, const char *what)
{
    if (good)
        return;
    fprintf(stderr, "load: %s failed\n", what);
    exit(1);
}

static double seconds(void)
{
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static struct memory memory_now(void)
{
    struct memory memory = {0};
    char line[256];
    FILE *file = fopen("/proc/self/smaps_rollup", "re");

    need(file != NULL, "/proc/self/smaps_rollup");
    while (fgets(line, sizeof(line), file) != NULL) {
        sscanf(line, "Rss: %ld", &memory.resident);
        sscanf(line, "Pss: %ld", &memory.share);
        sscanf(line, "Private_Dirty: %ld", &memory.dirty);
    }
    fclose(file);
    return memory;
}

static CK_FUNCTION_LIST *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    CK_FUNCTION_LIST *functions = NULL;
    CK_C_GetFunctionList get = NULL;

    need(library != NULL, path);
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    need(get != NULL && get(&functions) == CKR_OK, "C_GetFunctionList");
    return functions;
}

int main(int argc, char **argv)
{
    struct memory before, after;
    CK_FUNCTION_LIST *functions;
    double start, took;

    need(argc == 2, "usage: load MODULE");
    before = memory_now();
    start = seconds();
    functions = load(argv[1]);
    need(functions->C_Initialize(NULL) == CKR_OK, "C_Initialize");
    took = seconds() - start;
    after = memory_now();
    start = seconds();
    need(functions->C_Finalize(NULL) == CKR_OK, "C_Finalize");
    printf("%f %ld %ld %ld\n", took + seconds() - start, after.resident - before.resident,
           after.share - before.share, after.dirty - before.dirty);
    return 0;
}
