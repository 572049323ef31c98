// SPDX-License-Identifier: BSD-2-Clause
#include "tests/module/audit_file.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>
#include "tests/module/host.h"

enum { LONGEST = 8192 };

static FILE *open_file(const char *name)
{
    char path[128];

    snprintf(path, sizeof(path), "%s/%s", host.folder, name);
    return fopen(path, "re");
}

static void expect_form(const char *line)
{
    static const char form[] = "^[0-9-]+T[0-9:]+Z p11gate\\[[0-9]+\\]: event=\"[a-z-]+\""
                               "( [a-z_]+=\"([^\"\\]|\\\\[\"\\x])*\")*\n$";
    regex_t compiled;

    assert_int_equal(regcomp(&compiled, form, REG_EXTENDED | REG_NOSUB), 0);
    if (regexec(&compiled, line, 0, NULL, 0) != 0)
        fail_msg("no line of the audit: %s", line);
    regfree(&compiled);
}

/* Without the quotes; false: there is no such field. */
static bool find_field(const char *line, const char *field, char *value, size_t size)
{
    char start[64];
    const char *at, *end;

    snprintf(start, sizeof(start), " %s=\"", field);
    at = strstr(line, start);
    if (at == NULL)
        return false;
    at += strlen(start);
    for (end = at; *end != '"'; end++)
        end += *end == '\\';
    snprintf(value, size, "%.*s", (int)(end - at), at);
    return true;
}

const char *audit_events(const char *name)
{
    static char events[4 * LONGEST];
    char line[LONGEST], event[64];
    FILE *stream = open_file(name);

    events[0] = '\0';
    while (stream != NULL && fgets(line, sizeof(line), stream) != NULL) {
        expect_form(line);
        assert_true(find_field(line, "event", event, sizeof(event)));
        assert_true(strlen(events) + strlen(event) + 2 < sizeof(events));
        strcat(strcat(events, events[0] != '\0' ? " " : ""), event);
    }
    if (stream != NULL)
        fclose(stream);
    return events;
}

const char *audit_value(const char *name, const char *event, const char *field)
{
    static char values[8][LONGEST];
    static unsigned next;
    char line[LONGEST], found[64];
    char *value = values[next++ % 8];
    FILE *stream = open_file(name);
    bool has = false;

    while (stream != NULL && fgets(line, sizeof(line), stream) != NULL) {
        if (find_field(line, "event", found, sizeof(found)) && strcmp(found, event) == 0)
            has = find_field(line, field, value, LONGEST);
    }
    if (stream != NULL)
        fclose(stream);
    return has ? value : NULL;
}

unsigned audit_count(const char *name, const char *text)
{
    char line[LONGEST];
    unsigned count = 0;
    FILE *stream = open_file(name);

    while (stream != NULL && fgets(line, sizeof(line), stream) != NULL) {
        for (const char *at = strstr(line, text); at != NULL; at = strstr(at + 1, text))
            count++;
    }
    if (stream != NULL)
        fclose(stream);
    return count;
}
