// SPDX-License-Identifier: BSD-2-Clause
// A libpcsclite.so.1 without a pcscd: its readers do what tests say. Found by dlsym(library, "pcscd_control").
#pragma once

#include <stdbool.h>

struct pcscd_control {
    /* No readers, a daemon that runs, nothing counted. Contexts of before are of no use. */
    void (*reset)(void);
    void (*reader)(const char *name, bool there);
    /* Counted, as pcscd does, also where it is in already or out. */
    void (*card)(const char *name, bool in);
    /* One that ends takes its contexts with it, and forgets what it has counted. */
    void (*daemon)(bool runs);
    /* It ends each new connection at once, as where polkit lets nobody in. */
    void (*refuse)(bool refuses);
    /* Each look at readers takes so long. */
    void (*delay)(unsigned milliseconds);

    unsigned (*connections)(void); /* tried since the last reset */
    unsigned (*looks)(void);       /* answered */
    unsigned (*open)(void);        /* contexts that nobody has released */
    unsigned (*waiting)(void);     /* threads that wait at this moment */
    unsigned (*misused)(void);     /* contexts used after their release, in another process, or by two threads */
};
