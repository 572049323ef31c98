// SPDX-License-Identifier: BSD-2-Clause
// The tokens, as p11gate sees them without a PIN.
#include "tool/doctor.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "common/log.h"
#include "common/names.h"
#include "common/shell_word.h"
#include "tool/config_file.h"
#include "tool/describe.h"
#include "tool/doctor_keys.h"
#include "tool/tokens.h"

enum { MAX_AUTH_TRIES = 6 }; /* of sshd, where nothing is set */

static char *name_of_token(const struct token *token)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    describe_token(out, token);
    return fclose(out) == 0 ? text : NULL;
}

/* What a token's flags say of its PIN (PKCS#11 2.40, 3.2). The first that is set is told. */
static const struct pin_row {
    CK_FLAGS flag;
    bool set; /* it is told where the flag is set, or where it is not */
    enum finding_kind kind;
    const char *text, *before, *after; /* what to do, around the library and the slot */
} pin_rows[] = {
    {CKF_USER_PIN_LOCKED, true, FINDING_PROBLEM, "the PIN is locked",
     "unblock it with the SO PIN or the PUK: `pkcs11-tool",
     "--login --login-type so --init-pin`, or the vendor's tool"},
    {CKF_USER_PIN_FINAL_TRY, true, FINDING_PROBLEM, "one try is left for the PIN",
     "type it with care; the right one sets the counter back: `pkcs11-tool",
     "--login --list-objects`"},
    {CKF_USER_PIN_COUNT_LOW, true, FINDING_WARNING, "a wrong PIN was typed before",
     "type it with care; the right one sets the counter back: `pkcs11-tool",
     "--login --list-objects`"},
    {CKF_USER_PIN_INITIALIZED, false, FINDING_PROBLEM, "no user PIN is set",
     "set one: `pkcs11-tool", "--login --login-type so --init-pin`, or the vendor's tool"},
    {CKF_USER_PIN_TO_BE_CHANGED, true, FINDING_WARNING, "the PIN has to be changed",
     "change it: `pkcs11-tool", "--login --change-pin`"},
};

/* path: the library's; word: the same for the shell. */
static void say_pin(struct report *report, const struct token *token, const char *name,
                    const char *path, const char *word)
{
    CK_FLAGS flags = token->info.flags;
    size_t i = 0;

    if ((flags & CKF_LOGIN_REQUIRED) == 0)
        return;
    while (i < sizeof(pin_rows) / sizeof(pin_rows[0]) &&
           ((flags & pin_rows[i].flag) != 0) != pin_rows[i].set)
        i++;
    if (i < sizeof(pin_rows) / sizeof(pin_rows[0])) {
        report_add(report, pin_rows[i].kind, text_of("token %s: %s", name, pin_rows[i].text),
                   text_of("%s --module %s --slot %lu %s", pin_rows[i].before, word, token->slot,
                           pin_rows[i].after));
    } else if (doctor_is_opensc(path)) {
        report_add(report, FINDING_NOTE,
                   text_of("token %s: nothing is known of the PIN's tries: OpenSC often does not "
                           "tell",
                           name),
                   strdup("`pkcs15-tool --list-pins` prints the tries left"));
    } else {
        report_add(report, FINDING_OK, text_of("token %s: it tells of no wrong PIN", name), NULL);
    }
    if ((flags & CKF_PROTECTED_AUTHENTICATION_PATH) != 0)
        report_add(
            report, FINDING_NOTE,
            text_of("token %s: its PIN is typed on the reader's keypad, which ssh-agent cannot use",
                    name),
            strdup("let ssh load p11gate by PKCS11Provider, not the agent"));
}

static void say_not_initialised(struct report *report, const struct token *token, const char *word)
{
    report_add(report, FINDING_NOTE,
               text_of("the token in slot %lu is not initialised: it has no keys", token->slot),
               text_of("use another slot; or, which erases it: `pkcs11-tool --module %s --slot %lu "
                       "--init-token --label NAME`",
                       word, token->slot));
}

/* A part of a rule that names the token. The caller frees; NULL without memory. */
static char *rule_part(const struct token *token)
{
    int serial = describe_serial_size(token);
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    fprintf(out, "name it in the rule: `token: {%s: ", serial > 0 ? "serial" : "label");
    if (serial > 0)
        config_file_quoted(out, token->info.serialNumber, (size_t)serial);
    else
        config_file_quoted(out, token->info.label, (size_t)describe_label_size(token));
    fputs("}`", out);
    fclose(out);
    return text;
}

static void say_shown(struct report *report, struct token *token, const char *name)
{
    size_t shown = token->exposure.n_visible, all = token->exposure.n_keys;

    if (!token_is_shy(token))
        report_add(report, FINDING_OK,
                   text_of("token %s: %zu keys shown, %zu hidden", name, shown, all - shown), NULL);
    else if (token_is_visible(token))
        report_add(report, FINDING_OK,
                   text_of("token %s: its keys show only after login", name), NULL);
    else
        report_add(report, FINDING_WARNING,
                   text_of("token %s: if it has keys, they show only after login, and no allow rule "
                           "names it: it is sent no PIN, and not shown",
                           name),
                   rule_part(token));
    if (shown > MAX_AUTH_TRIES)
        report_add(report, FINDING_WARNING,
                   text_of("token %s: ssh offers %zu keys, and servers listen to %d by default "
                           "(MaxAuthTries)",
                           name, shown, MAX_AUTH_TRIES),
                   strdup("allow fewer, or put the one that is used most first: `use: {order: 1}`"));
}

/* The library's file: its name may be another. */
static const char *path_of(const struct gate *gate, const struct token *token)
{
    for (size_t i = 0; i < gate->n_vendors; i++) {
        if (gate->vendors[i] == token->vendor)
            return gate->config->settings.modules[i].path;
    }
    return vendor_name(token->vendor);
}

static void examine_token(const struct doctor *doctor, struct report *report, struct token *token)
{
    const char *path = path_of(token->gate, token);
    char *name = name_of_token(token), *word = shell_word(path);
    CK_RV rv;

    if (name == NULL || word == NULL) {
        report->incomplete = true;
    } else if (!token_is_usable(token)) {
        say_not_initialised(report, token, word);
    } else {
        say_pin(report, token, name, path, word);
        rv = token_read_whole(token);
        if (rv == CKR_OK) {
            say_shown(report, token, name);
            doctor_keys(doctor, report, token, name, word);
        } else {
            report_add(report, FINDING_PROBLEM,
                       text_of("token %s cannot be read: %s", name, name_of_rv(rv)),
                       strdup("take the card out and put it in again; end other programs that use "
                              "it; look with `pkcs11-tool --list-objects`"));
        }
    }
    free(name);
    free(word);
}

static size_t count_shown(const struct gate *gate)
{
    size_t shown = 0;

    for (size_t i = 0; i < gate->n_tokens; i++)
        shown += token_is_usable(gate->tokens[i]) && token_is_visible(gate->tokens[i]);
    return shown;
}

static bool asks_pin(struct token *token)
{
    return token_is_usable(token) && token_is_visible(token) &&
           (token->info.flags & CKF_LOGIN_REQUIRED) != 0;
}

/* The first of those before it that ssh's question for the PIN names alike. */
static const struct token *namesake_of(const struct gate *gate, size_t at)
{
    const CK_TOKEN_INFO *info = &gate->tokens[at]->info;

    for (size_t i = 0; i < at; i++) {
        if (asks_pin(gate->tokens[i]) &&
            memcmp(gate->tokens[i]->info.label, info->label, sizeof(info->label)) == 0)
            return gate->tokens[i];
    }
    return NULL;
}

/* ssh asks "Enter PIN for 'LABEL'", ssh-add for one PIN, which it sends to all. */
static void check_questions(struct report *report, const struct gate *gate)
{
    size_t asking = 0;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];
        bool alike = asks_pin(token) && namesake_of(gate, i) != NULL;
        char *name = alike ? name_of_token(token) : NULL;

        asking += asks_pin(token);
        if (alike)
            report_add(report, FINDING_WARNING,
                       text_of("token %s has the label of another one that is shown: ssh asks for "
                               "the PIN by the label, and a PIN may go to the wrong one",
                               name != NULL ? name : ""),
                       rule_part(token));
        free(name);
    }
    if (asking > 1)
        report_add(report, FINDING_NOTE,
                   text_of("%zu tokens are shown that want a PIN: `ssh-add -s` sends the one that is "
                           "typed to each of them",
                           asking),
                   strdup("where their PINs differ, name one of them in the rules, or let ssh load "
                          "p11gate by PKCS11Provider"));
}

static void examine_gate(const struct doctor *doctor, struct report *report, struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if (gate->tokens[i]->present)
            examine_token(doctor, report, gate->tokens[i]);
    }
    if (tokens_count(gate) == 0)
        report_add(report, FINDING_PROBLEM,
                   text_of("%s%sthere is no token",
                           doctor->config == NULL ? gate->config->settings.modules[0].path : "",
                           doctor->config == NULL ? ": " : ""),
                   strdup("put the card into the reader; if it is, see what is said of pcscd and "
                          "of the library"));
    else if (count_shown(gate) == 0)
        report_add(report, FINDING_PROBLEM,
                   strdup("nothing is shown: no token has a permitted key"),
                   strdup("`p11gate explain` says why; `p11gate init` chooses keys"));
    if (doctor->config != NULL)
        check_questions(report, gate);
}

/* The gate takes the configuration over; in this process nobody else does. */
static struct gate *open_gate(const struct doctor *doctor, size_t n, CK_RV *rv)
{
    struct gate *gate = NULL;

    if (doctor->config == NULL)
        return tokens_open_all(doctor->modules[n].path, true);
    log_open(&(const struct log_settings){.level = LOG_ERROR});
    *rv = gate_create_from(doctor->crypto, doctor->config, false, &gate);
    if (*rv == CKR_OK)
        *rv = gate_scan(gate);
    return *rv == CKR_OK ? gate : NULL;
}

void doctor_tokens(const struct doctor *doctor, size_t n, struct report *report)
{
    CK_RV rv = CKR_FUNCTION_FAILED;
    struct gate *gate = open_gate(doctor, n, &rv);

    if (gate != NULL)
        examine_gate(doctor, report, gate);
    else if (doctor->config != NULL) /* else it was said of the library */
        report_add(report, FINDING_PROBLEM,
                   text_of("the slots cannot be listed: %s", name_of_rv(rv)),
                   strdup("see what is said of the library"));
    gate_destroy(gate);
}
