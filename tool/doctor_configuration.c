// SPDX-License-Identifier: BSD-2-Clause
// The configuration, and p11gate's own files.
#include "tool/doctor.h"

#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include "common/shell_word.h"
#include "config/choice.h"
#include "module/pin_source.h"

static void add_messages(const struct message_list *messages, struct report *report)
{
    for (size_t i = 0; i < messages->count; i++) {
        const struct message *message = &messages->items[i];
        bool error = message->severity == SEVERITY_ERROR;
        bool none = strstr(message->text, "no configuration") != NULL;

        report_add(report, error ? FINDING_PROBLEM : FINDING_WARNING, strdup(message->text),
                   none    ? strdup("run `p11gate init`, as the user that runs ssh")
                   : error ? strdup("correct this place and run `p11gate check`; until then "
                                    "nothing is shown")
                           : strdup("p11gate-config(5) explains each message"));
    }
}

static char *describe_rules(const struct policy *policy)
{
    if (policy->allow_all)
        return text_of("allow: all, %zu require, %zu deny", policy->require.count,
                       policy->deny.count);
    return text_of("%zu allow, %zu require, %zu deny", policy->allow.count, policy->require.count,
                   policy->deny.count);
}

static void add_file(struct report *report, const char *path, const char *what,
                     const struct policy *policy)
{
    char *rules = describe_rules(policy);
    bool no_memory;
    char *profile = choice_profile(NULL, &no_memory);

    report_add(report, FINDING_OK,
               text_of("%s, %s: %s%s%s", path, what, rules != NULL ? rules : "",
                       profile != NULL ? ", profile " : "", profile != NULL ? profile : ""),
               NULL);
    free(profile);
    free(rules);
}

/* user_config: none */
static void note_ignored(struct report *report, const struct config *config)
{
    struct message_list messages = {0};
    char *path = NULL;

    if (config->settings.ignore_user && choice_user_path(&path, &messages) && path != NULL &&
        access(path, F_OK) == 0)
        report_add(report, FINDING_NOTE,
                   text_of("%s is not read: %s says `user_config: none`", path, config->path),
                   text_of("nothing, or ask for `user_config: narrow` in %s", config->path));
    free(path);
    message_list_finish(&messages);
}

void doctor_configuration(const struct doctor *doctor, size_t n, struct report *report)
{
    const struct config *config = doctor->config;
    struct message_list lint = {0};

    (void)n;
    add_messages(&doctor->messages, report);
    if (config == NULL)
        return;
    add_file(report, config->path, config->system ? "the system's" : "the user's", &config->policy);
    if (config->policy.narrowed_by != NULL)
        add_file(report, config->user_path, "the user's, which narrows it",
                 config->policy.narrowed_by);
    note_ignored(report, config);
    if (config->settings.audit_only)
        report_add(
            report, FINDING_WARNING, strdup("`audit_only` is on: nothing is hidden"),
            text_of("take it out of %s when `p11gate list` shows what you want", config->path));
    config_lint(config, &lint);
    add_messages(&lint, report);
    message_list_finish(&lint);
}

/* The nearest folder on the way to a file that is there. In place. */
static void cut_to_existing(char *path)
{
    char *slash;

    do {
        slash = strrchr(path, '/');
        if (slash == NULL || slash == path)
            return;
        *slash = '\0';
    } while (access(path, F_OK) != 0);
}

/* Why no line can be added to it (common/own_file.h); NULL: it can. Nothing is made. */
static const char *not_writable(const char *path)
{
    char *folder = strdup(path);
    struct stat status;
    const char *why = NULL;

    if (folder != NULL)
        cut_to_existing(folder);
    if (lstat(path, &status) != 0) {
        if (errno != ENOENT || folder == NULL || access(folder, W_OK | X_OK) != 0)
            why = "its folder cannot be written to";
    } else if (!S_ISREG(status.st_mode) || status.st_nlink != 1) {
        why = "it is a link, or no file";
    } else if (status.st_uid != geteuid()) {
        why = "it belongs to another user";
    } else if (access(path, W_OK) != 0) {
        why = "it cannot be written to";
    }
    free(folder);
    return why;
}

static void check_written(struct report *report, const char *what, const char *path, bool required)
{
    const char *why = path != NULL ? not_writable(path) : NULL;

    if (path == NULL)
        return;
    if (why == NULL)
        report_add(report, FINDING_OK, text_of("the %s goes to %s", what, path), NULL);
    else
        report_add(report, required ? FINDING_PROBLEM : FINDING_WARNING,
                   text_of("the %s cannot go to %s: %s%s", what, path, why,
                           required ? "; nothing is signed without it (audit_required)" : ""),
                   text_of("give its folder to the user that runs ssh, remove what is in the place "
                           "of the file, or name another file in `log`"));
}

static void check_audit(struct report *report, const struct audit_settings *audit)
{
    const struct audit_sink sink = {.kind = audit->kind, .path = audit->path};

    if (audit->kind == AUDIT_FILE)
        check_written(report, "audit", audit->path, audit->required);
    else if (audit->kind != AUDIT_NONE && access(audit_sink_name(&sink), W_OK) != 0)
        report_add(
            report, audit->required ? FINDING_PROBLEM : FINDING_WARNING,
            text_of("the audit goes to %s, which cannot be written to: %s", audit_sink_name(&sink),
                    strerror(errno)),
            strdup("start the system's log service, or let `log: {audit: PATH}` name a file"));
}

/* It is not asked for the PIN. */
static void check_pin_source(struct report *report, const struct login_settings *login)
{
    const char *obstacle;

    if (login->source == PIN_SOURCE_NONE)
        return;
    obstacle = pin_source_obstacle(login);
    if (obstacle == NULL)
        report_add(report, FINDING_OK, strdup("nothing is in the way of `login: {pin_source}`"),
                   NULL);
    else
        report_add(report, FINDING_PROBLEM,
                   text_of("`login: {pin_source}` gives no PIN: %s", obstacle),
                   strdup("see p11gate-config(5) for what each source wants, and look at the file, "
                          "the credential or the program that it names"));
}

static void check_module(const struct doctor *doctor, struct report *report)
{
    void *handle;
    char *word;

    if (access(doctor->gate, R_OK) != 0) {
        report_add(report, FINDING_PROBLEM,
                   text_of("%s%s: %s", doctor->gate,
                           doctor->ssh_loads_gate ? ", which ssh is to load" : "", strerror(errno)),
                   doctor->ssh_loads_gate
                       ? text_of("put the right path behind PKCS11Provider in ~/.ssh/config; an "
                                 "installation has %s",
                                 MODULE_INSTALL_PATH)
                       : strdup("install p11gate: `sudo meson install -C build`, in its sources"));
        return;
    }
    word = shell_word(doctor->gate);
    handle = dlopen(doctor->gate, RTLD_NOW | RTLD_LOCAL);
    if (handle != NULL && dlsym(handle, "C_GetFunctionList") != NULL)
        report_add(report, FINDING_OK, text_of("%s can be loaded", doctor->gate), NULL);
    else
        report_add(report, FINDING_PROBLEM,
                   text_of("%s cannot be loaded: %s", doctor->gate, dlerror()),
                   text_of("install p11gate anew for this machine; `ldd %s` shows what it lacks",
                           word != NULL ? word : "FILE"));
    free(word);
}

void doctor_installation(const struct doctor *doctor, size_t n, struct report *report)
{
    const struct config *config = doctor->config;
    struct log_settings log = {0};

    (void)n;
    check_module(doctor, report);
    if (config == NULL) {
        config_default_log(&log);
        check_written(report, "log", log.file, false);
        free(log.file);
        return;
    }
    check_written(report, "log", config->settings.log.file, false);
    check_audit(report, &config->settings.audit);
    check_audit(report, &config->settings.user_audit);
    check_pin_source(report, &config->settings.login);
}
