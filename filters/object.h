// SPDX-License-Identifier: BSD-2-Clause
// What was read of one object of a token, and the list of them. Filled by module/reader.c; the filters only read it.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include "common/attributes.h"
#include "crypto/certificate.h"
#include "crypto/public_key.h"

struct object {
    CK_OBJECT_CLASS class;
    CK_OBJECT_HANDLE vendor;      /* the vendor's handle */
    struct attributes attributes; /* owned; what the token let us read */
    struct public_key *key;       /* owned; NULL: the object does not tell its public key, or it is not valid */
    CK_KEY_TYPE key_type;         /* of keys, also without key; CK_UNAVAILABLE_INFORMATION: unknown */
    enum key_curve curve;         /* of EC keys, also without key */
    bool authority;               /* a certificate with CA:TRUE */
    enum key_usage usage;         /* of a certificate */
    struct certificate_content *content; /* owned; of a certificate; NULL: it is not valid, or was not asked for */
    struct x509_st *x509;         /* owned; of a certificate whose chain may be asked for; or NULL */
};

/* A zeroed struct is an empty list. */
struct object_list {
    struct object **items; /* owned array of owned */
    size_t count;
};

/* Sets what the certificate in DER says of a certificate object. False, and nothing is set: it is none that is known here. */
bool object_read_certificate(struct object *object, struct crypto *crypto,
                             enum certificate_depth depth, const void *der, size_t size);

/* Takes the object over; without memory it is destroyed and false returned. */
bool object_list_add(struct object_list *list, struct object *object);
const struct object *object_list_find(const struct object_list *list, CK_OBJECT_HANDLE vendor);
void object_list_finish(struct object_list *list);

/* Moves those from that place on for which keep is false to the end of another list; one that there is no memory for is destroyed. */
void object_list_split(struct object_list *list, size_t from,
                       bool (*keep)(const struct object *object, const void *context),
                       const void *context, struct object_list *others);

/* Moves all to the end of another list; one that there is no memory for is destroyed. */
void object_list_move(struct object_list *list, struct object_list *to);
void object_destroy(struct object *object);

/* CKA_ID and CKA_LABEL; NULL when absent. Borrowed. */
const CK_ATTRIBUTE *object_id(const struct object *object);
const CK_ATTRIBUTE *object_label(const struct object *object);

/* Is CKA_PRIVATE true? Absent counts as the class's default: true for private keys only. */
bool object_is_private(const struct object *object);
