// SPDX-License-Identifier: BSD-2-Clause
#include "module/pin_source.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/log.h"
#include "config/secure_file.h"
#include "module/askpass.h"

/* A PIN, the end of its line, and one byte more that tells that it is longer. */
enum { COMMAND_SECONDS = 10, FILE_MAX = 4096, ROOM = PIN_SIZE_MAX + 4 };

void pin_source_say(const struct login_settings *login, const char *why)
{
    static const char *const kinds[] = {
        [PIN_SOURCE_NONE] = "",
        [PIN_SOURCE_FILE] = "file:",
        [PIN_SOURCE_SYSTEMD] = "systemd:",
        [PIN_SOURCE_COMMAND] = "command:",
        [PIN_SOURCE_ASKPASS] = "askpass",
    };

    log_error("no PIN can be had from %s%s: %s", kinds[login->source],
              login->source_name != NULL ? login->source_name : "", why);
}

/* systemd.exec(5), CREDENTIALS. NULL, or too long a path, with what is wrong. */
static const char *find_credential(const struct login_settings *login, char path[PATH_MAX])
{
    const char *folder = secure_getenv("CREDENTIALS_DIRECTORY");

    if (folder == NULL || folder[0] != '/')
        return "$CREDENTIALS_DIRECTORY is not set";
    if (snprintf(path, PATH_MAX, "%s/%s", folder, login->source_name) >= PATH_MAX)
        return strerror(ENAMETOOLONG);
    return NULL;
}

static const char *obstacle_of_credential(const struct login_settings *login)
{
    char path[PATH_MAX];
    const char *wrong = find_credential(login, path);

    if (wrong == NULL && access(path, R_OK) != 0)
        wrong = strerror(errno);
    return wrong;
}

const char *pin_source_obstacle(const struct login_settings *login)
{
    const char *wrong = NULL;

    switch (login->source) {
    case PIN_SOURCE_NONE:
        return "none is named";
    case PIN_SOURCE_FILE:
        return access(login->source_name, R_OK) != 0 ? strerror(errno) : NULL;
    case PIN_SOURCE_SYSTEMD:
        return obstacle_of_credential(login);
    case PIN_SOURCE_COMMAND:
        return access(login->source_name, X_OK) != 0 ? strerror(errno) : NULL;
    case PIN_SOURCE_ASKPASS:
        askpass_find(&wrong);
    }
    return wrong;
}

/* One end of a line is none of the PIN's. NULL: it is one. */
static const char *take(const char *text, size_t size, struct pin *pin)
{
    if (size > 0 && text[size - 1] == '\n')
        size--;
    if (size > 0 && text[size - 1] == '\r')
        size--;
    if (size == 0)
        return "it is empty";
    if (size > PIN_SIZE_MAX)
        return "it is longer than 255 bytes";
    if (memchr(text, '\n', size) != NULL)
        return "it is more than one line of text"; /* to send it would cost a try */
    if (memchr(text, '\0', size) != NULL)
        return "there is a NUL in it, expected text";
    memcpy(pin->text, text, size);
    pin->size = size;
    return NULL;
}

/* True when nothing is wrong. */
static bool told(const struct login_settings *login, const char *wrong)
{
    if (wrong != NULL)
        pin_source_say(login, wrong);
    return wrong == NULL;
}

static bool take_file(const struct login_settings *login, bool read, struct secure_file *file,
                      struct message_list *messages, struct pin *pin)
{
    bool good = read ? told(login, take(file->text, file->size, pin))
                     : told(login, messages->count > 0 ? messages->items[0].text : "no memory");

    secure_file_wipe(file);
    message_list_finish(messages);
    return good;
}

static bool read_file(const struct login_settings *login, struct pin *pin)
{
    struct message_list messages = {0};
    struct secure_file file = {0};
    bool read =
        secure_file_read_secret(login->source_name, FILE_MAX, login->of_system, &messages, &file);

    return take_file(login, read, &file, &messages, pin);
}

/* Who may read it is systemd's to say, by an access control list on some systems, which looks as if
 * the group could. */
static bool read_credential(const struct login_settings *login, struct pin *pin)
{
    struct message_list messages = {0};
    struct secure_file file = {0};
    char path[PATH_MAX];
    const char *wrong = find_credential(login, path);

    if (wrong != NULL)
        return told(login, wrong);
    return take_file(
        login,
        secure_file_read_up_to(path, FILE_MAX, false, (struct position){0}, &messages, &file),
        &file, &messages, pin);
}

static const char *why_ended(enum program_end end)
{
    return end == PROGRAM_TIMED_OUT ? "it took too long" : "the program failed";
}

static bool run_command(const struct login_settings *login, struct pin *pin)
{
    const char *const arguments[] = {login->source_name, NULL};
    char **environment = program_environment(NULL, NULL);
    struct program program = {arguments, (const char *const *)environment, COMMAND_SECONDS};
    char output[ROOM];
    enum program_end end = PROGRAM_FAILED;
    size_t size = 0;
    bool good;

    if (environment != NULL)
        end = program_run(&program, output, sizeof(output), &size);
    good = told(login, end != PROGRAM_SUCCEEDED ? why_ended(end) : take(output, size, pin));
    program_environment_free(environment);
    explicit_bzero(output, sizeof(output));
    return good;
}

/* The question is ssh's own. */
static bool ask(const struct login_settings *login, const char *token, struct pin *pin)
{
    char question[128], answer[ROOM];
    const char *wrong;
    const char *askpass = askpass_find(&wrong);
    size_t size;
    bool good;

    if (askpass == NULL)
        return told(login, wrong);
    snprintf(question, sizeof(question), "Enter PIN for '%s': ", token);
    good = askpass_run(askpass, question, NULL, answer, sizeof(answer), &size) == PROGRAM_SUCCEEDED;
    good = told(login, good ? take(answer, size, pin) : "nobody gave one");
    explicit_bzero(answer, sizeof(answer));
    return good;
}

bool pin_source_get(const struct login_settings *login, const char *token, struct pin *pin)
{
    *pin = (struct pin){.size = 0};
    switch (login->source) {
    case PIN_SOURCE_NONE:
        return false;
    case PIN_SOURCE_FILE:
        return read_file(login, pin);
    case PIN_SOURCE_SYSTEMD:
        return read_credential(login, pin);
    case PIN_SOURCE_COMMAND:
        return run_command(login, pin);
    case PIN_SOURCE_ASKPASS:
        return ask(login, token, pin);
    }
    return false;
}
