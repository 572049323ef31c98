// SPDX-License-Identifier: BSD-2-Clause
// The compiled policy: rules of selectors. Built by config/, asked by filters/decide.c.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "common/message.h"
#include "crypto/certificate.h"
#include "filters/access.h"
#include "filters/pattern.h"
#include "filters/trust_wish.h"

struct public_key;

enum selector_kind {
    SELECTOR_ALL, /* of the children: true when there are none */
    SELECTOR_ANY, /* of the children: false when there are none */
    SELECTOR_NOT, /* of the one child */
    /* patterns on CK_TOKEN_INFO, CK_SLOT_INFO and CK_INFO, padding cut */
    SELECTOR_TOKEN_LABEL,
    SELECTOR_TOKEN_SERIAL,
    SELECTOR_TOKEN_MANUFACTURER,
    SELECTOR_TOKEN_MODEL,
    SELECTOR_SLOT_DESCRIPTION,
    SELECTOR_SLOT_MANUFACTURER,
    SELECTOR_LIBRARY_DESCRIPTION,
    SELECTOR_LIBRARY_MANUFACTURER,
    SELECTOR_LIBRARY_VERSION, /* pattern on "MAJOR.MINOR" */
    SELECTOR_SLOT_ID,         /* numbers */
    /* patterns on any member of the key group */
    SELECTOR_ID,
    SELECTOR_LABEL,
    SELECTOR_OBJECT, /* of a URI: one member has this id, this label and this class */
    /* on the public key */
    SELECTOR_FINGERPRINT, /* hashes */
    SELECTOR_PUBLIC_KEY,  /* keys */
    SELECTOR_KEY_TYPE,    /* patterns on "rsa", "ec", "ed25519", "ed448" */
    SELECTOR_KEY_BITS,    /* numbers and comparisons */
    SELECTOR_KEY_CURVE,   /* numbers: enum key_curve */
    /* boolean: attributes of the private key */
    SELECTOR_KEY_SIGN,
    SELECTOR_KEY_ALWAYS_AUTHENTICATE,
    SELECTOR_KEY_NEVER_EXTRACTABLE,
    SELECTOR_KEY_LOCAL,
    /* on one certificate of the key group, the same for all of them */
    SELECTOR_CERTIFICATE_PRESENT,     /* boolean */
    SELECTOR_CERTIFICATE_SELF_SIGNED, /* boolean */
    SELECTOR_CERTIFICATE_SHA256,      /* hashes */
    SELECTOR_CERTIFICATE_CA,          /* trust */
    SELECTOR_CERTIFICATE_VALID,       /* trust: the dates of the certificate alone */
    SELECTOR_CERTIFICATE_SUBJECT,     /* patterns on the name's text (crypto/name.h), or parts; as the next two */
    SELECTOR_CERTIFICATE_ISSUER,
    SELECTOR_CERTIFICATE_DIRECTORY,
    SELECTOR_CERTIFICATE_OTHER, /* one part */
    /* patterns on the certificate's values (crypto/certificate_content.h) */
    SELECTOR_CERTIFICATE_EMAIL,
    SELECTOR_CERTIFICATE_UPN,
    SELECTOR_CERTIFICATE_DNS,
    SELECTOR_CERTIFICATE_URI,
    SELECTOR_CERTIFICATE_IP,
    SELECTOR_CERTIFICATE_KERBEROS,
    SELECTOR_CERTIFICATE_REGISTERED_ID,
    SELECTOR_CERTIFICATE_SERIAL,
    SELECTOR_CERTIFICATE_KEY_USAGE,
    SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE,
    SELECTOR_CERTIFICATE_POLICY,
    SELECTOR_CERTIFICATE_SIGNATURE,
    /* on who asks, from where and when */
    SELECTOR_WHEN_USER,  /* patterns */
    SELECTOR_WHEN_GROUP, /* patterns on any of the groups */
    SELECTOR_WHEN_HOST,  /* patterns */
    SELECTOR_WHEN_TIME,  /* windows */
};

enum comparison { COMPARE_EQUAL, COMPARE_LESS, COMPARE_AT_MOST, COMPARE_MORE, COMPARE_AT_LEAST };

struct number {
    enum comparison comparison; /* value OP number */
    uint64_t number;
};

bool number_holds(const struct number *number, uint64_t value);

enum { MINUTES_A_DAY = 24 * 60 };

/* Some days of the week, from a minute of the day up to but without another. */
struct time_window {
    bool days[7]; /* Sunday first */
    unsigned from;
    unsigned to; /* above from; at most MINUTES_A_DAY */
};

/* The object part of a URI; what is NULL is not asked. */
struct object_reference {
    struct pattern *id;    /* owned */
    struct pattern *label; /* owned */
    bool has_class;
    unsigned long class; /* CK_OBJECT_CLASS */
};

/* What one attribute of a name, or one otherName, is asked for. */
struct name_part {
    char *type;                /* owned; an OID in digits */
    struct pattern **patterns; /* owned array of owned */
    size_t n_patterns;
};

/* Which fields hold the values is said beside each kind above; a list of values is OR. */
struct selector {
    enum selector_kind kind;
    struct position position;  /* of the key in the file */
    struct selector *children; /* owned array */
    size_t n_children;
    struct pattern **patterns; /* owned array of owned */
    size_t n_patterns;
    struct number *numbers; /* owned array */
    size_t n_numbers;
    uint8_t (*hashes)[32]; /* owned array */
    size_t n_hashes;
    struct public_key **keys; /* owned array of owned */
    size_t n_keys;
    struct time_window *windows; /* owned array */
    size_t n_windows;
    struct name_part *parts; /* owned array; all of them of the same name */
    size_t n_parts;
    struct object_reference object;
    struct trust_wish trust; /* owned */
    bool boolean;
    bool from_uri; /* it was written as part of a URI */
};

/* use: the options of an allow rule. */
struct use {
    bool has_order;
    long order;
    char *show_label;         /* owned; NULL: the token's own */
    struct access mechanisms; /* owned; of CK_MECHANISM_TYPE */
    struct access digests;    /* owned; of CK_MECHANISM_TYPE: CKM_SHA256 ... */
    bool hides_certificate;   /* the key's certificates are not shown */
    bool confirm;             /* the user is asked before each use of the key */
    unsigned most_per_minute; /* uses of the key by one user, through the daemon; 0: any number */
};

struct rule {
    char *name;                /* owned; NULL: none */
    struct position position;  /* of the rule's first key */
    struct selector condition; /* SELECTOR_ALL of the rule's selectors */
    struct use use;
};

struct rule_list {
    struct rule *rules; /* owned array */
    size_t count;
};

struct policy {
    struct rule_list require, deny, allow;
    bool allow_all;
    const char *file;           /* borrowed; where it was read; NULL: nowhere */
    struct policy *narrowed_by; /* owned; what is shown must be shown by this one as well; NULL: none */
};

/* Free what a selector, a rule list, a policy own; a zeroed struct is fine. */
void selector_finish(struct selector *selector);
void rule_list_finish(struct rule_list *list);
void policy_finish(struct policy *policy);

bool selector_asks_certificate(enum selector_kind kind);

/* Does it ask for certificates, or the one that narrows it? */
bool policy_asks_certificates(const struct policy *policy);

/* Does it ask for the chains or dates of certificates, or the one that narrows it? subject.trust is wanted then. */
bool policy_asks_trust(const struct policy *policy);

/* How much is to be read of a token's certificates, for its rules and those of the one that narrows it. */
enum certificate_depth policy_certificate_depth(const struct policy *policy);

/* Is there a selector of that kind anywhere in the policy, or in the one that narrows it? */
bool policy_uses(const struct policy *policy, enum selector_kind kind);
