// SPDX-License-Identifier: BSD-2-Clause
#include "tool/report.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

enum { END = 'e', END_INCOMPLETE = 'i' };

char *text_of(const char *format, ...)
{
    va_list arguments;
    char *text = NULL;

    va_start(arguments, format);
    if (vasprintf(&text, format, arguments) < 0)
        text = NULL;
    va_end(arguments);
    return text;
}

void report_add(struct report *report, enum finding_kind kind, char *text, char *advice)
{
    struct finding *grown = reallocarray(report->items, report->count + 1, sizeof(*grown));

    if (advice == NULL)
        advice = strdup("");
    if (grown != NULL)
        report->items = grown;
    if (grown == NULL || text == NULL || advice == NULL) {
        report->incomplete = true;
        free(text);
        free(advice);
        return;
    }
    grown[report->count++] = (struct finding){.kind = kind, .text = text, .advice = advice};
    if (report->told != NULL)
        report_write(&grown[report->count - 1], report->told);
}

void report_write(const struct finding *finding, FILE *out)
{
    fputc('0' + (int)finding->kind, out);
    fwrite(finding->text, 1, strlen(finding->text) + 1, out);
    fwrite(finding->advice, 1, strlen(finding->advice) + 1, out);
}

void report_write_end(const struct report *report, FILE *out)
{
    fputc(report->incomplete ? END_INCOMPLETE : END, out);
}

bool report_read(struct report *report, const char *text, size_t size)
{
    const char *end = text + size;

    while (text < end && *text >= '0' + FINDING_OK && *text <= '0' + FINDING_PROBLEM) {
        const char *first = text + 1;
        const char *advice = memchr(first, '\0', (size_t)(end - first));
        const char *last =
            advice != NULL ? memchr(advice + 1, '\0', (size_t)(end - advice - 1)) : NULL;

        if (last == NULL)
            return false;
        report_add(report, (enum finding_kind)(*text - '0'), strdup(first), strdup(advice + 1));
        text = last + 1;
    }
    if (text < end && *text == END_INCOMPLETE)
        report->incomplete = true;
    return text < end && (*text == END || *text == END_INCOMPLETE);
}

void report_finish(struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        free(report->items[i].text);
        free(report->items[i].advice);
    }
    free(report->items);
    *report = (struct report){0};
}
