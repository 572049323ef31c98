// SPDX-License-Identifier: BSD-2-Clause
#include "filters/selector_text.h"

#include <inttypes.h>
#include "filters/value_text.h"

typedef void wanted_writer(FILE *out, const struct selector *selector);

/* One value of a selector; write is for the bytes of those that are no text. */
static void write_pattern(FILE *out, const struct pattern *pattern,
                          void (*write)(FILE *out, const void *value, size_t size))
{
    static const char *const frames[] = {
        [PATTERN_EXACT] = "",
        [PATTERN_PREFIX] = "prefix ",
        [PATTERN_GLOB] = "glob ",
        [PATTERN_REGEX] = "re ",
        [PATTERN_UNKNOWN] = "something unknown here",
    };
    enum pattern_kind kind;
    size_t size;
    const void *source = pattern_source(pattern, &kind, &size);

    fputs(frames[kind], out);
    if (kind != PATTERN_UNKNOWN)
        write(out, source, size);
}

static void want_texts(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_patterns; i++) {
        value_write_comma(out, i);
        write_pattern(out, selector->patterns[i], value_write_quoted);
    }
}

static void write_plain(FILE *out, const void *text, size_t size)
{
    fwrite(text, 1, size, out);
}

static void want_names(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_patterns; i++) {
        value_write_comma(out, i);
        write_pattern(out, selector->patterns[i], write_plain);
    }
}

static void want_ids(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_patterns; i++) {
        value_write_comma(out, i);
        write_pattern(out, selector->patterns[i], value_write_hex);
    }
}

static void want_numbers(FILE *out, const struct selector *selector)
{
    static const char *const operators[] = {
        [COMPARE_EQUAL] = "", [COMPARE_LESS] = "<",      [COMPARE_AT_MOST] = "<=",
        [COMPARE_MORE] = ">", [COMPARE_AT_LEAST] = ">=",
    };

    for (size_t i = 0; i < selector->n_numbers; i++) {
        value_write_comma(out, i);
        fprintf(out, "%s%" PRIu64, operators[selector->numbers[i].comparison],
                selector->numbers[i].number);
    }
}

static void want_curves(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_numbers; i++) {
        value_write_comma(out, i);
        fputs(key_curve_name((enum key_curve)selector->numbers[i].number), out);
    }
}

static void want_fingerprints(FILE *out, const struct selector *selector)
{
    char text[51];

    for (size_t i = 0; i < selector->n_hashes; i++) {
        value_write_comma(out, i);
        fingerprint_text(selector->hashes[i], text);
        fputs(text, out);
    }
}

static void want_keys(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_keys; i++) {
        value_write_comma(out, i);
        value_write_key(out, selector->keys[i]);
    }
}

static void want_boolean(FILE *out, const struct selector *selector)
{
    fputs(selector->boolean ? "true" : "false", out);
}

/* "Mon-Fri 08:00-18:00" as "Mon Tue Wed Thu Fri 08:00-18:00"; all days are not named. */
static void write_window(FILE *out, const struct time_window *window)
{
    size_t count = 0;

    for (size_t i = 0; i < 7; i++)
        count += window->days[i];
    for (unsigned i = 0; i < 7 && count < 7; i++) {
        if (window->days[i])
            fprintf(out, "%s ", value_day_name(i));
    }
    fprintf(out, "%02u:%02u-%02u:%02u", window->from / 60, window->from % 60, window->to / 60,
            window->to % 60);
}

static void want_times(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_windows; i++) {
        value_write_comma(out, i);
        write_window(out, &selector->windows[i]);
    }
}

static void want_object(FILE *out, const struct selector *selector)
{
    const struct object_reference *wanted = &selector->object;
    const char *blank = "";

    if (wanted->has_class) {
        fprintf(out, "type=%s", value_class_name(wanted->class));
        blank = " ";
    }
    if (wanted->id != NULL) {
        fprintf(out, "%sid=", blank);
        write_pattern(out, wanted->id, value_write_hex);
        blank = " ";
    }
    if (wanted->label != NULL) {
        fprintf(out, "%sobject=", blank);
        write_pattern(out, wanted->label, value_write_quoted);
    }
}

static void want_certificates(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_hashes; i++) {
        value_write_comma(out, i);
        value_write_hex(out, selector->hashes[i], sizeof(selector->hashes[i]));
    }
}

static void want_duration(FILE *out, const char *what, uint32_t seconds)
{
    static const struct {
        uint32_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t i = 0;

    while (seconds % units[i].seconds != 0)
        i++;
    if (seconds > 0)
        fprintf(out, "%s%" PRIu32 "%c", what, seconds / units[i].seconds, units[i].unit);
}

static void want_dates(FILE *out, const struct selector *selector)
{
    const struct trust_wish *wish = &selector->trust;

    fputs(wish->ignore_dates ? "valid ignored" : "valid now", out);
    want_duration(out, ", grace ", wish->grace);
    want_duration(out, ", warn_before ", wish->warn_before);
}

static void want_chain(FILE *out, const struct selector *selector)
{
    static const char *const modes[] = {[TRUST_CRL_OFF] = "",
                                        [TRUST_CRL_SOFT] = ", not revoked by a CRL, soft",
                                        [TRUST_CRL_HARD] = ", not revoked by a CRL, hard"};
    const struct trust_wish *wish = &selector->trust;

    for (size_t i = 0; i < wish->n_sources; i++)
        fprintf(out, "%s%s", i > 0 ? " or " : "", trust_anchors_name(wish->sources[i]->anchors));
    fputs(", ", out);
    want_dates(out, selector);
    fputs(modes[wish->crl_mode], out);
    want_duration(out, ", max_age ", wish->crl_max_age);
}

/* The whole name, or those of its attributes that are asked for. */
static void want_parts(FILE *out, const struct selector *selector)
{
    want_texts(out, selector);
    for (size_t i = 0; i < selector->n_parts; i++) {
        const struct name_part *part = &selector->parts[i];

        value_write_comma(out, i);
        fputs(oid_name(OID_NAME, part->type), out);
        for (size_t j = 0; j < part->n_patterns; j++) {
            fputs(j == 0 ? "=" : " or ", out);
            write_pattern(out, part->patterns[j], value_write_quoted);
        }
    }
}

/* The OIDs of a family by their names. */
static void want_oids(FILE *out, const struct selector *selector)
{
    for (size_t i = 0; i < selector->n_patterns; i++) {
        size_t size;
        const void *oid = pattern_exact(selector->patterns[i], &size);

        value_write_comma(out, i);
        if (oid != NULL)
            value_write_oid(out, selector->kind, oid);
        else
            write_pattern(out, selector->patterns[i], value_write_quoted);
    }
}

static const struct kind {
    const char *name;
    wanted_writer *write; /* NULL: it has children */
    enum settled settled;
} kinds[] = {
    [SELECTOR_ALL] = {"all", NULL, SETTLED_ALWAYS},
    [SELECTOR_ANY] = {"any", NULL, SETTLED_ALWAYS},
    [SELECTOR_NOT] = {"not", NULL, SETTLED_ALWAYS},
    [SELECTOR_TOKEN_LABEL] = {"token.label", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_TOKEN_SERIAL] = {"token.serial", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_TOKEN_MANUFACTURER] = {"token.manufacturer", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_TOKEN_MODEL] = {"token.model", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_SLOT_DESCRIPTION] = {"slot.description", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_SLOT_MANUFACTURER] = {"slot.manufacturer", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_LIBRARY_DESCRIPTION] = {"library.description", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_LIBRARY_MANUFACTURER] = {"library.manufacturer", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_LIBRARY_VERSION] = {"library.version", want_texts, SETTLED_BY_TOKEN},
    [SELECTOR_SLOT_ID] = {"slot.id", want_numbers, SETTLED_BY_TOKEN},
    [SELECTOR_ID] = {"id", want_ids, SETTLED_BY_LOGIN},
    [SELECTOR_LABEL] = {"label", want_texts, SETTLED_BY_LOGIN},
    [SELECTOR_OBJECT] = {"object", want_object, SETTLED_BY_LOGIN},
    [SELECTOR_FINGERPRINT] = {"fingerprint", want_fingerprints, SETTLED_ALWAYS},
    [SELECTOR_PUBLIC_KEY] = {"public_key", want_keys, SETTLED_ALWAYS},
    [SELECTOR_KEY_TYPE] = {"key.type", want_names, SETTLED_ALWAYS},
    [SELECTOR_KEY_BITS] = {"key.bits", want_numbers, SETTLED_ALWAYS},
    [SELECTOR_KEY_CURVE] = {"key.curve", want_curves, SETTLED_ALWAYS},
    [SELECTOR_KEY_SIGN] = {"key.sign", want_boolean, SETTLED_BY_PRIVATE_KEY},
    [SELECTOR_KEY_ALWAYS_AUTHENTICATE] = {"key.always_authenticate", want_boolean,
                                          SETTLED_BY_PRIVATE_KEY},
    [SELECTOR_KEY_NEVER_EXTRACTABLE] = {"key.never_extractable", want_boolean,
                                        SETTLED_BY_PRIVATE_KEY},
    [SELECTOR_KEY_LOCAL] = {"key.local", want_boolean, SETTLED_BY_PRIVATE_KEY},
    [SELECTOR_CERTIFICATE_PRESENT] = {"certificate.present", want_boolean, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_SELF_SIGNED] = {"certificate.self_signed", want_boolean,
                                          SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_SHA256] = {"certificate.sha256", want_certificates,
                                     SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_CA] = {"certificate.ca", want_chain, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_VALID] = {"certificate.valid", want_dates, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_SUBJECT] = {"certificate.subject", want_parts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_ISSUER] = {"certificate.issuer", want_parts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_DIRECTORY] = {"certificate.san.directory", want_parts,
                                        SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_OTHER] = {"certificate.san.other", want_parts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_EMAIL] = {"certificate.san.email", want_texts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_UPN] = {"certificate.san.upn", want_texts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_DNS] = {"certificate.san.dns", want_texts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_URI] = {"certificate.san.uri", want_texts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_IP] = {"certificate.san.ip", want_texts, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_KERBEROS] = {"certificate.san.kerberos", want_texts,
                                       SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_REGISTERED_ID] = {"certificate.san.registered_id", want_oids,
                                            SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_SERIAL] = {"certificate.serial", want_ids, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_KEY_USAGE] = {"certificate.key_usage", want_oids, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_EXTENDED_KEY_USAGE] = {"certificate.extended_key_usage", want_oids,
                                                 SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_POLICY] = {"certificate.policy", want_oids, SETTLED_BY_CERTIFICATE},
    [SELECTOR_CERTIFICATE_SIGNATURE] = {"certificate.signature", want_oids, SETTLED_BY_CERTIFICATE},
    [SELECTOR_WHEN_USER] = {"when.user", want_texts, SETTLED_ALWAYS},
    [SELECTOR_WHEN_GROUP] = {"when.group", want_texts, SETTLED_ALWAYS},
    [SELECTOR_WHEN_HOST] = {"when.host", want_texts, SETTLED_ALWAYS},
    [SELECTOR_WHEN_TIME] = {"when.time", want_times, SETTLED_ALWAYS},
};

const char *selector_name(const struct selector *selector)
{
    return kinds[selector->kind].name;
}

void selector_write_wanted(FILE *out, const struct selector *selector)
{
    if (kinds[selector->kind].write != NULL)
        kinds[selector->kind].write(out, selector);
}

/* A private key that is presumed has the id and label of the others, until it is seen. */
enum settled selector_settled(const struct selector *selector)
{
    if (selector->kind == SELECTOR_OBJECT && selector->object.has_class &&
        selector->object.class == CKO_PRIVATE_KEY)
        return SETTLED_BY_PRIVATE_KEY;
    return kinds[selector->kind].settled;
}
