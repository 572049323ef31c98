// SPDX-License-Identifier: BSD-2-Clause
// To be preloaded: p11-kit's module files are those of the folder $P11KIT_FILES, and no other.
#define P11_KIT_FUTURE_UNSTABLE_API 1
#include <stdlib.h>
#include <p11-kit/p11-kit.h>

static void __attribute__((constructor)) override_files(void)
{
    const char *folder = getenv("P11KIT_FILES");

    if (folder != NULL)
        p11_kit_override_system_files("/nonexistent", "/nonexistent", folder, "/nonexistent", "/nonexistent");
}
