// SPDX-License-Identifier: BSD-2-Clause
#include "tests/memory/search.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/* Sanitizers map terabytes that were never written to. */
enum { WINDOW = 1 << 20, MOST = 1 << 28 };

static unsigned count_in(const unsigned char *bytes, size_t total, const unsigned char *veiled, size_t size)
{
    unsigned found = 0;

    for (size_t at = 0; at + size <= total; at++) {
        size_t same = 0;
        while (same < size && (bytes[at + same] ^ MEMORY_VEIL) == veiled[same])
            same++;
        found += same == size;
    }
    return found;
}

static unsigned search_region(int memory, unsigned long from, unsigned long to, unsigned char *window,
                              const unsigned char *veiled, size_t size)
{
    unsigned found = 0;

    while (from < to) {
        size_t wanted = to - from < WINDOW ? to - from : WINDOW;
        ssize_t got = pread(memory, window, wanted, (off_t)from);

        if (got < (ssize_t)size)
            return found;
        found += count_in(window, (size_t)got, veiled, size);
        if ((size_t)got == to - from)
            return found;
        from += (size_t)got - size + 1; /* it may lie across */
    }
    return found;
}

/* Of the line of a region: is it to be read? */
static bool read_line(const char *line, const unsigned char *window, unsigned long *from, unsigned long *to)
{
    char rights[5];

    return sscanf(line, "%lx-%lx %4s", from, to, rights) == 3 && rights[0] == 'r' && *to - *from <= MOST &&
           !(*from <= (unsigned long)window && (unsigned long)window < *to);
}

/* proc(5): behind each region its properties stand, the last of them the kernel's flags; dd: not in dumps. */
static unsigned search(bool dumped, const unsigned char *veiled, size_t size)
{
    unsigned char *window = mmap(NULL, WINDOW, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    FILE *maps = fopen("/proc/self/smaps", "re");
    int memory = open("/proc/self/mem", O_RDONLY | O_CLOEXEC);
    unsigned long from, to, next;
    bool wanted = false;
    unsigned found = 0;
    char line[4096];

    if (window == MAP_FAILED || maps == NULL || memory < 0)
        abort();
    while (fgets(line, sizeof(line), maps) != NULL) {
        if (sscanf(line, "%lx-%lx ", &next, &next) == 2)
            wanted = read_line(line, window, &from, &to);
        else if (strncmp(line, "VmFlags:", 8) == 0 && wanted && !(dumped && strstr(line, " dd") != NULL))
            found += search_region(memory, from, to, window, veiled, size);
    }
    close(memory);
    fclose(maps);
    munmap(window, WINDOW);
    return found;
}

unsigned memory_search(const unsigned char *veiled, size_t size)
{
    return search(false, veiled, size);
}

unsigned memory_search_dumped(const unsigned char *veiled, size_t size)
{
    return search(true, veiled, size);
}
