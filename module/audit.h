// SPDX-License-Identifier: BSD-2-Clause
// The audit (log: {audit: ...}): a line for each decision and each use that matters, with who, what key, and by which rule. Not what `audit_only`
// writes into the log (audit_only.h), though its keys are marked here too. Never a PIN, never what is signed.
#pragma once

#include <stdbool.h>
#include "common/audit_record.h"
#include "crypto/digest.h"
#include "module/token.h"

/* Is anything written? Saves the work. */
bool audit_is_kept(const struct gate *gate);

/* Who, and on which token; and of a key the key, with the rules that show or hide it. */
void audit_describe_token(struct audit_record *record, const struct token *token);
void audit_describe_key(struct audit_record *record, const struct exposed_key *key);

/* mechanism: as it was asked for; digest: the hash function, as far as it is known. */
void audit_describe_mechanism(struct audit_record *record, const CK_MECHANISM *mechanism,
                              enum digest digest);

enum audience {
    AUDIENCE_ALL,
    AUDIENCE_SYSTEM, /* it is about what the system's file hides: where that has an audit, none of the user's gets it */
};

/* Writes the record as that event wherever the configuration says, and into the log if it cannot, once until it can. False: it must be written
 * (audit_required), and was not, wholly. */
bool audit_write(struct gate *gate, struct audit_record *record, const char *event,
                 enum audience audience);

/* Before a PIN goes to the vendor: CKR_OK, or CKR_FUNCTION_FAILED where that must be written and cannot be, which is logged. And what
 * became of it, or why it did not go. */
CK_RV audit_login_begins(const struct token *token, CK_USER_TYPE user);
void audit_login_ended(const struct token *token, CK_USER_TYPE user, const char *event, CK_RV rv);

/* A line for each key of the exposure that is shown or hidden for the first time, or otherwise than the last time. */
void audit_exposure(struct token *token);

/* Is the key hidden by the system's file, which has an audit for that? Then the user's log is silent of it. */
bool audit_withholds(const struct gate *gate, const struct verdict *verdict);
