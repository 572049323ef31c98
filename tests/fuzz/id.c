// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes ids in hexadecimal digits: what is accepted is its own bytes, digit by digit.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "config/patterns.h"
#include "tests/fuzz/fuzz.h"

/* The digits without colons, in lower case, in place. */
static void normalize(char *text)
{
    char *to = text;

    for (const char *at = text; *at != '\0'; at++) {
        if (*at >= 'A' && *at <= 'F')
            *to++ = (char)(*at - 'A' + 'a');
        else if (*at != ':')
            *to++ = *at;
    }
    *to = '\0';
}

static void check_bytes(const struct selector *selector, char *text)
{
    const uint8_t *bytes;
    size_t size = 0;

    FUZZ_REQUIRE(selector->n_patterns == 1);
    bytes = pattern_exact(selector->patterns[0], &size);
    normalize(text);
    FUZZ_REQUIRE(bytes != NULL && size > 0 && strlen(text) == 2 * size);
    for (size_t i = 0; i < size; i++) {
        char digits[3];

        snprintf(digits, sizeof(digits), "%02x", bytes[i]);
        FUZZ_REQUIRE(memcmp(text + 2 * i, digits, 2) == 0);
    }
}

void fuzz_one(const uint8_t *data, size_t size)
{
    char *text = fuzz_text(data, size);
    char *copy = strdup(text);
    struct fuzz_value value;

    FUZZ_REQUIRE(copy != NULL);
    if (!fuzz_is_utf8(text))
        goto out;
    fuzz_value_begin(&value, text);
    patterns_read_bytes(&value.reader, &value.node, &value.selector);
    if (fuzz_value_good(&value))
        check_bytes(&value.selector, copy);
    fuzz_value_end(&value);
out:
    free(copy);
    free(text);
}
