// SPDX-License-Identifier: BSD-2-Clause
// What the selectors of `certificate` ask of one certificate (policy.md 4).
#include <string.h>
#include "filters/decide.h"

static enum truth from_bool(bool value)
{
    return value ? TRUTH_TRUE : TRUTH_FALSE;
}

static enum truth any_pattern(struct pattern *const *patterns, size_t count, const char *value,
                              size_t size)
{
    enum truth result = TRUTH_FALSE;

    for (size_t i = 0; i < count && result != TRUTH_TRUE; i++)
        result = truth_or(result, pattern_match(patterns[i], value, size));
    return result;
}

bool selector_certificate_field(const struct selector *selector, enum certificate_field *field)
{
    static const struct {
        enum selector_kind kind;
        enum certificate_field field;
    } fields[] = {
        {SELECTOR_CERTIFICATE_EMAIL, CERTIFICATE_EMAIL},
        {SELECTOR_CERTIFICATE_UPN, CERTIFICATE_UPN},
        {SELECTOR_CERTIFICATE_DNS, CERTIFICATE_DNS},
        {SELECTOR_CERTIFICATE_URI, CERTIFICATE_URI},
        {SELECTOR_CERTIFICATE_IP, CERTIFICATE_IP},
        {SELECTOR_CERTIFICATE_KERBEROS, CERTIFICATE_KERBEROS},
        {SELECTOR_CERTIFICATE_REGISTERED_ID, CERTIFICATE_REGISTERED_ID},
        {SELECTOR_CERTIFICATE_OTHER, CERTIFICATE_OTHER},
        {SELECTOR_CERTIFICATE_SERIAL, CERTIFICATE_SERIAL},
        {SELECTOR_CERTIFICATE_KEY_USAGE, CERTIFICATE_KEY_USAGE},
        {SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE, CERTIFICATE_EXTENDED_KEY_USAGE},
        {SELECTOR_CERTIFICATE_POLICY, CERTIFICATE_POLICY},
        {SELECTOR_CERTIFICATE_SIGNATURE, CERTIFICATE_SIGNATURE},
    };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
        if (fields[i].kind == selector->kind) {
            *field = fields[i].field;
            return true;
        }
    }
    return false;
}

static enum truth match_value(const struct selector *selector,
                              const struct certificate_value *value)
{
    const struct name_part *part = selector->n_parts > 0 ? &selector->parts[0] : NULL;

    if (value->bytes == NULL)
        return TRUTH_UNKNOWN;
    if (part != NULL)
        return any_pattern(part->patterns, part->n_patterns, value->bytes, value->size);
    return any_pattern(selector->patterns, selector->n_patterns, value->bytes, value->size);
}

/* Of an otherName without a readable OID there is no telling what it is. */
static bool is_asked(const struct selector *selector, const struct certificate_value *value,
                     enum certificate_field field)
{
    return value->field == field &&
           (selector->n_parts == 0 || value->type[0] == '\0' ||
            strcmp(selector->parts[0].type, value->type) == 0);
}

/* One value that fits is enough; none at all is none that can be told. */
static enum truth match_values(const struct selector *selector,
                               const struct certificate_content *content,
                               enum certificate_field field)
{
    enum truth result = TRUTH_FALSE;
    size_t count = 0;

    for (size_t i = 0; i < content->n_values; i++) {
        if (!is_asked(selector, &content->values[i], field))
            continue;
        result = truth_or(result, match_value(selector, &content->values[i]));
        count++;
    }
    return count > 0 && !content->unreadable[field] ? result : TRUTH_UNKNOWN;
}

/* An attribute that is there more than once matches where one of them does. */
static enum truth match_part(const struct name_part *part, const struct name *name)
{
    enum truth result = TRUTH_FALSE;

    for (size_t i = 0; i < name->count; i++) {
        const struct name_attribute *item = &name->items[i];
        enum truth one = TRUTH_UNKNOWN;

        if (item->type[0] != '\0' && strcmp(item->type, part->type) != 0)
            continue;
        if (item->value != NULL)
            one = any_pattern(part->patterns, part->n_patterns, item->value, strlen(item->value));
        result = truth_or(result, one);
    }
    return result;
}

static enum truth match_whole(const struct selector *selector, const struct name *name)
{
    if (name->text == NULL)
        return TRUTH_UNKNOWN;
    return any_pattern(selector->patterns, selector->n_patterns, name->text, strlen(name->text));
}

/* A name without attributes is as good as none. */
static enum truth match_name(const struct selector *selector, const struct name *name)
{
    enum truth result = TRUTH_TRUE;

    if (name->count == 0)
        return TRUTH_UNKNOWN;
    if (selector->n_parts == 0)
        return match_whole(selector, name);
    for (size_t i = 0; i < selector->n_parts && result != TRUTH_FALSE; i++)
        result = truth_and(result, match_part(&selector->parts[i], name));
    return result;
}

static enum truth match_directories(const struct selector *selector,
                                    const struct certificate_content *content)
{
    enum truth result = TRUTH_FALSE;

    for (size_t i = 0; i < content->n_directories; i++)
        result = truth_or(result, match_name(selector, &content->directories[i]));
    return content->n_directories > 0 ? result : TRUTH_UNKNOWN;
}

static enum truth match_hash(const struct selector *selector,
                             const struct certificate_content *content)
{
    for (size_t i = 0; i < selector->n_hashes; i++) {
        if (memcmp(selector->hashes[i], content->sha256, sizeof(content->sha256)) == 0)
            return TRUTH_TRUE;
    }
    return TRUTH_FALSE;
}

static enum truth match_content(const struct selector *selector,
                                const struct certificate_content *content)
{
    enum certificate_field field;

    if (selector->kind == SELECTOR_CERTIFICATE_SELF_SIGNED)
        return content->self_signed_unknown ? TRUTH_UNKNOWN
                                            : from_bool(content->self_signed == selector->boolean);
    if (selector->kind == SELECTOR_CERTIFICATE_SHA256)
        return match_hash(selector, content);
    if (selector->kind == SELECTOR_CERTIFICATE_SUBJECT)
        return match_name(selector, &content->subject);
    if (selector->kind == SELECTOR_CERTIFICATE_ISSUER)
        return match_name(selector, &content->issuer);
    if (selector->kind == SELECTOR_CERTIFICATE_DIRECTORY)
        return match_directories(selector, content);
    return selector_certificate_field(selector, &field) ? match_values(selector, content, field)
                                                        : TRUTH_UNKNOWN;
}

static enum truth match_chain(const struct selector *selector, const struct subject *subject)
{
    const struct trust_answer *answer =
        trust_memo_ask(subject->trust, &selector->trust, subject->certificate);

    return answer != NULL ? answer->truth : TRUTH_UNKNOWN;
}

static enum truth match_dates(const struct selector *selector, const struct subject *subject)
{
    const struct certificate_content *content = subject->certificate->content;
    time_t now = trust_memo_now(subject->trust);
    time_t end;

    if (content == NULL || content->dates_unreadable)
        return TRUTH_UNKNOWN;
    end = content->ends + (time_t)selector->trust.grace;
    trust_memo_note(subject->trust, content->begins);
    trust_memo_note(subject->trust, end + 1);
    return from_bool(content->begins <= now && now <= end);
}

static enum truth match_trust(const struct selector *selector, const struct subject *subject)
{
    if (subject->certificate == NULL || subject->trust == NULL)
        return TRUTH_UNKNOWN;
    return selector->kind == SELECTOR_CERTIFICATE_CA ? match_chain(selector, subject)
                                                     : match_dates(selector, subject);
}

enum truth selector_match_certificate(const struct selector *selector,
                                      const struct subject *subject)
{
    if (subject->group == NULL)
        return TRUTH_UNKNOWN;
    if (selector->kind == SELECTOR_CERTIFICATE_PRESENT)
        return from_bool((subject->certificate != NULL) == selector->boolean);
    if (selector->kind == SELECTOR_CERTIFICATE_CA || selector->kind == SELECTOR_CERTIFICATE_VALID)
        return match_trust(selector, subject);
    if (subject->certificate == NULL || subject->certificate->content == NULL)
        return TRUTH_UNKNOWN;
    return match_content(selector, subject->certificate->content);
}
