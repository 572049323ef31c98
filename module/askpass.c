// SPDX-License-Identifier: BSD-2-Clause
#include "module/askpass.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

static bool is_set(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0';
}

/* As OpenSSH has it (readpass.c): SSH_ASKPASS_REQUIRE goes before the question whether there is a
 * display. */
static bool has_display(void)
{
    const char *required = secure_getenv("SSH_ASKPASS_REQUIRE");

    if (required != NULL && strcasecmp(required, "never") == 0)
        return false;
    return (required != NULL &&
            (strcasecmp(required, "force") == 0 || strcasecmp(required, "prefer") == 0)) ||
           is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

const char *askpass_find(const char **wrong)
{
    const char *path = is_set("SSH_ASKPASS") ? secure_getenv("SSH_ASKPASS") : DEFAULT_ASKPASS;

    *wrong = NULL;
    if (!has_display())
        *wrong = "there is no display to ask on ($DISPLAY, $WAYLAND_DISPLAY)";
    else if (path[0] != '/')
        *wrong = "$SSH_ASKPASS is no absolute path";
    else if (access(path, X_OK) != 0)
        *wrong = "there is no program that asks: install ssh-askpass, or set $SSH_ASKPASS";
    return *wrong == NULL ? path : NULL;
}

/* Where the first line ends. A NUL does not end it. */
static size_t line_size(const char *text, size_t size)
{
    size_t end = 0;

    while (end < size && text[end] != '\r' && text[end] != '\n')
        end++;
    return end;
}

enum program_end askpass_run(const char *askpass, const char *question, const char *prompt,
                             char *answer, size_t room, size_t *size)
{
    const char *const arguments[] = {askpass, question, NULL};
    char **environment = program_environment(prompt != NULL ? "SSH_ASKPASS_PROMPT" : NULL, prompt);
    enum program_end end = PROGRAM_FAILED;

    *size = 0;
    if (environment != NULL) {
        const struct program program = {arguments, (const char *const *)environment,
                                        CONFIRM_SECONDS};

        end = program_run(&program, answer, room, size);
    }
    program_environment_free(environment);
    *size = line_size(answer, *size);
    answer[*size] = '\0';
    return end;
}
