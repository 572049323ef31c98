// SPDX-License-Identifier: BSD-2-Clause
#include "module/audit_only.h"

#include <stdio.h>
#include "common/log.h"

/* "deny rule FILE:LINE:COLUMN", or that nothing allows it. */
static void describe(const struct verdict *verdict, char *text, size_t size)
{
    const struct rule *rule = verdict->rule;

    if (rule == NULL)
        snprintf(text, size, "no rule of allow");
    else
        snprintf(text, size, "%s %s:%u:%u",
                 verdict->audited == REASON_DENIED ? "the deny rule" : "the require rule",
                 rule->position.file, rule->position.line, rule->position.column);
}

void audit_only_note(const struct token *token, const struct exposed_key *key, const char *done)
{
    char fingerprint[51] = "a key without fingerprint", by[1024], label[TOKEN_LABEL_SIZE];

    if (!verdict_is_audited(&key->verdict))
        return;
    if (key->group->key != NULL)
        public_key_fingerprint_text(key->group->key, fingerprint);
    describe(&key->verdict, by, sizeof(by));
    log_always("audit_only: %s on token \"%s\" %s; it would be hidden by %s", fingerprint,
               token_label(token, label), done, by);
}
