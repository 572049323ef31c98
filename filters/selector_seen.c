// SPDX-License-Identifier: BSD-2-Clause
// What selectors look at.
#include "filters/selector_text.h"

#include <stdlib.h>
#include <string.h>
#include "filters/value_text.h"

typedef void seen_writer(FILE *out, const struct selector *selector, const struct subject *subject);

static void write_padded(FILE *out, const CK_UTF8CHAR *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    value_write_quoted(out, text, size);
}

static void see_token(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const CK_TOKEN_INFO *token = subject->token;

    if (token == NULL)
        return;
    if (selector->kind == SELECTOR_TOKEN_LABEL)
        write_padded(out, token->label, sizeof(token->label));
    else if (selector->kind == SELECTOR_TOKEN_SERIAL)
        write_padded(out, token->serialNumber, sizeof(token->serialNumber));
    else if (selector->kind == SELECTOR_TOKEN_MANUFACTURER)
        write_padded(out, token->manufacturerID, sizeof(token->manufacturerID));
    else
        write_padded(out, token->model, sizeof(token->model));
}

static void see_slot(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const CK_SLOT_INFO *slot = subject->slot;

    if (selector->kind == SELECTOR_SLOT_ID && subject->token != NULL)
        fprintf(out, "%lu", subject->slot_id);
    else if (slot != NULL && selector->kind == SELECTOR_SLOT_DESCRIPTION)
        write_padded(out, slot->slotDescription, sizeof(slot->slotDescription));
    else if (slot != NULL)
        write_padded(out, slot->manufacturerID, sizeof(slot->manufacturerID));
}

static void see_library(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const CK_INFO *library = subject->library;

    if (library == NULL)
        return;
    if (selector->kind == SELECTOR_LIBRARY_VERSION)
        fprintf(out, "\"%u.%u\"", library->libraryVersion.major, library->libraryVersion.minor);
    else if (selector->kind == SELECTOR_LIBRARY_DESCRIPTION)
        write_padded(out, library->libraryDescription, sizeof(library->libraryDescription));
    else
        write_padded(out, library->manufacturerID, sizeof(library->manufacturerID));
}

/* The members' values; one that most of them share is written once. */
struct listed {
    FILE *out;
    CK_ATTRIBUTE_TYPE type;
    const CK_ATTRIBUTE *last;
    size_t count;
};

static bool is_same(const CK_ATTRIBUTE *a, const CK_ATTRIBUTE *b)
{
    return a != NULL && b != NULL && a->ulValueLen == b->ulValueLen &&
           memcmp(a->pValue, b->pValue, a->ulValueLen) == 0;
}

static bool write_member(const struct object *member, void *context)
{
    struct listed *listed = context;
    const CK_ATTRIBUTE *value = attributes_find_filled(&member->attributes, listed->type);

    if (listed->count > 0 && (is_same(value, listed->last) || value == listed->last))
        return true;
    value_write_comma(listed->out, listed->count++);
    listed->last = value;
    if (value == NULL)
        fputs("none", listed->out);
    else if (listed->type == CKA_ID)
        value_write_hex(listed->out, value->pValue, value->ulValueLen);
    else
        value_write_quoted(listed->out, value->pValue, value->ulValueLen);
    return true;
}

static void see_members(FILE *out, const struct selector *selector, const struct subject *subject)
{
    struct listed listed = {out, selector->kind == SELECTOR_ID ? CKA_ID : CKA_LABEL, NULL, 0};

    key_group_each(subject->group, write_member, &listed);
}

static bool write_object(const struct object *member, void *context)
{
    struct listed *listed = context;
    const CK_ATTRIBUTE *id = attributes_find_filled(&member->attributes, CKA_ID);
    const CK_ATTRIBUTE *label = attributes_find_filled(&member->attributes, CKA_LABEL);

    value_write_comma(listed->out, listed->count++);
    fprintf(listed->out, "type=%s", value_class_name(member->class));
    if (id != NULL) {
        fputs(" id=", listed->out);
        value_write_hex(listed->out, id->pValue, id->ulValueLen);
    }
    if (label != NULL) {
        fputs(" object=", listed->out);
        value_write_quoted(listed->out, label->pValue, label->ulValueLen);
    }
    return true;
}

static void see_objects(FILE *out, const struct selector *selector, const struct subject *subject)
{
    struct listed listed = {.out = out};

    (void)selector;
    key_group_each(subject->group, write_object, &listed);
}

static void see_key(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct public_key *key = subject->group->key;

    if (key == NULL)
        return;
    if (selector->kind == SELECTOR_KEY_TYPE)
        fputs(public_key_type_name(key), out);
    else if (selector->kind == SELECTOR_KEY_BITS)
        fprintf(out, "%u", key->bits);
    else if (selector->kind == SELECTOR_KEY_CURVE)
        fputs(key->curve != CURVE_NONE ? key_curve_name(key->curve) : "none", out);
    else
        value_write_key(out, key);
}

static void see_private(FILE *out, const struct selector *selector, const struct subject *subject)
{
    static const CK_ATTRIBUTE_TYPE types[] = {
        [SELECTOR_KEY_SIGN] = CKA_SIGN,
        [SELECTOR_KEY_ALWAYS_AUTHENTICATE] = CKA_ALWAYS_AUTHENTICATE,
        [SELECTOR_KEY_NEVER_EXTRACTABLE] = CKA_NEVER_EXTRACTABLE,
        [SELECTOR_KEY_LOCAL] = CKA_LOCAL,
    };
    const struct object *key = subject->group->private_key;
    bool value;

    if (key != NULL && attributes_bool(&key->attributes, types[selector->kind], &value))
        fputs(value ? "true" : "false", out);
    else if (key == NULL && selector->kind == SELECTOR_KEY_SIGN && !subject->private_visible)
        fprintf(out, "presumably %s", key_group_signs(subject->group) ? "true" : "false");
}

static const struct certificate_content *content_of(const struct subject *subject)
{
    return subject->certificate != NULL ? subject->certificate->content : NULL;
}

static void see_certificate(FILE *out, const struct selector *selector,
                            const struct subject *subject)
{
    const struct certificate_content *content = content_of(subject);

    if (selector->kind == SELECTOR_CERTIFICATE_PRESENT)
        fputs(subject->certificate != NULL ? "true" : "false", out);
    else if (content != NULL && selector->kind == SELECTOR_CERTIFICATE_SHA256)
        value_write_hex(out, content->sha256, sizeof(content->sha256));
    else if (content != NULL && !content->self_signed_unknown)
        fputs(content->self_signed ? "true" : "false", out);
}

/* "2026-11-29 08:00:00Z"; of a year that no calendar of ours has, nothing. */
static void write_moment(FILE *out, const char *what, time_t moment)
{
    char text[32];
    struct tm utc;

    if (gmtime_r(&moment, &utc) != NULL && strftime(text, sizeof(text), "%F %TZ", &utc) > 0)
        fprintf(out, "%s%s", what, text);
}

static void see_dates(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct certificate_content *content = content_of(subject);

    (void)selector;
    if (content == NULL || content->dates_unreadable || subject->trust == NULL)
        return;
    write_moment(out, "from ", content->begins);
    write_moment(out, " to ", content->ends);
    write_moment(out, ", now ", trust_memo_now(subject->trust));
}

static void write_age(FILE *out, time_t age)
{
    if (age >= 2 * 86400)
        fprintf(out, "; CRL %lld days old", (long long)age / 86400);
    else if (age >= 2 * 3600)
        fprintf(out, "; CRL %lld hours old", (long long)age / 3600);
    else
        fprintf(out, "; CRL %lld minutes old", (long long)age / 60);
}

/* The chain, why it is not good or what is not known of it, how long it is valid, how old the CRLs are. */
static void see_chain(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct trust_answer *answer =
        subject->trust != NULL && subject->certificate != NULL
            ? trust_memo_ask(subject->trust, &selector->trust, subject->certificate)
            : NULL;
    const struct trust_result *result = answer != NULL ? &answer->result : NULL;

    if (result == NULL || answer->source == NULL)
        return;
    fputs(result->path, out);
    if (result->reason[0] != '\0')
        fprintf(out, "%s%s", result->path[0] != '\0' ? "; " : "", result->reason);
    if (result->ends != 0)
        write_moment(out, result->ends_soon ? "; ends soon, " : "; ends ", result->ends);
    if (result->crl_made != 0)
        write_age(out, trust_memo_now(subject->trust) - result->crl_made);
}

static void write_name(FILE *out, const struct name *name)
{
    bool readable;
    char *text = name_text(name, &readable);

    if (text != NULL)
        value_write_quoted(out, text, strlen(text));
    else
        fputs("a name that cannot be read", out);
    free(text);
}

static void see_name(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct certificate_content *content = content_of(subject);

    if (content == NULL)
        return;
    if (selector->kind == SELECTOR_CERTIFICATE_SUBJECT)
        write_name(out, &content->subject);
    else if (selector->kind == SELECTOR_CERTIFICATE_ISSUER)
        write_name(out, &content->issuer);
    for (size_t i = 0;
         selector->kind == SELECTOR_CERTIFICATE_DIRECTORY && i < content->n_directories; i++) {
        value_write_comma(out, i);
        write_name(out, &content->directories[i]);
    }
}

static void write_value(FILE *out, enum selector_kind kind, const struct certificate_value *value)
{
    if (value->type != NULL)
        fprintf(out, "%s=", value->type);
    if (value->bytes == NULL)
        fputs("what cannot be read", out);
    else if (kind == SELECTOR_CERTIFICATE_SERIAL)
        value_write_hex(out, value->bytes, value->size);
    else if (kind >= SELECTOR_CERTIFICATE_REGISTERED_ID)
        value_write_oid(out, kind, value->bytes);
    else
        value_write_quoted(out, value->bytes, value->size);
}

static void see_values(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct certificate_content *content = content_of(subject);
    enum certificate_field field;
    size_t count = 0;

    for (size_t i = 0; content != NULL && selector_certificate_field(selector, &field) &&
                       i < content->n_values; i++) {
        if (content->values[i].field != field)
            continue;
        value_write_comma(out, count++);
        write_value(out, selector->kind, &content->values[i]);
    }
}

/* Text of the process; NULL: unknown. */
static void write_known(FILE *out, const char *text)
{
    if (text != NULL)
        value_write_quoted(out, text, strlen(text));
    else
        fputs("something unknown here", out);
}

static void see_process(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct circumstances *process = &subject->circumstances;
    const char *text = selector->kind == SELECTOR_WHEN_USER ? process->user : process->host;

    if (text != NULL)
        write_known(out, text);
}

static void see_groups(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct circumstances *process = &subject->circumstances;

    (void)selector;
    for (size_t i = 0; process->groups != NULL && i < process->n_groups; i++) {
        value_write_comma(out, i);
        write_known(out, process->groups[i]);
    }
}

static void see_time(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct circumstances *now = &subject->circumstances;

    (void)selector;
    if (now->has_time)
        fprintf(out, "%s %02u:%02u", value_day_name(now->weekday), now->minute / 60,
                now->minute % 60);
}

static const struct kind {
    seen_writer *write; /* NULL: it has children */
    bool of_group;      /* it looks at the subject's key group */
} kinds[] = {
    [SELECTOR_ALL] = {NULL, false},
    [SELECTOR_ANY] = {NULL, false},
    [SELECTOR_NOT] = {NULL, false},
    [SELECTOR_TOKEN_LABEL] = {see_token, false},
    [SELECTOR_TOKEN_SERIAL] = {see_token, false},
    [SELECTOR_TOKEN_MANUFACTURER] = {see_token, false},
    [SELECTOR_TOKEN_MODEL] = {see_token, false},
    [SELECTOR_SLOT_DESCRIPTION] = {see_slot, false},
    [SELECTOR_SLOT_MANUFACTURER] = {see_slot, false},
    [SELECTOR_LIBRARY_DESCRIPTION] = {see_library, false},
    [SELECTOR_LIBRARY_MANUFACTURER] = {see_library, false},
    [SELECTOR_LIBRARY_VERSION] = {see_library, false},
    [SELECTOR_SLOT_ID] = {see_slot, false},
    [SELECTOR_ID] = {see_members, true},
    [SELECTOR_LABEL] = {see_members, true},
    [SELECTOR_OBJECT] = {see_objects, true},
    [SELECTOR_FINGERPRINT] = {see_key, true},
    [SELECTOR_PUBLIC_KEY] = {see_key, true},
    [SELECTOR_KEY_TYPE] = {see_key, true},
    [SELECTOR_KEY_BITS] = {see_key, true},
    [SELECTOR_KEY_CURVE] = {see_key, true},
    [SELECTOR_KEY_SIGN] = {see_private, true},
    [SELECTOR_KEY_ALWAYS_AUTHENTICATE] = {see_private, true},
    [SELECTOR_KEY_NEVER_EXTRACTABLE] = {see_private, true},
    [SELECTOR_KEY_LOCAL] = {see_private, true},
    [SELECTOR_CERTIFICATE_PRESENT] = {see_certificate, true},
    [SELECTOR_CERTIFICATE_SELF_SIGNED] = {see_certificate, true},
    [SELECTOR_CERTIFICATE_SHA256] = {see_certificate, true},
    [SELECTOR_CERTIFICATE_CA] = {see_chain, true},
    [SELECTOR_CERTIFICATE_VALID] = {see_dates, true},
    [SELECTOR_CERTIFICATE_SUBJECT] = {see_name, true},
    [SELECTOR_CERTIFICATE_ISSUER] = {see_name, true},
    [SELECTOR_CERTIFICATE_DIRECTORY] = {see_name, true},
    [SELECTOR_CERTIFICATE_OTHER] = {see_values, true},
    [SELECTOR_CERTIFICATE_EMAIL] = {see_values, true},
    [SELECTOR_CERTIFICATE_UPN] = {see_values, true},
    [SELECTOR_CERTIFICATE_DNS] = {see_values, true},
    [SELECTOR_CERTIFICATE_URI] = {see_values, true},
    [SELECTOR_CERTIFICATE_IP] = {see_values, true},
    [SELECTOR_CERTIFICATE_KERBEROS] = {see_values, true},
    [SELECTOR_CERTIFICATE_REGISTERED_ID] = {see_values, true},
    [SELECTOR_CERTIFICATE_SERIAL] = {see_values, true},
    [SELECTOR_CERTIFICATE_KEY_USAGE] = {see_values, true},
    [SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE] = {see_values, true},
    [SELECTOR_CERTIFICATE_POLICY] = {see_values, true},
    [SELECTOR_CERTIFICATE_SIGNATURE] = {see_values, true},
    [SELECTOR_WHEN_USER] = {see_process, false},
    [SELECTOR_WHEN_GROUP] = {see_groups, false},
    [SELECTOR_WHEN_HOST] = {see_process, false},
    [SELECTOR_WHEN_TIME] = {see_time, false},
};

void selector_write_seen(FILE *out, const struct selector *selector, const struct subject *subject)
{
    const struct kind *kind = &kinds[selector->kind];

    if (kind->write != NULL && (subject->group != NULL || !kind->of_group))
        kind->write(out, selector, subject);
}
