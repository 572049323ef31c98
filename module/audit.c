// SPDX-License-Identifier: BSD-2-Clause
#include "module/audit.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "common/audit_sink.h"
#include "common/log.h"
#include "common/names.h"

bool audit_is_kept(const struct gate *gate)
{
    const struct settings *settings = &gate->config->settings;

    return settings->audit.kind != AUDIT_NONE || settings->user_audit.kind != AUDIT_NONE;
}

static void set_rule(struct audit_record *record, const char *field, const char *name_field,
                     const struct rule *rule)
{
    char text[PATH_MAX + 32];

    snprintf(text, sizeof(text), "%s:%u:%u", rule->position.file, rule->position.line,
             rule->position.column);
    audit_record_set(record, field, text);
    if (rule->name != NULL)
        audit_record_set(record, name_field, rule->name);
}

static const char *reason_of(const struct verdict *verdict)
{
    static const char *const reasons[] = {
        [REASON_ALLOWED] = NULL,
        [REASON_NO_PUBLIC_KEY] = "no public key",
        [REASON_NO_PRIVATE_KEY] = "no private key",
        [REASON_CANNOT_SIGN] = "does not sign",
        [REASON_DENIED] = "denied",
        [REASON_REQUIRED] = "required",
        [REASON_NOT_ALLOWED] = "not allowed",
    };

    return reasons[verdict_is_audited(verdict) ? verdict->audited : verdict->reason];
}

/* Where no rule decided, its file did: by `allow: all`, or as no rule of allow is true. */
static void set_verdict(struct audit_record *record, const struct verdict *verdict)
{
    const char *reason = reason_of(verdict);

    if (verdict->rule != NULL)
        set_rule(record, "rule", "rule_name", verdict->rule);
    else if (verdict->policy != NULL && verdict->policy->file != NULL)
        audit_record_set(record, "rule", verdict->policy->file);
    if (verdict->narrowing != NULL)
        set_rule(record, "user_rule", "user_rule_name", verdict->narrowing);
    if (verdict_is_audited(verdict))
        audit_record_set(record, "audit_only", "yes");
    if (reason != NULL)
        audit_record_set(record, "reason", reason);
}

/* What the token has in fields of fixed size, padded with blanks (PKCS#11 2.40, 3.1). */
static void set_padded(struct audit_record *record, const char *name, const CK_UTF8CHAR *text,
                       size_t size)
{
    while (size > 0 && text[size - 1] == ' ')
        size--;
    audit_record_set_bytes(record, name, text, size);
}

/* The program says nothing about who wrote it: whoever is that user can run any program under any name. */
static void set_process(struct audit_record *record, const struct gate *gate)
{
    struct peer asking;

    gate_who_asks(gate, &asking);
    audit_record_set_number(record, "uid", asking.uid);
    audit_record_set_number(record, "pid", (unsigned long)asking.pid);
    audit_record_set(record, "program", asking.program);
}

void audit_describe_token(struct audit_record *record, const struct token *token)
{
    const CK_TOKEN_INFO *info = &token->info;

    audit_record_set(record, "event", "");
    set_process(record, token->gate);
    set_padded(record, "token", info->label, sizeof(info->label));
    set_padded(record, "serial", info->serialNumber, sizeof(info->serialNumber));
}

static bool is_first(const struct object *member, void *context)
{
    *(const struct object **)context = member;
    return false;
}

static void set_id(struct audit_record *record, const CK_ATTRIBUTE *id)
{
    char text[2 * 64 + 1] = "";

    for (CK_ULONG i = 0; i < id->ulValueLen && i < 64; i++)
        snprintf(text + 2 * i, 3, "%02x", ((const unsigned char *)id->pValue)[i]);
    audit_record_set(record, "id", text);
}

void audit_describe_key(struct audit_record *record, const struct exposed_key *key)
{
    const struct object *member = NULL;
    char fingerprint[51];

    key_group_each(key->group, is_first, &member);
    if (key->group->key != NULL) {
        public_key_fingerprint_text(key->group->key, fingerprint);
        audit_record_set(record, "fingerprint", fingerprint);
    }
    if (member != NULL && object_id(member) != NULL)
        set_id(record, object_id(member));
    if (member != NULL && object_label(member) != NULL)
        audit_record_set_bytes(record, "label", object_label(member)->pValue,
                               object_label(member)->ulValueLen);
    set_verdict(record, &key->verdict);
}

void audit_describe_mechanism(struct audit_record *record, const CK_MECHANISM *mechanism,
                              enum digest digest)
{
    const char *name = name_of_mechanism(mechanism->mechanism);
    char number[24];

    snprintf(number, sizeof(number), "%#lx", mechanism->mechanism);
    audit_record_set(record, "mechanism", strchr(name, '?') != NULL ? number : name);
    if (digest != DIGEST_NONE)
        audit_record_set(record, "digest", name_of_mechanism(digest_mechanism(digest)));
}

/* A log that took nothing in time is not waited for again before it takes something: listings write many lines. */
static bool write_to(struct gate *gate, const struct audit_settings *audit,
                     const struct audit_record *record)
{
    const struct audit_sink sink = {audit->kind, audit->path};
    int error = audit_sink_write(&sink, record, (long)getpid(),
                                 gate->audit_stuck ? 0 : AUDIT_PATIENCE_MS);

    gate->audit_stuck = error == EAGAIN;
    if (error != 0 && !gate->said_not_audited) {
        errno = error;
        log_error("the audit cannot be written to %s: %m", audit_sink_name(&sink));
    }
    if (error != 0)
        gate->said_not_audited = true;
    return error == 0;
}

bool audit_write(struct gate *gate, struct audit_record *record, const char *event,
                 enum audience audience)
{
    const struct settings *settings = &gate->config->settings;
    bool both = audience == AUDIENCE_ALL || settings->audit.kind == AUDIT_NONE;
    bool written = true;

    if (!audit_is_kept(gate))
        return true;
    audit_record_set(record, "event", event);
    if (settings->audit.kind != AUDIT_NONE)
        written = write_to(gate, &settings->audit, record);
    if (settings->user_audit.kind != AUDIT_NONE && both)
        written = write_to(gate, &settings->user_audit, record) && written;
    if (written)
        gate->said_not_audited = false;
    return written || (!settings->audit.required && !settings->user_audit.required);
}

static void describe_login(struct audit_record *record, const struct token *token,
                           CK_USER_TYPE user)
{
    audit_describe_token(record, token);
    audit_record_set(record, "user", user == CKU_CONTEXT_SPECIFIC ? "context" : "user");
}

CK_RV audit_login_begins(const struct token *token, CK_USER_TYPE user)
{
    struct audit_record record = {0};

    if (!audit_is_kept(token->gate))
        return CKR_OK;
    describe_login(&record, token, user);
    if (audit_write(token->gate, &record, "login-begins", AUDIENCE_ALL))
        return CKR_OK;
    log_error("a login is refused: it must be audited (audit_required) and cannot be");
    return CKR_FUNCTION_FAILED;
}

void audit_login_ended(const struct token *token, CK_USER_TYPE user, const char *event, CK_RV rv)
{
    struct audit_record record = {0};

    if (!audit_is_kept(token->gate))
        return;
    describe_login(&record, token, user);
    audit_record_set(&record, "result", name_of_rv(rv));
    audit_write(token->gate, &record, event, AUDIENCE_ALL);
}
