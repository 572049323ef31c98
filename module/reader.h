// SPDX-License-Identifier: BSD-2-Clause
// Reading a vendor's objects in few calls: one search with a roomy buffer, one C_GetAttributeValue an object.
#pragma once

#include <stdbool.h>
#include "filters/object.h"

struct crypto;
struct vendor;

/* The session that is read through. All borrowed. */
struct reader {
    const struct vendor *vendor;
    CK_SESSION_HANDLE session;
    struct crypto *crypto;
    enum certificate_depth depth; /* of certificates; what the rules ask for */
};

/* Runs one search and adds what is found and not yet in the list: public keys, private keys and certificates; other classes are passed over.
 * The vendor's error, or CKR_HOST_MEMORY; the list then holds what was read before it. */
CK_RV reader_search(const struct reader *reader, const CK_ATTRIBUTE *template, CK_ULONG count,
                    struct object_list *list);

/* How many objects of any class there are, from one search that reads none of them. The vendor's error, or CKR_HOST_MEMORY. */
CK_RV reader_count(const struct reader *reader, CK_ULONG *count);

/* Reads one attribute that was not asked for before, into list. The vendor's error otherwise. */
CK_RV reader_attribute(const struct reader *reader, CK_OBJECT_HANDLE object, CK_ATTRIBUTE_TYPE type,
                       struct attributes *list);

/* Is the attribute one that reader_search asked for? What it then did not find is not there. */
bool reader_asks(CK_ATTRIBUTE_TYPE type);

/* Is it the value of a secret, which no preset ssh hands out whatever the token says? */
bool reader_is_secret(CK_ATTRIBUTE_TYPE type);
