// SPDX-License-Identifier: BSD-2-Clause
// Signing: checked at C_SignInit, done at C_Sign, recovered from and replayed once.
#pragma once

#include "module/session.h"

enum { SIGNATURE_MAX = 4096 };

/* The vendor of the operation. */
CK_FUNCTION_LIST *sign_vendor(const struct session *session);

/* The key of the operation, as it stands now; NULL: it is not there, or not permitted, any more. */
struct exposed_object *sign_key(const struct session *session);

/* The same after what may have been dropped meanwhile is there again: another session may have found the configuration changed. It may cost
 * the session its operation. */
struct exposed_object *sign_fresh_key(const struct session *session);

/* Size queries and too little room are ours to answer (PKCS#11 2.40, 5.2): they leave the operation active. */
CK_RV sign_answer_size(const struct exposed_object *key, CK_BYTE_PTR signature, CK_ULONG_PTR size,
                       bool *answered);

/* C_SignInit on that session of the vendor's. */
CK_RV sign_start(struct session *session, CK_SESSION_HANDLE vendor_session);

/* The context login of an always-authenticate key (PKCS#11 2.40, 4.9): the vendor's C_SignInit comes before it. */
CK_RV sign_login(struct session *session, CK_UTF8CHAR_PTR pin, CK_ULONG size);
