// SPDX-License-Identifier: BSD-2-Clause
#include "tool/vendors.h"

#include <fnmatch.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Where distributions and vendors put them; what talks to a card comes before what keeps keys in files. */
static const char *const paths[] = {
    P11_MODULE_PATH "/opensc-pkcs11.so",
    "/usr/lib/libeToken.so",
    "/usr/lib64/libeToken.so",
    "/usr/lib/libeTPkcs11.so",
    P11_MODULE_PATH "/libcoolkeypk11.so",
    P11_MODULE_PATH "/libtpm2_pkcs11.so",
    "/usr/lib/x86_64-linux-gnu/libykcs11.so.2",
    "/usr/lib64/libykcs11.so.2",
    "/usr/lib/opencryptoki/libopencryptoki.so",
    "/usr/lib64/opencryptoki/libopencryptoki.so",
    "/usr/lib/softhsm/libsofthsm2.so",
    "/usr/lib64/softhsm/libsofthsm2.so",
    P11_MODULE_PATH "/libsofthsm2.so",
};

const char *vendors_next(unsigned *n)
{
    while (*n < sizeof(paths) / sizeof(paths[0])) {
        const char *path = paths[(*n)++];
        if (access(path, R_OK) == 0)
            return path;
    }
    return NULL;
}

bool vendors_is_p11gate(const char *path)
{
    char *real = realpath(path, NULL);
    const char *name = strrchr(real != NULL ? real : path, '/');
    bool is = name != NULL && (fnmatch("/p11gate.so*", name, 0) == 0 ||
                               fnmatch("/p11gate-*.so*", name, 0) == 0);

    free(real);
    return is;
}
