// SPDX-License-Identifier: BSD-2-Clause
#include "tool/ssh_facts.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool/bounded.h"
#include "tool/report.h"

enum { SSH_SECONDS = 5 };

static enum ssh_answer ask(const char *const *words, char **text)
{
    struct bounded asked = bounded_program(words, SSH_SECONDS);
    enum ssh_answer answer = SSH_REFUSED;

    if (asked.end == BOUNDED_TIMED_OUT)
        answer = SSH_SILENT;
    else if (asked.end == BOUNDED_ENDED && asked.status == BOUNDED_NO_PROGRAM)
        answer = SSH_NOT_THERE;
    else if (asked.end == BOUNDED_ENDED && asked.status == 0)
        answer = SSH_ANSWERED;
    *text = asked.text;
    return answer;
}

static void cut_at_line_end(char *text)
{
    text[strcspn(text, "\r\n")] = '\0';
}

/* ssh ends its lines with both characters. */
static void join_lines(char *text)
{
    size_t size = strlen(text);

    while (size > 0 && strchr("\r\n", text[size - 1]) != NULL)
        text[--size] = '\0';
    for (; *text != '\0'; text++) {
        if (*text == '\r')
            *text = ';';
        else if (*text == '\n')
            *text = ' ';
    }
}

void ssh_facts_read(struct ssh_facts *facts, const char *host)
{
    const char *const version[] = {"ssh", "-V", NULL};
    const char *const settings[] = {"ssh", "-T", "-G", "--", host, NULL};

    facts->version_answer = ask(version, &facts->version);
    facts->settings_answer = ask(settings, &facts->settings);
    if (facts->settings_answer != SSH_ANSWERED && facts->settings != NULL)
        join_lines(facts->settings);
    if (facts->version == NULL)
        return;
    cut_at_line_end(facts->version);
    facts->is_openssh = sscanf(facts->version, "OpenSSH_%u.%u", &facts->major, &facts->minor) == 2;
}

bool ssh_facts_reach(const struct ssh_facts *facts, unsigned major, unsigned minor)
{
    return facts->is_openssh &&
           (facts->major > major || (facts->major == major && facts->minor >= minor));
}

char *ssh_facts_setting(const struct ssh_facts *facts, const char *keyword, size_t n)
{
    const char *line = facts->settings_answer == SSH_ANSWERED ? facts->settings : NULL;
    size_t size = strlen(keyword);

    for (; line != NULL && *line != '\0'; line += strcspn(line, "\n"), line += *line == '\n') {
        if (strncmp(line, keyword, size) == 0 && line[size] == ' ' && n-- == 0)
            return strndup(line + size + 1, strcspn(line + size + 1, "\r\n"));
    }
    return NULL;
}

bool ssh_facts_is(const struct ssh_facts *facts, const char *keyword, const char *value)
{
    char *found = ssh_facts_setting(facts, keyword, 0);
    bool is = found != NULL && strcmp(found, value) == 0;

    free(found);
    return is;
}

char *ssh_facts_path(const char *path)
{
    const struct passwd *user = getpwuid(getuid());

    if (user != NULL && (strncmp(path, "~/", 2) == 0 || strncmp(path, "%d/", 3) == 0))
        return text_of("%s%s", user->pw_dir, strchr(path, '/'));
    return strdup(path);
}

void ssh_facts_finish(struct ssh_facts *facts)
{
    free(facts->version);
    free(facts->settings);
    *facts = (struct ssh_facts){0};
}
