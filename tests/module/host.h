// SPDX-License-Identifier: BSD-2-Clause
// The process that loads p11gate with the mock vendor below it: what every test of this folder
// begins and ends with.
#pragma once

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include "common/pkcs11_3.h"
#include "tests/mock/mock.h"

struct host {
    void *library;               /* p11gate.so */
    CK_FUNCTION_LIST *functions; /* p11gate's: the list of 3.0, which begins as that of 2.40 */
    const struct function_list *functions_3_0;
    CK_FUNCTION_LIST *functions_2_40;
    const struct mock_control *mock;
    const struct mock_control *mock_2; /* of a second vendor library */
    char folder[64]; /* private, of this process */
    bool traces;     /* written by tests: host_config() has every call logged */
    bool quiet;      /* written by tests: host_config() has errors logged alone */
    bool both;       /* written by tests: host_config() names both vendor libraries ... */
    const char *modules; /* ... or writes this in their place */
    const char *audit;   /* written by tests: host_config() puts it into `log`; NULL: nothing */
};

extern struct host host;

/* C_GetInterfaceList and C_GetInterface, for dlsym. */
typedef CK_RV (*host_get_interfaces)(CK_INTERFACE *list, CK_ULONG *count);
typedef CK_RV (*host_get_interface)(CK_UTF8CHAR *name, CK_VERSION *version,
                                    CK_INTERFACE **interface, CK_FLAGS flags);

/* cmocka's fixtures of the group and of each test. The paths are $P11GATE_SO and $MOCK_VENDOR_SO.
 */
int host_load(void **state);
int host_unload(void **state);
int host_reset(void **state);

/* A token whose PIN is "1234", and a key whose name, label and CKA_ID are the same. */
CK_SLOT_ID host_token(const char *label);
struct mock_handles host_key(CK_SLOT_ID slot, const char *type, const char *id, unsigned objects);

/* Removes a file of the test's from the folder. */
void host_remove(const char *name);

/* Writes the configuration: version, module and log, then the text. */
void host_config(const char *text);

/* host_config(), then C_Initialize(NULL) as ssh calls it, which must succeed. */
void host_start(const char *text);
void host_stop(void);

/* host_start(), and a session on the slot, logged in. */
CK_SESSION_HANDLE host_start_logged_in(const char *text, CK_SLOT_ID slot);

/* A read-only session, which must open; and the PIN, which must be right. */
CK_SESSION_HANDLE host_open(CK_SLOT_ID slot);
void host_login(CK_SESSION_HANDLE session, const char *pin);
CK_RV host_try_login(CK_SESSION_HANDLE session, CK_USER_TYPE user, const char *pin);
CK_FLAGS host_token_flags(CK_SLOT_ID slot);

/* A whole search: at most max handles go to found. The number of all objects; the search is closed.
 */
CK_ULONG host_find(CK_SESSION_HANDLE session, const CK_ATTRIBUTE *template, CK_ULONG count,
                   CK_OBJECT_HANDLE *found, CK_ULONG max);
CK_ULONG host_find_class(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class, CK_OBJECT_HANDLE *found,
                         CK_ULONG max);
/* The one object of that class, which must be the only one. */
CK_OBJECT_HANDLE host_only(CK_SESSION_HANDLE session, CK_OBJECT_CLASS class);

/* C_SignInit and C_Sign of 32 bytes without parameters; *size is room in, size out. */
CK_RV host_sign(CK_SESSION_HANDLE session, CK_MECHANISM_TYPE mechanism, CK_OBJECT_HANDLE key,
                unsigned char *signature, CK_ULONG *size);
/* What host_sign() signs. */
extern unsigned char host_data[32];

/* The vendor's calls since mock->forget_calls() must be these, in this order; the list ends with
 * NULL. */
void host_assert_calls(const char *const *names);
