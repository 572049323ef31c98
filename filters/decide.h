// SPDX-License-Identifier: BSD-2-Clause
// The decision: may this key group be seen, and which rule says so (policy.md 3).
#pragma once

#include <stdbool.h>
#include "filters/pair.h"
#include "filters/policy.h"
#include "filters/preset.h"
#include "filters/trust_memo.h"

/* Who asks, from where and when. All borrowed; a zeroed struct knows nothing of it. */
struct circumstances {
    const char *user;          /* NULL: unknown */
    const char *const *groups; /* NULL: unknown, as is one that is NULL in it */
    size_t n_groups;
    const char *host; /* NULL: unknown */
    bool has_time;    /* the next two are known */
    unsigned weekday; /* 0: Sunday */
    unsigned minute;  /* of the day, local time */
};

/* What a policy is asked about. All borrowed; slot and library may be NULL (their selectors are then unknown), and token where there is none
 * (slot_id is then unknown as well). */
struct subject {
    enum preset preset;
    CK_SLOT_ID slot_id;
    const CK_TOKEN_INFO *token;
    const CK_SLOT_INFO *slot;
    const CK_INFO *library;
    const struct key_group *group; /* NULL: only the token is asked about; what concerns keys is unknown */
    const struct object *certificate; /* of the group, which the policy is asked about; NULL: it has none, or policy_decide() looks for one */
    struct trust_memo *trust;      /* of the token's certificates; NULL: chains and dates are unknown */
    bool private_visible;          /* private objects are visible: a key that is not seen is not there */
    bool audit_only;               /* what the policy, but not the one that narrows it, would hide is shown: see verdict.audited */
    struct circumstances circumstances;
};

enum reason {
    REASON_ALLOWED,
    REASON_NO_PUBLIC_KEY,  /* no one tells the public key */
    REASON_NO_PRIVATE_KEY, /* private keys are visible and there is none */
    REASON_CANNOT_SIGN,    /* CKA_SIGN is false, under preset ssh */
    REASON_DENIED,         /* by rule */
    REASON_REQUIRED,       /* rule was not true */
    REASON_NOT_ALLOWED,    /* no allow rule was true */
};

struct verdict {
    enum reason reason;
    const struct rule *rule; /* borrowed from the policy; NULL for allow: all and for reasons without a rule */
    const struct rule *narrowing; /* of an allowed key, the allow rule of the policy that narrows; NULL: none */
    const struct policy *policy;  /* borrowed; the one, of the two, that decided */
    const struct object *certificate; /* borrowed; the one, of the group's, that it was decided on; NULL: it has none */
    long order;              /* of an allowed key in listings; lower first */
    long system_order;       /* among those with the same, where the user's file gives the order: that of the system's */
    bool by_policy;          /* the policy allows it, whether or not the private key is there and signs */
    enum reason audited;     /* by_policy holds for the audit alone: why the policy, or rule, would hide it; else REASON_ALLOWED */
};

/* Is the key shown because of the audit alone? Its rule is then the one that would hide it; NULL: no rule of allow is true. */
bool verdict_is_audited(const struct verdict *verdict);

/* The label that the rules give to an allowed key, borrowed; NULL: none. */
const char *verdict_label(const struct verdict *verdict);

/* Is the user asked before each use of the key? If one of the rules that show it wants so. */
bool verdict_asks(const struct verdict *verdict);

/* How many times within a minute a user may use the key through the daemon; 0: any number. */
unsigned verdict_most_per_minute(const struct verdict *verdict);

enum truth selector_match(const struct selector *selector, const struct subject *subject);

/* The same, of a selector that asks for a certificate (filters/match_certificate.c). */
enum truth selector_match_certificate(const struct selector *selector,
                                      const struct subject *subject);

/* The certificate's values that the selector looks at; false: it is none that looks at values. */
bool selector_certificate_field(const struct selector *selector, enum certificate_field *field);

/* CKA_SIGN of the private key; before it is visible, what the certificate's keyUsage or the public key's CKA_VERIFY make likely. */
bool key_group_signs(const struct key_group *group);

/* The whole policy is asked once for each certificate of the group, all of its selectors about that one; a key without any is asked about
 * as it is. One that passes is enough: of several that whose rule stands first. subject->certificate is not looked at.
 * Where a policy narrows this one, both must show the key, by the same certificate. The options are those of this one's rule; label and order are those of the
 * narrowing rule, where it has some. */
struct verdict policy_decide(const struct policy *policy, const struct subject *subject);

/* May this certificate of the group be seen where the key is? Not one that the policy would not show the key by. Whether certificates
 * are seen at all, the options of the key's rule say. */
bool policy_shows_certificate(const struct policy *policy, const struct subject *subject,
                              const struct object *certificate);

/* Could any key of this token be visible? False saves the session. */
bool policy_may_show_token(const struct policy *policy, const struct subject *subject);

/* Does an allow rule name this token (token, slot, or a URI with a token or serial, as a plain value,
 * in a rule whose `when` holds): the consent to send it a PIN. Of two policies, both must; an audit consents in the first one's place. */
bool policy_names_token(const struct policy *policy, const struct subject *subject);
