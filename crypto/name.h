// SPDX-License-Identifier: BSD-2-Clause
// Distinguished names: their attributes, and the one text that a name has here, that of RFC 4514. Object identifiers in digits, and
// those that have names of their own.
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct name_attribute {
    unsigned rdn; /* its place in the name, as encoded; those of one place are one RDN */
    char *type;   /* owned; an OID in digits */
    char *value;  /* owned; UTF-8 without NUL; NULL: it is no such text */
};

/* A zeroed struct is a name without attributes. */
struct name {
    struct name_attribute *items; /* owned */
    size_t count;
    char *text; /* owned; of a certificate's, what name_text() says; else NULL */
};

/* Copies; value may be NULL. False when there is no memory. */
bool name_add(struct name *name, unsigned rdn, const char *type, const char *value);
void name_finish(struct name *name);

/* The last RDN first, the attributes of one RDN sorted, types by the names that are known here. The caller frees. NULL when a value
 * cannot be read (*readable is then false), or there is no memory. */
char *name_text(const struct name *name, bool *readable);

/* A letter from A to Z as a small one, whatever the locale. */
char name_lower(char letter);

/* Puts what stands behind the last '@' into small letters, which are the same there (RFC 5280, 7.5). */
void name_lower_domain(char *address);

enum oid_family {
    OID_NAME,                /* attributes of names: CN, O ... (RFC 4519); letters of any case */
    OID_KEY_USAGE,           /* bits of keyUsage (RFC 5280, 4.2.1.3), which have no OID: the name stands for itself */
    OID_EXTENDED_KEY_USAGE,  /* clientAuth ... */
    OID_POLICY,              /* anyPolicy */
    OID_SIGNATURE,           /* sha256WithRSAEncryption ... */
    OID_FAMILIES
};

/* The OID of the name in this family, borrowed; NULL: none. */
const char *oid_from_name(enum oid_family family, const char *name);

/* The name of the OID, else the OID itself, borrowed. */
const char *oid_name(enum oid_family family, const char *oid);

/* The names of the family, at most `room` of them; returns how many. */
size_t oid_names(enum oid_family family, const char *names[], size_t room);

/* "1.3.6.1.5": numbers without leading zeros, at least two of them, the first at most 2. */
bool oid_is_valid(const char *text);
