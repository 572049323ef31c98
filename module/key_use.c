// SPDX-License-Identifier: BSD-2-Clause
#include "module/key_use.h"

#include <stdio.h>
#include <stdlib.h>
#include "common/log.h"
#include "common/names.h"
#include "module/audit.h"
#include "module/confirm.h"

struct key_use {
    const char *noun;
    struct audit_record record;
};

static const char *noun_of(enum function_id function)
{
    enum function_group group = functions[function].group;

    if (group == GROUP_sign)
        return "signature";
    return group == GROUP_decrypt ? "decryption" : "use";
}

static void describe(struct key_use *use, const struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request)
{
    use->noun = noun_of(request->function);
    audit_describe_token(&use->record, token);
    audit_record_set(&use->record, "function", functions[request->function].name);
    if (request->mechanism != NULL)
        audit_describe_mechanism(&use->record, request->mechanism, request->digest);
    audit_describe_key(&use->record, key);
}

static bool write(struct gate *gate, struct key_use *use, const char *what)
{
    char event[32];

    snprintf(event, sizeof(event), "%s-%s", use->noun, what);
    return audit_write(gate, &use->record, event, AUDIENCE_ALL);
}

/* Writes that it begins. */
static CK_RV record_beginning(struct token *token, const struct exposed_key *key,
                              const struct key_use_request *request, struct key_use **out)
{
    struct key_use *use;

    if (!audit_is_kept(token->gate))
        return CKR_OK;
    use = calloc(1, sizeof(*use));
    if (use == NULL)
        return CKR_HOST_MEMORY;
    describe(use, token, key, request);
    if (write(token->gate, use, "begins")) {
        *out = use;
        return CKR_OK;
    }
    log_error("a %s is refused: it must be audited (audit_required) and cannot be", use->noun);
    key_use_destroy(use);
    return CKR_FUNCTION_FAILED;
}

CK_RV key_use_begins(struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request, struct key_use **out)
{
    key_use_destroy(*out); /* one that the program left */
    *out = NULL;
    kept_pin_touch(&token->kept, kept_pin_clock());
    if (verdict_asks(&key->verdict) && !confirm_use(token, key, noun_of(request->function))) {
        key_use_refused(token, key, request, "not confirmed", CKR_FUNCTION_REJECTED);
        return CKR_FUNCTION_REJECTED;
    }
    return record_beginning(token, key, request, out);
}

void key_use_ended(struct gate *gate, struct key_use **use, CK_RV rv)
{
    if (*use == NULL)
        return;
    audit_record_set(&(*use)->record, "result", name_of_rv(rv));
    write(gate, *use, rv == CKR_OK ? "made" : "failed");
    key_use_destroy(*use);
    *use = NULL;
}

void key_use_destroy(struct key_use *use)
{
    free(use);
}

void key_use_refused(struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request, const char *reason, CK_RV rv)
{
    struct key_use use = {0};

    if (!audit_is_kept(token->gate))
        return;
    describe(&use, token, key, request);
    if (reason != NULL)
        audit_record_set(&use.record, "reason", reason);
    audit_record_set(&use.record, "result", name_of_rv(rv));
    write(token->gate, &use, "refused");
}
