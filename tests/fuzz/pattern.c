// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes patterns: the first byte is the kind, then comes the pattern, a NUL, and the value.
#include "filters/pattern.h"

#include <stdlib.h>
#include <string.h>
#include "config/patterns.h"
#include "tests/fuzz/fuzz.h"

struct input {
    enum pattern_kind kind;
    char *text; /* owned */
    const uint8_t *value;
    size_t size;
};

static struct input split(const uint8_t *data, size_t size)
{
    struct input input = {.kind = (enum pattern_kind)(data[0] % 4),
                          .text = fuzz_text(data + 1, size - 1)};
    size_t used = 1 + strlen(input.text) + 1;

    if (used < size) {
        input.value = data + used;
        input.size = size - used;
    }
    return input;
}

static bool begins_with(const struct input *input)
{
    size_t length = strlen(input->text);

    return input->size >= length && (length == 0 || memcmp(input->value, input->text, length) == 0);
}

/* What a match must be where that can be told in one line. */
static void check_match(const struct input *input, enum truth truth)
{
    bool odd = input->size > 0 && (memchr(input->value, '\0', input->size) != NULL ||
                                   memchr(input->value, '\n', input->size) != NULL);
    bool equal = begins_with(input) && input->size == strlen(input->text);
    bool plain = strpbrk(input->text, "\\^.[]$()|*+?{}") == NULL;

    if (input->kind == PATTERN_REGEX && input->size > PATTERN_REGEX_MOST) {
        FUZZ_REQUIRE(truth == TRUTH_UNKNOWN);
        return;
    }
    FUZZ_REQUIRE(input->kind != PATTERN_EXACT || truth == (equal ? TRUTH_TRUE : TRUTH_FALSE));
    FUZZ_REQUIRE(input->kind != PATTERN_PREFIX ||
                 truth == (begins_with(input) ? TRUTH_TRUE : TRUTH_FALSE));
    FUZZ_REQUIRE(input->kind != PATTERN_REGEX || !odd || truth == TRUTH_FALSE);
    if (plain && !odd && (input->kind == PATTERN_GLOB || input->kind == PATTERN_REGEX))
        FUZZ_REQUIRE(truth == (equal ? TRUTH_TRUE : TRUTH_FALSE));
}

/* Of addresses: what is taken has no more and no fewer than one pattern. */
static void try_address(const struct input *input, const struct node *map)
{
    struct fuzz_value value;

    fuzz_value_begin(&value, input->text);
    patterns_read_folded(&value.reader, map, FOLD_DOMAIN, &value.selector);
    if (fuzz_value_good(&value))
        FUZZ_REQUIRE(value.selector.n_patterns == 1);
    fuzz_value_end(&value);
}

/* As config/ makes patterns: repetition and sets are looked at before. */
static void try_pattern(const struct input *input)
{
    static const char *const names[] = {"", "", "glob", "re"};
    struct node items[] = {
        {.kind = NODE_SCALAR, .style = STYLE_QUOTED, .text = strdup(names[input->kind])},
        {.kind = NODE_SCALAR, .style = STYLE_QUOTED, .text = strdup(input->text)},
    };
    struct node map = {.kind = NODE_MAP, .items = items, .count = 2};
    struct fuzz_value value;

    fuzz_value_begin(&value, input->text);
    map.position = items[0].position = items[1].position = value.node.position;
    patterns_read_text(&value.reader, &map, 0, &value.selector);
    if (fuzz_value_good(&value)) {
        FUZZ_REQUIRE(value.selector.n_patterns == 1);
        if (strchr(input->text, '%') == NULL)
            check_match(input,
                        pattern_match(value.selector.patterns[0], input->value, input->size));
    }
    fuzz_value_end(&value);
    if (fuzz_is_utf8(input->text)) /* messages say what was found */
        try_address(input, &map);
    free(items[0].text);
    free(items[1].text);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    struct input input;
    struct pattern *pattern;

    if (size == 0)
        return;
    input = split(data, size);
    if (input.kind == PATTERN_GLOB || input.kind == PATTERN_REGEX) {
        try_pattern(&input);
    } else {
        pattern = pattern_create(input.kind, input.text, strlen(input.text), NULL);
        FUZZ_REQUIRE(pattern != NULL);
        check_match(&input, pattern_match(pattern, input.value, input.size));
        pattern_destroy(pattern);
    }
    free(input.text);
}
