// SPDX-License-Identifier: BSD-2-Clause
// A libpcsclite.so.1 that knows the readers of $READERS: "NAME=STATE" with dwEventState in hexadecimal digits, and a comma between. Without it,
// there is none.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct state {
    const char *reader;
    void *user_data;
    unsigned long current, event, answer_size;
    unsigned char answer[33];
};

#define EXPORTED __attribute__((visibility("default")))

EXPORTED long SCardEstablishContext(unsigned long scope, const void *first, const void *second,
                                    long *context);
EXPORTED long SCardReleaseContext(long context);
EXPORTED long SCardCancel(long context);
EXPORTED long SCardListReaders(long context, const char *groups, char *readers,
                               unsigned long *size);
EXPORTED long SCardGetStatusChange(long context, unsigned long timeout, struct state *states,
                                   unsigned long count);

long SCardEstablishContext(unsigned long scope, const void *first, const void *second,
                           long *context)
{
    (void)scope;
    (void)first;
    (void)second;
    *context = 1;
    return 0;
}

long SCardListReaders(long context, const char *groups, char *readers, unsigned long *size)
{
    const char *text = getenv("READERS");
    char *to = readers;

    (void)context;
    (void)groups;
    (void)size;
    if (text == NULL)
        return 0x8010002EL; /* SCARD_E_NO_READERS_AVAILABLE */
    for (; *text != '\0'; text += strcspn(text, ","), text += *text == ',')
        to += sprintf(to, "%.*s", (int)strcspn(text, "="), text) + 1;
    *to++ = '\0';
    *size = (unsigned long)(to - readers);
    return 0;
}

long SCardGetStatusChange(long context, unsigned long timeout, struct state *states,
                          unsigned long count)
{
    (void)context;
    (void)timeout;
    for (unsigned long i = 0; i < count; i++) {
        const char *at = strstr(getenv("READERS"), states[i].reader);

        states[i].event = at != NULL ? strtoul(at + strlen(states[i].reader) + 1, NULL, 16) : 0;
    }
    return 0;
}

long SCardReleaseContext(long context)
{
    (void)context;
    return 0;
}

long SCardCancel(long context)
{
    (void)context;
    return 0;
}
