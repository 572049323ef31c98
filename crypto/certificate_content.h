// SPDX-License-Identifier: BSD-2-Clause
// What a certificate says, for the rules to look at: names, alternative names, usages (RFC 5280).
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <time.h>
#include "crypto/name.h"

enum certificate_field {
    /* of subjectAltName */
    CERTIFICATE_EMAIL, /* the domain in small letters, as in the next */
    CERTIFICATE_UPN,
    CERTIFICATE_DNS,
    CERTIFICATE_URI,
    CERTIFICATE_IP,       /* as text */
    CERTIFICATE_KERBEROS, /* user/instance@REALM */
    CERTIFICATE_REGISTERED_ID,
    CERTIFICATE_OTHER, /* any otherName of text, whose OID is the type */
    CERTIFICATE_SERIAL, /* bytes, without zeros at the beginning but for the number 0 itself */
    CERTIFICATE_KEY_USAGE,
    CERTIFICATE_EXTENDED_KEY_USAGE,
    CERTIFICATE_POLICY,
    CERTIFICATE_SIGNATURE, /* the algorithm */
    CERTIFICATE_FIELDS
};

/* One value; text is UTF-8, usages, policies and algorithms are OIDs in digits (of keyUsage the names of its bits). */
struct certificate_value {
    enum certificate_field field;
    char *type;    /* owned; of CERTIFICATE_OTHER; else NULL */
    char *bytes;   /* owned; NULL: no valid text, or text with a NUL in it */
    size_t size;
};

enum { CERTIFICATE_HASH_SIZE = 32 };

struct certificate_content {
    struct name subject, issuer;
    struct name *directories; /* owned; of subjectAltName */
    size_t n_directories;
    struct certificate_value *values; /* owned */
    size_t n_values;
    bool unreadable[CERTIFICATE_FIELDS]; /* the extension is there, and there is no telling what it says */
    bool self_signed;                    /* its own key has signed it, and issuer and subject are the same */
    bool self_signed_unknown;            /* that cannot be told */
    time_t begins, ends;                 /* notBefore and notAfter, both included */
    bool dates_unreadable;
    uint8_t sha256[CERTIFICATE_HASH_SIZE]; /* of the certificate */
};

void certificate_content_destroy(struct certificate_content *content);

enum { SERIAL_MAX = 64 };

/* A serial number in decimal, or in hexadecimal after 0x or in pairs with colons between them, as CERTIFICATE_SERIAL has it. False
 * when it is none, or longer than SERIAL_MAX bytes. */
bool serial_parse(const char *text, uint8_t out[SERIAL_MAX], size_t *size);
