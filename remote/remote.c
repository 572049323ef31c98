// SPDX-License-Identifier: BSD-2-Clause
#include "remote/remote.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "remote/call.h"
#include "remote/instance.h"

enum { CALL_INITIALIZE = 1, RANDOM_AT_ONCE = 1 << 20 };

struct remote remote_instances[REMOTE_MOST];

static struct remote *claim(void)
{
    for (size_t i = 0; i < remote_most; i++) {
        if (!atomic_flag_test_and_set(&remote_instances[i].used))
            return &remote_instances[i];
    }
    return NULL;
}

static void release(struct remote *remote)
{
    free(remote->path);
    remote->path = NULL;
    atomic_flag_clear(&remote->used);
}

struct remote *remote_create(const struct remote_options *options)
{
    struct remote *remote = claim();

    if (remote == NULL)
        return NULL;
    connection_init(&remote->connection);
    remote->options = *options;
    remote->path = options->path != NULL ? strdup(options->path) : NULL;
    remote->options.path = remote->path;
    if (options->path != NULL && remote->path == NULL) {
        release(remote);
        return NULL;
    }
    return remote;
}

void remote_destroy(struct remote *remote)
{
    if (remote == NULL)
        return;
    connection_close(&remote->connection);
    release(remote);
}

CK_FUNCTION_LIST *remote_functions(struct remote *remote)
{
    return &remote_lists[remote - remote_instances];
}

const char *remote_error(const struct remote *remote)
{
    return remote->connection.error;
}

/* What makes a server sure of what is on the other end. */
static const char greeting[] = "PRIVATE-GNOME-KEYRING-PKCS11-PROTOCOL-V-1";

static CK_RV greet(struct remote *remote)
{
    struct call call;

    call_begin(&call, remote, CALL_INITIALIZE, "ayyay", "");
    call_put_bytes(&call, (const CK_BYTE *)greeting, sizeof(greeting) - 1);
    call_put_byte(&call, 0);                       /* no pReserved ... */
    call_put_bytes(&call, (const CK_BYTE *)"", 1); /* ... and the place where it would be */
    call_run(&call);
    return call_close(&call);
}

/* A lost connection is none to be initialised again at once. */
static CK_RV refused(struct remote *remote, CK_RV rv)
{
    struct connection *connection = &remote->connection;

    if (rv == CKR_CRYPTOKI_NOT_INITIALIZED)
        return CKR_DEVICE_ERROR;
    if (connection_is_up(connection)) {
        connection_close(connection);
        snprintf(connection->error, sizeof(connection->error),
                 "the server answered %s to C_Initialize", name_of_rv(rv));
    }
    return rv;
}

CK_RV remote_C_Initialize(struct remote *remote, CK_VOID_PTR pInitArgs)
{
    CK_RV rv;

    (void)pInitArgs; /* of this process, not of the server's */
    if (connection_is_up(&remote->connection))
        return CKR_CRYPTOKI_ALREADY_INITIALIZED;
    rv = connection_open(&remote->connection, &remote->options);
    if (rv != CKR_OK)
        return rv;
    rv = greet(remote);
    if (rv == CKR_OK ||
        rv == CKR_CRYPTOKI_ALREADY_INITIALIZED) /* by whom else, is the server's affair */
        return CKR_OK;
    return refused(remote, rv);
}

CK_RV remote_C_Finalize(struct remote *remote, CK_VOID_PTR pReserved)
{
    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    if (!connection_is_up(&remote->connection))
        return CKR_CRYPTOKI_NOT_INITIALIZED;
    send_C_Finalize(remote, NULL);
    connection_close(&remote->connection);
    return CKR_OK;
}

CK_RV remote_C_GetFunctionList(struct remote *remote, CK_FUNCTION_LIST_PTR_PTR ppFunctionList)
{
    if (ppFunctionList == NULL)
        return CKR_ARGUMENTS_BAD;
    *ppFunctionList = remote_functions(remote);
    return CKR_OK;
}

CK_RV remote_C_GenerateRandom(struct remote *remote, CK_SESSION_HANDLE hSession,
                              CK_BYTE_PTR pRandomData, CK_ULONG ulRandomLen)
{
    CK_RV rv;

    do {
        CK_ULONG part = ulRandomLen < RANDOM_AT_ONCE ? ulRandomLen : RANDOM_AT_ONCE;

        rv = send_C_GenerateRandom(remote, hSession, pRandomData, part);
        ulRandomLen -= part;
        pRandomData = ulRandomLen > 0 ? pRandomData + part : NULL;
    } while (rv == CKR_OK && ulRandomLen > 0);
    return rv;
}

/* Where the connection is lost over it nobody knows whether the token has looked at the PIN: that must not read as if nothing had been asked. */
CK_RV remote_C_Login(struct remote *remote, CK_SESSION_HANDLE hSession, CK_USER_TYPE userType,
                     CK_UTF8CHAR_PTR pPin, CK_ULONG ulPinLen)
{
    bool connected = connection_is_up(&remote->connection);
    CK_RV rv = send_C_Login(remote, hSession, userType, pPin, ulPinLen);

    return rv == CKR_CRYPTOKI_NOT_INITIALIZED && connected ? CKR_DEVICE_ERROR : rv;
}

CK_RV remote_C_GetFunctionStatus(struct remote *remote, CK_SESSION_HANDLE hSession)
{
    (void)remote;
    (void)hSession;
    return CKR_FUNCTION_NOT_PARALLEL;
}

CK_RV remote_C_CancelFunction(struct remote *remote, CK_SESSION_HANDLE hSession)
{
    return remote_C_GetFunctionStatus(remote, hSession);
}

/* One that waits would be the connection's last call. */
CK_RV remote_C_WaitForSlotEvent(struct remote *remote, CK_FLAGS flags, CK_SLOT_ID_PTR pSlot,
                                CK_VOID_PTR pReserved)
{
    if (pReserved != NULL)
        return CKR_ARGUMENTS_BAD;
    if ((flags & CKF_DONT_BLOCK) == 0)
        return CKR_FUNCTION_NOT_SUPPORTED;
    return send_C_WaitForSlotEvent(remote, flags, pSlot, pReserved);
}
