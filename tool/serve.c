// SPDX-License-Identifier: BSD-2-Clause
// p11gate serve
#include "daemon/serve.h"

#include "daemon/vendor_child.h"
#include "tool/verb.h"

enum exit_code verb_serve(int argc, char **argv)
{
    if (argc > 1)
        return usage_error(argv[0], "expected nothing more, found `%s`", argv[1]);
    return serve() ? EXIT_OK : EXIT_FAILED;
}

/* The daemon's own: a process for each vendor's library. */
enum exit_code verb_serve_module(int argc, char **argv)
{
    if (argc < 2 || argc > 3)
        return usage_error(argv[0], "this is for `p11gate serve` to call");
    return vendor_child_run(argv[1], argv[2]) ? EXIT_OK : EXIT_FAILED;
}
