// SPDX-License-Identifier: BSD-2-Clause
#include "module/confirm.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "common/log.h"
#include "common/printable.h"
#include "module/program.h"

enum { LABEL_MAX = 255 };

/* What a program with a window needs, and nothing else of the host's. */
static const char *const passed_on[] = {
    "DISPLAY", "WAYLAND_DISPLAY", "XAUTHORITY", "XDG_RUNTIME_DIR", "XDG_SESSION_TYPE",
    "XDG_CURRENT_DESKTOP", "DBUS_SESSION_BUS_ADDRESS", "HOME", "USER", "LOGNAME", "LANG",
    "LC_ALL", "LC_CTYPE", "LC_MESSAGES",
};

enum { PASSED_ON = sizeof(passed_on) / sizeof(passed_on[0]) };

static bool is_set(const char *name)
{
    const char *value = secure_getenv(name);

    return value != NULL && value[0] != '\0';
}

/* As OpenSSH has it (readpass.c): SSH_ASKPASS_REQUIRE goes before the question whether there is a display. */
static bool has_display(void)
{
    const char *required = secure_getenv("SSH_ASKPASS_REQUIRE");

    if (required != NULL && strcasecmp(required, "never") == 0)
        return false;
    return (required != NULL &&
            (strcasecmp(required, "force") == 0 || strcasecmp(required, "prefer") == 0)) ||
           is_set("DISPLAY") || is_set("WAYLAND_DISPLAY");
}

/* The program; NULL with what is wrong. */
static const char *find_askpass(const char **wrong)
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

/* The label as applications see it, or as the token has it. */
static void label_of(const struct exposed_key *key, char out[LABEL_MAX + 1])
{
    const char *shown = verdict_label(&key->verdict);
    const struct object *object = key->group->private_key;
    const CK_ATTRIBUTE *label = object != NULL ? object_label(object) : NULL;

    out[0] = '\0';
    if (shown != NULL)
        snprintf(out, LABEL_MAX + 1, "%s", shown);
    else if (label != NULL)
        snprintf(out, LABEL_MAX + 1, "%.*s",
                 (int)(label->ulValueLen < LABEL_MAX ? label->ulValueLen : LABEL_MAX),
                 (const char *)label->pValue);
    printable_make(out);
}

static void program_of(char out[PATH_MAX])
{
    ssize_t size = readlink("/proc/self/exe", out, PATH_MAX - 1);

    out[size > 0 ? size : 0] = '\0';
    printable_make(out);
}

/* The caller frees; NULL without memory. */
static char *make_question(const struct token *token, const struct exposed_key *key,
                           const char *noun)
{
    char label[LABEL_MAX + 1], fingerprint[51] = "unknown", name[33], program[PATH_MAX];
    char *question = NULL;

    label_of(key, label);
    program_of(program);
    snprintf(name, sizeof(name), "%.32s", (const char *)token->info.label);
    for (size_t end = strlen(name); end > 0 && name[end - 1] == ' '; end--)
        name[end - 1] = '\0';
    printable_make(name);
    if (key->group->key != NULL)
        public_key_fingerprint_text(key->group->key, fingerprint);
    if (asprintf(&question,
                 "Allow a %s with the key \"%s\"?\nKey fingerprint %s\nToken %s\nProgram %s, "
                 "process %ld",
                 noun, label, fingerprint, name, program, (long)getpid()) < 0)
        return NULL;
    return question;
}

/* Those that are set, with what the program itself is told. Each is to be freed; false without memory. */
static bool make_environment(char *environment[PASSED_ON + 3])
{
    size_t count = 0;

    for (size_t i = 0; i < PASSED_ON; i++) {
        const char *value = secure_getenv(passed_on[i]);

        if (value != NULL && asprintf(&environment[count++], "%s=%s", passed_on[i], value) < 0)
            return false;
    }
    environment[count] = strdup("PATH=/usr/local/bin:/usr/bin:/bin");
    environment[count + 1] = strdup("SSH_ASKPASS_PROMPT=confirm");
    return environment[count] != NULL && environment[count + 1] != NULL;
}

/* Programs without a window for it print an answer; an empty one is a yes, as ssh-agent has it. */
static bool is_yes(enum program_end end, char *answer)
{
    answer[strcspn(answer, "\r\n")] = '\0';
    return end == PROGRAM_SUCCEEDED && (answer[0] == '\0' || strcasecmp(answer, "yes") == 0);
}

static bool ask(const char *askpass, const char *question, const char *noun)
{
    const char *const arguments[] = {askpass, question, NULL};
    char *environment[PASSED_ON + 3] = {NULL};
    struct program program = {arguments, (const char *const *)environment, CONFIRM_SECONDS};
    enum program_end end = PROGRAM_FAILED;
    char answer[64] = "";
    bool yes;

    if (make_environment(environment))
        end = program_run(&program, answer, sizeof(answer));
    for (size_t i = 0; i < PASSED_ON + 3; i++)
        free(environment[i]);
    yes = is_yes(end, answer);
    if (end == PROGRAM_TIMED_OUT)
        log_error("a %s is refused: nobody confirmed it within %d seconds", noun,
                  CONFIRM_SECONDS);
    else if (!yes)
        log_error("a %s is refused: it was not confirmed (asked by %s)", noun, askpass);
    return yes;
}

bool confirm_use(const struct token *token, const struct exposed_key *key, const char *noun)
{
    const char *wrong;
    const char *askpass = find_askpass(&wrong);
    char *question;
    bool yes;

    if (askpass == NULL) {
        log_error("a %s is refused: it must be confirmed, and %s", noun, wrong);
        return false;
    }
    question = make_question(token, key, noun);
    yes = question != NULL && ask(askpass, question, noun);
    free(question);
    return yes;
}
