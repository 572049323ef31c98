// SPDX-License-Identifier: BSD-2-Clause
#include "filters/pattern.h"

#include <fnmatch.h>
#include <locale.h>
#include <regex.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct pattern {
    enum pattern_kind kind;
    char *bytes; /* owned; with a NUL behind the size */
    size_t size;
    bool folded; /* A is a */
    regex_t regex;
    size_t head, tail; /* of a glob: how many bytes at its ends stand for themselves */
    locale_t plain;    /* owned; of a glob and a regex */
};

enum truth truth_not(enum truth a)
{
    if (a == TRUTH_UNKNOWN)
        return TRUTH_UNKNOWN;
    return a == TRUTH_TRUE ? TRUTH_FALSE : TRUTH_TRUE;
}

enum truth truth_and(enum truth a, enum truth b)
{
    if (a == TRUTH_FALSE || b == TRUTH_FALSE)
        return TRUTH_FALSE;
    return a == TRUTH_UNKNOWN || b == TRUTH_UNKNOWN ? TRUTH_UNKNOWN : TRUTH_TRUE;
}

enum truth truth_or(enum truth a, enum truth b)
{
    return truth_not(truth_and(truth_not(a), truth_not(b)));
}

/* A rule means the same in every process, whatever the host's locale: a character is a byte. Making
 * a locale takes a lock, so that each pattern has one; entering it is this thread's affair. */
static bool has_locale(struct pattern *pattern)
{
    pattern->plain = newlocale(LC_ALL_MASK, "C", (locale_t)0);
    return pattern->plain != (locale_t)0;
}

static int try_compile(regex_t *regex, int flags, const char *before, const char *bytes,
                       const char *after)
{
    char *text = NULL;
    int code = REG_ESPACE;

    if (asprintf(&text, "%s%s%s", before, bytes, after) >= 0)
        code = regcomp(regex, text, REG_EXTENDED | REG_NOSUB | flags);
    free(text);
    return code;
}

/* glibc takes a ')' too many as text, but between the anchors' parentheses it would end their group: one that closes a '(' put
 * before it is refused. */
static int check_whole(const char *bytes)
{
    regex_t regex;
    int code = try_compile(&regex, 0, "", bytes, "");

    if (code != 0)
        return code;
    regfree(&regex);
    if (try_compile(&regex, 0, "(", bytes, "") != 0)
        return 0;
    regfree(&regex);
    return REG_ERPAREN;
}

/* The group keeps an alternation whole between the anchors: ^(a|b)$, not ^a|b$. */
static bool compile(struct pattern *pattern, char **error)
{
    locale_t before = uselocale(pattern->plain);
    int flags = pattern->folded ? REG_ICASE : 0;
    int code;

    code = check_whole(pattern->bytes);
    if (code == 0)
        code = try_compile(&pattern->regex, flags, "^(", pattern->bytes, ")$");
    if (code != 0 && error != NULL) {
        char text[128];
        regerror(code, &pattern->regex, text, sizeof(text));
        *error = strdup(text);
    }
    uselocale(before);
    return code == 0;
}

static void measure_ends(struct pattern *pattern)
{
    pattern->head = strcspn(pattern->bytes, "*?[\\");
    while (pattern->tail < pattern->size &&
           strchr("*?[]\\", pattern->bytes[pattern->size - 1 - pattern->tail]) == NULL)
        pattern->tail++;
}

static bool prepare(struct pattern *pattern, enum pattern_kind kind, char **error)
{
    if (kind == PATTERN_GLOB)
        measure_ends(pattern);
    if (kind == PATTERN_GLOB || kind == PATTERN_REGEX)
        return has_locale(pattern) && (kind == PATTERN_GLOB || compile(pattern, error));
    return true;
}

static void destroy(struct pattern *pattern)
{
    if (pattern->plain != (locale_t)0)
        freelocale(pattern->plain);
    free(pattern->bytes);
    free(pattern);
}

static struct pattern *create(enum pattern_kind kind, const void *bytes, size_t size, bool folded,
                              char **error)
{
    struct pattern *pattern = calloc(1, sizeof(*pattern));

    if (pattern == NULL)
        return NULL;
    pattern->bytes = malloc(size + 1);
    if (pattern->bytes == NULL)
        goto fail;
    if (size > 0)
        memcpy(pattern->bytes, bytes, size);
    pattern->bytes[size] = '\0';
    pattern->size = size;
    pattern->folded = folded;
    if (!prepare(pattern, kind, error))
        goto fail;
    pattern->kind = kind;
    return pattern;
fail:
    destroy(pattern);
    return NULL;
}

struct pattern *pattern_create(enum pattern_kind kind, const void *bytes, size_t size, char **error)
{
    return create(kind, bytes, size, false, error);
}

struct pattern *pattern_create_folded(enum pattern_kind kind, const void *bytes, size_t size,
                                      char **error)
{
    return create(kind, bytes, size, true, error);
}

void pattern_destroy(struct pattern *pattern)
{
    if (pattern == NULL)
        return;
    if (pattern->kind == PATTERN_REGEX)
        regfree(&pattern->regex);
    destroy(pattern);
}

static unsigned char lower(unsigned char byte)
{
    return byte >= 'A' && byte <= 'Z' ? (unsigned char)(byte - 'A' + 'a') : byte;
}

/* The pattern's bytes from that place on, and the value. */
static bool is_same(const struct pattern *pattern, size_t from, const unsigned char *value,
                    size_t size)
{
    const char *bytes = pattern->bytes + from;

    if (!pattern->folded)
        return memcmp(bytes, value, size) == 0;
    for (size_t i = 0; i < size; i++) {
        if (lower((unsigned char)bytes[i]) != lower(value[i]))
            return false;
    }
    return true;
}

static bool begins_with(const struct pattern *pattern, const unsigned char *value, size_t size)
{
    return size >= pattern->size && is_same(pattern, 0, value, pattern->size);
}

/* Most values differ from a glob in what it begins or ends with. */
static bool ends_fit(const struct pattern *pattern, const unsigned char *value, size_t size)
{
    return size >= pattern->head && size >= pattern->tail &&
           is_same(pattern, 0, value, pattern->head) &&
           is_same(pattern, pattern->size - pattern->tail, value + size - pattern->tail,
                   pattern->tail);
}

static enum truth ask_library(const struct pattern *pattern, const char *text)
{
    locale_t before = uselocale(pattern->plain);
    int code;

    if (pattern->kind == PATTERN_GLOB)
        code = fnmatch(pattern->bytes, text, pattern->folded ? FNM_CASEFOLD : 0);
    else
        code = regexec(&pattern->regex, text, 0, NULL, 0);
    uselocale(before);
    if (code == 0)
        return TRUTH_TRUE;
    /* any other code is an error, which says nothing */
    return code == (pattern->kind == PATTERN_GLOB ? FNM_NOMATCH : REG_NOMATCH) ? TRUTH_FALSE
                                                                               : TRUTH_UNKNOWN;
}

/* The C library's time and memory for a regular expression grow with the value, which a token may make as long as it likes. */
static bool is_too_long(const struct pattern *pattern, size_t size)
{
    return pattern->kind == PATTERN_REGEX && size > PATTERN_REGEX_MOST;
}

/* Glob and regex work on text: bytes with a NUL in them never match; for a regex neither does a newline. */
static enum truth match_text(const struct pattern *pattern, const void *value, size_t size)
{
    char room[256];
    char *text = room;
    enum truth truth;

    if (is_too_long(pattern, size))
        return TRUTH_UNKNOWN;
    if (memchr(value, '\0', size) != NULL ||
        (pattern->kind == PATTERN_REGEX && memchr(value, '\n', size) != NULL) ||
        (pattern->kind == PATTERN_GLOB && !ends_fit(pattern, value, size)))
        return TRUTH_FALSE;
    if (size >= sizeof(room))
        text = malloc(size + 1);
    if (text == NULL)
        return TRUTH_UNKNOWN;
    memcpy(text, value, size);
    text[size] = '\0';
    truth = ask_library(pattern, text);
    if (text != room)
        free(text);
    return truth;
}

enum truth pattern_match(const struct pattern *pattern, const void *value, size_t size)
{
    bool matches = false;

    if (size == 0)
        value = ""; /* an empty attribute may come without a pointer */
    switch (pattern->kind) {
    case PATTERN_EXACT:
        matches = pattern->size == size && begins_with(pattern, value, size);
        break;
    case PATTERN_PREFIX:
        matches = begins_with(pattern, value, size);
        break;
    case PATTERN_GLOB:
    case PATTERN_REGEX:
        return match_text(pattern, value, size);
    case PATTERN_UNKNOWN:
        return TRUTH_UNKNOWN;
    }
    return matches ? TRUTH_TRUE : TRUTH_FALSE;
}

const void *pattern_exact(const struct pattern *pattern, size_t *size)
{
    if (pattern->kind != PATTERN_EXACT)
        return NULL;
    *size = pattern->size;
    return pattern->bytes;
}

const void *pattern_source(const struct pattern *pattern, enum pattern_kind *kind, size_t *size)
{
    *kind = pattern->kind;
    *size = pattern->size;
    return pattern->bytes;
}
