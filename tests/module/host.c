// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/host.h"

#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

struct host host;
unsigned char host_data[32] = "thirty-two bytes, as of a hash..";

static const char *required(const char *name)
{
    const char *value = getenv(name);

    if (value == NULL)
        fail_msg("%s is not set", name);
    return value;
}

static void *symbol(void *library, const char *name)
{
    void *found = dlsym(library, name);

    if (found == NULL)
        fail_msg("%s", dlerror());
    return found;
}

static void *load(const char *path)
{
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);

    if (library == NULL)
        fail_msg("%s", dlerror());
    return library;
}

int host_load(void **state)
{
    char path[128];
    CK_C_GetFunctionList get_list;
    host_get_interface get_interface;
    CK_INTERFACE *interface = NULL;

    (void)state;
    host.mock = symbol(load(required("MOCK_VENDOR_SO")), "mock_control");
    host.mock_2 = symbol(load(required("MOCK_VENDOR_2_SO")), "mock_control");
    snprintf(host.folder, sizeof(host.folder), "/tmp/p11gate-module-XXXXXX");
    if (mkdtemp(host.folder) == NULL)
        fail_msg("no folder: %s", host.folder);
    snprintf(path, sizeof(path), "%s/config.yaml", host.folder);
    setenv("P11GATE_CONFIG", path, 1);
    setenv("XDG_CONFIG_HOME", host.folder, 1);
    setenv("XDG_STATE_HOME", host.folder, 1);
    host.library = load(required("P11GATE_SO"));
    get_list = (CK_C_GetFunctionList)symbol(host.library, "C_GetFunctionList");
    assert_int_equal(get_list(&host.functions_2_40), CKR_OK);
    get_interface = (host_get_interface)symbol(host.library, "C_GetInterface");
    host_config("allow: all\n");
    assert_int_equal(get_interface(NULL, NULL, &interface, 0), CKR_OK);
    host.functions = interface->pFunctionList;
    host.functions_3_0 = interface->pFunctionList;
    assert_int_equal(host.functions->version.major, 3);
    return 0;
}

void host_remove(const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", host.folder, name);
    remove(path);
}

int host_unload(void **state)
{
    (void)state;
    host_remove("config.yaml");
    host_remove("log");
    host_remove("log.1");
    host_remove("p11gate/log"); /* where no configuration names another */
    host_remove("p11gate");
    rmdir(host.folder);
    return 0;
}

/* A test that failed leaves p11gate initialised. */
int host_reset(void **state)
{
    (void)state;
    host.functions->C_Finalize(NULL);
    host.mock->reset();
    host.mock_2->reset();
    host.traces = false;
    host.quiet = false;
    host.both = false;
    host.modules = NULL;
    host.audit = NULL;
    return 0;
}

CK_SLOT_ID host_token(const char *label)
{
    return host.mock->token_add(&(struct mock_token){.label = label, .pin = "1234"});
}

struct mock_handles host_key(CK_SLOT_ID slot, const char *type, const char *id, unsigned objects)
{
    return host.mock->key_add(slot, &(struct mock_key){type, id, id, id, objects});
}

static void write_modules(FILE *stream)
{
    if (host.modules != NULL)
        fprintf(stream, "%s\n", host.modules);
    else if (host.both)
        fprintf(stream, "modules:\n  - {name: first, path: %s}\n  - {name: second, path: %s}\n",
                required("MOCK_VENDOR_SO"), required("MOCK_VENDOR_2_SO"));
    else
        fprintf(stream, "module: %s\n", required("MOCK_VENDOR_SO"));
}

/* Written aside and renamed, so that a change is always a new file. */
void host_config(const char *text)
{
    char path[128], aside[128];
    FILE *stream;

    snprintf(path, sizeof(path), "%s/config.yaml", host.folder);
    snprintf(aside, sizeof(aside), "%s/config.new", host.folder);
    stream = fopen(aside, "we");
    assert_non_null(stream);
    fprintf(stream, "version: 1\n");
    write_modules(stream);
    fprintf(stream, "log: {file: %s/log, level: %s, trace: %s, stderr: never%s%s}\n%s\n",
            host.folder, host.quiet ? "error" : "debug", host.traces ? "true" : "false", host.audit != NULL ? ", " : "",
            host.audit != NULL ? host.audit : "", text);
    assert_int_equal(fclose(stream), 0);
    assert_int_equal(chmod(aside, 0600), 0);
    assert_int_equal(rename(aside, path), 0);
}

void host_start(const char *text)
{
    host_config(text);
    assert_int_equal(host.functions->C_Initialize(NULL), CKR_OK);
}

void host_stop(void)
{
    assert_int_equal(host.functions->C_Finalize(NULL), CKR_OK);
}

CK_SESSION_HANDLE host_open(CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session = 0;

    assert_int_equal(host.functions->C_OpenSession(slot, CKF_SERIAL_SESSION, NULL, NULL, &session),
                     CKR_OK);
    return session;
}

CK_RV host_try_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin)
{
    char copy[64] = "";

    if (pin == NULL)
        return host.functions->C_Login(session, user, NULL, 0);
    snprintf(copy, sizeof(copy), "%s", pin);
    return host.functions->C_Login(session, user, (CK_UTF8CHAR_PTR)copy, strlen(copy));
}

void host_login(CK_SESSION_HANDLE session, const char *pin)
{
    assert_int_equal(host_try_login(session, CKU_USER, pin), CKR_OK);
}

CK_FLAGS host_token_flags(CK_SLOT_ID slot)
{
    CK_TOKEN_INFO info;

    assert_int_equal(host.functions->C_GetTokenInfo(slot, &info), CKR_OK);
    return info.flags;
}

CK_ULONG host_find(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *template, CK_ULONG count,
                   CK_OBJECT_HANDLE *found, CK_ULONG max)
{
    CK_ATTRIBUTE copy[8];
    CK_ULONG total = 0, got = 0;

    assert_true(count <= 8);
    if (count > 0)
        memcpy(copy, template, count * sizeof(copy[0]));
    assert_int_equal(host.functions->C_FindObjectsInit(session, copy, count), CKR_OK);
    do {
        CK_OBJECT_HANDLE some[3];
        assert_int_equal(host.functions->C_FindObjects(session, some, 3, &got), CKR_OK);
        for (CK_ULONG i = 0; i < got && total + i < max; i++)
            found[total + i] = some[i];
        total += got;
    } while (got > 0);
    assert_int_equal(host.functions->C_FindObjectsFinal(session), CKR_OK);
    return total;
}

CK_ULONG host_find_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *found,
                         CK_ULONG max)
{
    CK_ATTRIBUTE template = {CKA_CLASS, &class, sizeof(class)};

    return host_find(session, &template, 1, found, max);
}

CK_OBJECT_HANDLE host_only(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class)
{
    CK_OBJECT_HANDLE found = 0;

    assert_int_equal(host_find_class(session, class, &found, 1), 1);
    return found;
}

CK_RV host_sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE type, CK_OBJECT_HANDLE key,
                unsigned char *signature, CK_ULONG *size)
{
    CK_MECHANISM mechanism = {type, NULL, 0};
    CK_RV rv = host.functions->C_SignInit(session, &mechanism, key);

    if (rv != CKR_OK)
        return rv;
    return host.functions->C_Sign(session, host_data, sizeof(host_data), signature, size);
}

CK_SESSION_HANDLE host_start_logged_in(const char *text, CK_SLOT_ID slot)
{
    CK_SESSION_HANDLE session;

    host_start(text);
    session = host_open(slot);
    host_login(session, "1234");
    return session;
}

void host_assert_calls(const char *const *names)
{
    unsigned i = 0;

    while (names[i] != NULL && host.mock->call_name(i) != NULL &&
           strcmp(names[i], host.mock->call_name(i)) == 0)
        i++;
    if (names[i] == NULL && host.mock->call_name(i) == NULL)
        return;
    print_error("vendor calls:\n");
    for (unsigned j = 0; host.mock->call_name(j) != NULL; j++)
        print_error("  %u %s\n", j + 1, host.mock->call_name(j));
    fail_msg("call %u is %s, not %s", i + 1,
             host.mock->call_name(i) ? host.mock->call_name(i) : "none",
             names[i] ? names[i] : "none");
}
