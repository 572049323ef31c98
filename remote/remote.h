// SPDX-License-Identifier: BSD-2-Clause
// A client of p11-kit's RPC protocol: a PKCS#11 module whose calls are answered at the other end of
// a unix socket, by `p11gate serve`, a stock `p11-kit server`, or a process that runs
// p11_kit_remote_serve_module() on a socketpair.
//
// No threads, no signals, nothing on stdout. Different instances are independent; the calls of one
// must not run at the same time.
#pragma once

#include <stddef.h>
#include <sys/types.h>
#include <p11-kit/pkcs11.h>

enum {
    REMOTE_MOST = 8,              /* instances in a program; in p11gate.so there is one */
    REMOTE_MESSAGE_MAX = 4 << 20, /* bytes of a request or an answer */
    REMOTE_UIDS_MOST = 4,
};

struct remote;

struct remote_options {
    /* The server's socket, copied; or NULL, and then open(context) gives a connected unix stream
     * socket each time, close-on-exec, which is closed here; -1: there is none. A server that is
     * too old to negotiate a version (p11-kit before 0.24.1) is asked for a second time. */
    const char *path;
    int (*open)(void *context);
    void *context;
    /* One of these must be the server's user (SO_PEERCRED: who listens, or made the socketpair).
     * None: nobody will do. */
    uid_t server_uids[REMOTE_UIDS_MOST];
    size_t n_server_uids;
    /* Says it each time that it connects, in place of those; how many. NULL: they stay. */
    size_t (*trusted)(const char *path, uid_t uids[REMOTE_UIDS_MOST]);
    unsigned connect_ms; /* for connecting to the path, and then for the server's version */
    unsigned call_ms; /* for the whole of each call, and for the version of a socket from open() */
    CK_RV late;       /* what a call answers whose time is over; 0: CKR_DEVICE_ERROR */
};

/* NULL: no memory, or all are in use. Nothing is connected before C_Initialize. */
struct remote *remote_create(const struct remote_options *options);

/* Closes the connection without C_Finalize; the functions must not be called again. Accepts NULL.
 */
void remote_destroy(struct remote *remote);

/* All 68 functions, borrowed. What differs from a library in this process:
 *
 * C_Initialize connects; its arguments are not passed on. CKR_DEVICE_ERROR where no server of a
 * wanted user is reached or understood, CKR_CRYPTOKI_ALREADY_INITIALIZED while connected, else what
 * the server answers. C_Finalize closes the connection, whatever the server answers.
 *
 * Every call without a connection is CKR_CRYPTOKI_NOT_INITIALIZED: one that was lost, in that call
 * or before, and a parent's. C_Initialize connects again; sessions, logins and objects are new.
 *
 * CKR_DEVICE_ERROR when the deadline has passed (or remote_options.late) or the answer is malformed. The connection is
 * closed then, so that no late answer is taken for another call's.
 *
 * CKR_HOST_MEMORY for what is larger than REMOTE_MESSAGE_MAX. CKR_FUNCTION_NOT_SUPPORTED for
 * C_WaitForSlotEvent without CKF_DONT_BLOCK. C_OpenSession passes no notification on.
 *
 * Mechanisms with parameters that the server's protocol has no form for are
 * CKR_MECHANISM_PARAM_INVALID; before p11-kit 0.25 that is all with pointers in them but OAEP. From
 * 0.25.6 on, one that is not known here is CKR_MECHANISM_INVALID.
 *
 * Attributes that are arrays of attributes, or that versions of p11-kit write differently, can be
 * neither read nor written: CKR_ATTRIBUTE_TYPE_INVALID. A value of another size than its type's is
 * CKR_ATTRIBUTE_VALUE_INVALID. */
CK_FUNCTION_LIST *remote_functions(struct remote *remote);

/* Why the last CKR_DEVICE_ERROR or CKR_CRYPTOKI_NOT_INITIALIZED, for the log: one line, no secret
 * in it; "" if there was none. Borrowed until the next call. */
const char *remote_error(const struct remote *remote);
