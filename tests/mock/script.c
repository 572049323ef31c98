// SPDX-License-Identifier: BSD-2-Clause
// The script in the environment, for programs that load the mock vendor by themselves:
//   MOCK_TOKENS  a file; a line is "TOKEN PIN TYPE ID LABEL OBJECTS", "-" for what is empty. TYPE
//   as in mock.h; OBJECTS is a list such as
//                private,public,no-point. The first line of a token makes it. A line "TOKEN PIN"
//                makes one without keys.
//   MOCK_FAIL    FUNCTION:NTH:CODE,...
//   MOCK_PRINT   the function that writes a line to stdout, or *
//   MOCK_LOG     a file; gets a line for each call: its name and what it answered
#include "tests/mock/internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { FIELDS = 6 };

static const struct {
    const char *word;
    unsigned flag;
} object_words[] = {
    {"private", MOCK_PRIVATE_KEY},     {"public", MOCK_PUBLIC_KEY},
    {"certificate", MOCK_CERTIFICATE}, {"no-point", MOCK_NO_POINT},
    {"all-private", MOCK_ALL_PRIVATE}, {"always-authenticate", MOCK_ALWAYS_AUTHENTICATE},
    {"no-sign", MOCK_NO_SIGN},
};

static unsigned read_objects(char *text)
{
    unsigned flags = 0;
    char *rest = NULL;

    for (char *word = strtok_r(text, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        size_t i = 0;
        while (i < sizeof(object_words) / sizeof(object_words[0]) &&
               strcmp(object_words[i].word, word) != 0)
            i++;
        if (i == sizeof(object_words) / sizeof(object_words[0]))
            record_wrong("no such object", word);
        flags |= object_words[i].flag;
    }
    return flags;
}

static CK_SLOT_ID token_named(const char *label, const char *pin)
{
    for (CK_SLOT_ID i = 0; i < TOKENS_MAX && tokens[i] != NULL; i++) {
        if (strcmp(tokens[i]->described.label, label) == 0)
            return FIRST_SLOT + i;
    }
    return token_add(&(struct mock_token){
        .label = label,
        .pin = strcmp(pin, "-") == 0 ? NULL : pin,
    });
}

static void read_line(char *line)
{
    char *fields[FIELDS] = {NULL}, *rest = NULL;
    size_t count = 0;
    CK_SLOT_ID slot;

    for (char *word = strtok_r(line, " \t\n", &rest); word; word = strtok_r(NULL, " \t\n", &rest)) {
        if (count == FIELDS)
            record_wrong("too many words", word);
        fields[count++] = word;
    }
    if (count == 0 || fields[0][0] == '#')
        return;
    if (count != 2 && count != FIELDS)
        record_wrong("too few words", fields[0]);
    slot = token_named(fields[0], fields[1]);
    if (count == FIELDS) {
        object_add_key(slot, &(struct mock_key){
                                 .type = fields[2],
                                 .name = fields[3],
                                 .id = strcmp(fields[3], "-") == 0 ? "" : fields[3],
                                 .label = strcmp(fields[4], "-") == 0 ? "" : fields[4],
                                 .objects = read_objects(fields[5]),
                             });
    }
}

static void read_tokens(const char *path)
{
    FILE *stream = fopen(path, "re");
    char line[4096];

    if (stream == NULL)
        record_wrong("cannot read", path);
    while (fgets(line, sizeof(line), stream) != NULL)
        read_line(line);
    fclose(stream);
}

static void read_failures(const char *text)
{
    char copy[4096], *rest = NULL;

    snprintf(copy, sizeof(copy), "%s", text);
    for (char *word = strtok_r(copy, ",", &rest); word; word = strtok_r(NULL, ",", &rest)) {
        char function[64];
        unsigned nth;
        CK_RV rv;
        if (sscanf(word, "%63[^:]:%u:%li", function, &nth, (long *)&rv) != 3)
            record_wrong("not FUNCTION:NTH:CODE", word);
        record_fail(function, nth, rv);
    }
}

__attribute__((constructor)) static void read_environment(void)
{
    settings.prints = getenv("MOCK_PRINT");
    if (getenv("MOCK_TOKENS") != NULL)
        read_tokens(getenv("MOCK_TOKENS"));
    if (getenv("MOCK_FAIL") != NULL)
        read_failures(getenv("MOCK_FAIL"));
}
