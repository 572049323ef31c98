// SPDX-License-Identifier: BSD-2-Clause
#include "module/key_use.h"

#include <stdio.h>
#include <stdlib.h>
#include "common/log.h"
#include "common/names.h"
#include "module/audit.h"
#include "module/confirm.h"
#include "module/daemon_client.h"

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

/* A daemon asks by itself where its policy has it so. What the user's own file wants it does not know. */
static bool is_asked_below(const struct token *token, const struct exposed_key *key)
{
    const struct object *private_key = key->group->private_key;
    CK_BBOOL asks = CK_FALSE;
    CK_ATTRIBUTE wanted = {DAEMON_ATTRIBUTE_ASKS, &asks, sizeof(asks)};

    if (!token->gate->setting.below_asks || private_key == NULL ||
        (key->verdict.narrowing != NULL && key->verdict.narrowing->use.confirm))
        return false;
    return vendor_functions(token->vendor)->C_GetAttributeValue(token->session, private_key->vendor, &wanted, 1) == CKR_OK &&
           wanted.ulValueLen == sizeof(asks) && asks == CK_TRUE;
}

/* NULL, or why not. */
static const char *obstacle(const struct token *token, const struct exposed_key *key, const char *noun)
{
    const struct setting *setting = &token->gate->setting;

    if (setting->permits_use != NULL && !setting->permits_use(setting->context, key)) {
        log_error("a %s is refused: max_signatures_per_minute permits no more than %u", noun, verdict_most_per_minute(&key->verdict));
        return "too many";
    }
    if (verdict_asks(&key->verdict) && !is_asked_below(token, key) && !confirm_use(token, key, noun))
        return "not confirmed";
    return NULL;
}

CK_RV key_use_begins(struct token *token, const struct exposed_key *key,
                     const struct key_use_request *request, struct key_use **out)
{
    const char *reason;

    key_use_destroy(*out); /* one that the program left */
    *out = NULL;
    kept_pin_touch(&token->kept, kept_pin_clock());
    reason = obstacle(token, key, noun_of(request->function));
    if (reason != NULL) {
        key_use_refused(token, key, request, reason, CKR_FUNCTION_REJECTED);
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
