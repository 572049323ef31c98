// SPDX-License-Identifier: BSD-2-Clause
#include "tool/describe.h"

#include <stdlib.h>
#include <string.h>
#include "common/names.h"
#include "common/printable.h"
#include "tool/json.h"
#include "tool/tokens.h"

static int padded_size(const CK_UTF8CHAR *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    return (int)size;
}

int describe_label_size(const struct token *token)
{
    return padded_size(token->info.label, sizeof(token->info.label));
}

int describe_serial_size(const struct token *token)
{
    return padded_size(token->info.serialNumber, sizeof(token->info.serialNumber));
}

void describe_text(FILE *out, const void *text, size_t size)
{
    const char *bytes = text;
    size_t length;

    for (size_t at = 0; at < size; at += length) {
        if (printable_is(bytes + at, size - at, &length))
            fwrite(bytes + at, 1, length, out);
        else
            fputc('?', out);
    }
}

void describe_token(FILE *out, const struct token *token)
{
    const CK_TOKEN_INFO *info = &token->info;

    fputc('"', out);
    describe_text(out, info->label, (size_t)describe_label_size(token));
    fputs("\" (serial ", out);
    describe_text(out, info->serialNumber, (size_t)describe_serial_size(token));
    fputc(')', out);
}

void describe_token_head(const struct token *token, bool login)
{
    fputs("token ", stdout);
    describe_token(stdout, token);
    fputc('\n', stdout);
    if (token_is_shy(token) && login)
        puts("  its keys show only after login, and no allow rule names the token: it is sent no "
             "PIN");
    else if (token_is_shy(token))
        puts("  its keys show only after login: add --login");
}

void describe_type(const struct exposed_key *key, char *out, size_t size)
{
    const struct public_key *public_key = key->group->key;

    if (public_key == NULL)
        snprintf(out, size, "unknown");
    else if (public_key->type == CKK_RSA)
        snprintf(out, size, "rsa %u", public_key->bits);
    else if (public_key->type == CKK_EC)
        snprintf(out, size, "ec %s", key_curve_name(public_key->curve));
    else
        snprintf(out, size, "%s", public_key_type_name(public_key));
}

void describe_fingerprint(const struct exposed_key *key, char out[51])
{
    if (key->group->key == NULL || !public_key_fingerprint_text(key->group->key, out))
        strcpy(out, "(no fingerprint)");
}

struct label_search {
    const CK_ATTRIBUTE *found;
};

static bool take_label(const struct object *member, void *context)
{
    struct label_search *search = context;

    search->found = attributes_find_filled(&member->attributes, CKA_LABEL);
    return search->found == NULL;
}

const CK_ATTRIBUTE *describe_label(const struct token *token, const struct exposed_key *key)
{
    struct label_search search = {NULL};

    for (size_t i = 0; i < token->exposure.n_objects; i++) {
        if (token->exposure.objects[i].key == key)
            return attributes_find(&token->exposure.objects[i].attributes, CKA_LABEL);
    }
    key_group_each(key->group, take_label, &search);
    return search.found;
}

static const char *reason_text(enum reason reason)
{
    switch (reason) {
    case REASON_ALLOWED:
        return "shown";
    case REASON_NO_PUBLIC_KEY:
        return "hidden: nothing on the token, and no public_key file, tells its public key";
    case REASON_NO_PRIVATE_KEY:
        return "hidden: the token has no private key for it";
    case REASON_CANNOT_SIGN:
        return "hidden: the key is not made for signing (CKA_SIGN)";
    case REASON_DENIED:
        return "hidden: denied";
    case REASON_REQUIRED:
        return "hidden: a requirement is not met";
    case REASON_NOT_ALLOWED:
        return "hidden: no allow rule is true";
    }
    return "hidden";
}

static void write_rule(FILE *out, const char *before, const struct rule *rule)
{
    const struct position *position = &rule->position;

    fputs(before, out);
    if (rule->name != NULL)
        fprintf(out, "\"%s\" ", rule->name);
    fprintf(out, "%s:%u:%u", position->file, position->line, position->column);
}

/* What audit_only keeps from happening. */
static void write_audited(FILE *out, const struct verdict *verdict)
{
    fputs("shown because of audit_only; it would be hidden by ", out);
    if (verdict->rule == NULL)
        fputs("allow: none of its rules is true", out);
    else
        write_rule(out, verdict->audited == REASON_DENIED ? "the deny rule " : "the require rule ",
                   verdict->rule);
}

bool describe_names_rules(const struct verdict *verdict)
{
    return verdict->reason == REASON_ALLOWED || verdict->reason == REASON_DENIED ||
           verdict->reason == REASON_REQUIRED;
}

static void write_verdict(FILE *out, const struct verdict *verdict)
{
    const struct rule *rules[] = {verdict->rule, verdict->narrowing};
    const char *before = " by ";

    if (verdict_is_audited(verdict)) {
        write_audited(out, verdict);
        return;
    }
    fputs(reason_text(verdict->reason), out);
    if (!describe_names_rules(verdict))
        return;
    for (size_t i = 0; i < 2; i++) {
        if (rules[i] == NULL)
            continue;
        write_rule(out, before, rules[i]);
        before = " and ";
    }
    if (verdict->reason == REASON_ALLOWED && verdict->rule == NULL && verdict->narrowing == NULL)
        fputs(" by allow: all", out);
}

char *describe_verdict(const struct verdict *verdict)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    write_verdict(out, verdict);
    if (fclose(out) == 0)
        return text;
    free(text);
    return NULL;
}

static void write_access(FILE *out, const char *name, const struct access *access)
{
    for (size_t i = 0; access->limited && i < access->allow.count; i++)
        fprintf(out, "%s%s", i > 0 ? ", " : name, name_of_mechanism(access->allow.items[i].value));
    if (access->limited)
        fputs("; ", out);
}

void describe_options(FILE *out, const struct verdict *verdict)
{
    if (verdict_asks(verdict))
        fputs("confirm; ", out);
    if (verdict->rule == NULL)
        return;
    write_access(out, "mechanisms ", &verdict->rule->use.mechanisms);
    write_access(out, "digests ", &verdict->rule->use.digests);
    if (verdict->rule->use.hides_certificate)
        fputs("no certificate; ", out);
    if (verdict->rule->use.most_per_minute != 0)
        fprintf(out, "at most %u a minute; ", verdict->rule->use.most_per_minute);
}

void describe_key(const struct token *token, const struct exposed_key *key, bool colour)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    char type[32], fingerprint[51];
    char *verdict = describe_verdict(&key->verdict);
    bool shown = key->verdict.reason == REASON_ALLOWED;

    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    printf("  %s%-12s %s \"", colour ? (shown ? "\033[32m" : "\033[2m") : "", type, fingerprint);
    if (label != NULL)
        describe_text(stdout, label->pValue, label->ulValueLen);
    printf("\"%s\n    %s\n", colour ? "\033[0m" : "", verdict != NULL ? verdict : "");
    free(verdict);
}

void describe_json_key(FILE *out, const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);
    const CK_TOKEN_INFO *info = &token->info;
    char type[32], fingerprint[51] = "";
    char *verdict = describe_verdict(&key->verdict);
    bool known =
        key->group->key != NULL && public_key_fingerprint_text(key->group->key, fingerprint);

    describe_type(key, type, sizeof(type));
    json_member(out, "token", info->label, (size_t)describe_label_size(token));
    fputs(", ", out);
    json_member(out, "serial", info->serialNumber, (size_t)describe_serial_size(token));
    fputs(", ", out);
    json_member(out, "type", type, strlen(type));
    fputs(", ", out);
    json_member(out, "fingerprint", known ? fingerprint : NULL, strlen(fingerprint));
    fputs(", ", out);
    json_member(out, "label", label != NULL ? label->pValue : NULL,
                label != NULL ? label->ulValueLen : 0);
    fprintf(out, ", \"shown\": %s, ", key->verdict.reason == REASON_ALLOWED ? "true" : "false");
    fprintf(out, "\"audited\": %s, ", verdict_is_audited(&key->verdict) ? "true" : "false");
    json_member(out, "why", verdict, verdict != NULL ? strlen(verdict) : 0);
    free(verdict);
}
