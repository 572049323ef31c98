// SPDX-License-Identifier: BSD-2-Clause
// ssh: its version, and what its settings for a host make of p11gate.
#include "tool/doctor.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/shell_word.h"

static bool is_off(const struct ssh_facts *ssh, const char *keyword)
{
    return ssh_facts_is(ssh, keyword, "no") || ssh_facts_is(ssh, keyword, "false");
}

static bool is_on(const struct ssh_facts *ssh, const char *keyword)
{
    return ssh_facts_is(ssh, keyword, "yes") || ssh_facts_is(ssh, keyword, "true");
}

/* 10.1 and 10.2 load the module into a helper that has nobody to ask. */
static bool cannot_ask(const struct ssh_facts *ssh)
{
    return ssh_facts_reach(ssh, 10, 1) && !ssh_facts_reach(ssh, 10, 3);
}

static void check_version(const struct ssh_facts *ssh, struct report *report)
{
    if (ssh->version_answer == SSH_NOT_THERE)
        report_add(report, FINDING_WARNING, strdup("there is no ssh in $PATH"),
                   strdup("install OpenSSH's client, or set $PATH"));
    else if (ssh->version_answer == SSH_SILENT)
        report_add(report, FINDING_PROBLEM, strdup("`ssh -V` does not end"),
                   strdup("`command -v ssh` shows which program that is"));
    else if (!ssh->is_openssh)
        report_add(report, FINDING_WARNING,
                   text_of("%s: not OpenSSH, which p11gate is made for",
                           ssh->version != NULL ? ssh->version : "no version"),
                   strdup("`command -v ssh` shows which program that is"));
    else if (cannot_ask(ssh))
        report_add(report, FINDING_PROBLEM,
                   text_of("%s: this version asks for no PIN (`pin required`)", ssh->version),
                   text_of("install OpenSSH 10.3 or newer, or use an agent: `ssh-add -s` with the "
                           "path of p11gate.so asks for the PIN"));
    else
        report_add(report, FINDING_OK, strdup(ssh->version), NULL);
}

static void check_provider(const struct doctor *doctor, struct report *report)
{
    char *provider = ssh_facts_setting(&doctor->ssh, "pkcs11provider", 0);
    char *gate = shell_word(doctor->gate); /* ssh_config is quoted as the shell is */
    const char *word = gate != NULL ? gate : "PATH";

    if (provider == NULL || strcmp(provider, "none") == 0)
        report_add(report, FINDING_NOTE,
                   text_of("%s: no PKCS11Provider: ssh gets p11gate's keys from an agent only",
                           doctor->host),
                   text_of("`PKCS11Provider %s` in ~/.ssh/config, or `ssh-add -s %s`", word, word));
    else if (doctor->ssh_loads_gate)
        report_add(report, FINDING_OK, text_of("%s: ssh loads %s", doctor->host, provider), NULL);
    else
        report_add(report, FINDING_PROBLEM,
                   text_of("%s: ssh loads %s, which is not p11gate: all of its keys are offered",
                           doctor->host, provider),
                   text_of("put `PKCS11Provider %s` into ~/.ssh/config in its place", word));
    free(gate);
    free(provider);
}

/* Files of keys that IdentityFile names, or that ssh looks for by itself. */
struct key_files {
    char *private_keys; /* their paths, each with ", " before it */
    size_t n_private;
    size_t n_named; /* public keys without a private one: they name keys of tokens */
};

static bool is_private_key(const char *path)
{
    static const char begin[] = "-----BEGIN ";
    char line[sizeof(begin)] = "";
    FILE *file = fopen(path, "re");
    bool is = file != NULL && fgets(line, sizeof(line), file) != NULL && strcmp(line, begin) == 0;

    if (file != NULL)
        fclose(file);
    return is;
}

/* ssh takes FILE.pub for FILE that is not there. */
static bool names_public_key(const char *path)
{
    char *public_file = text_of("%s.pub", path);
    size_t size = strlen(path);
    bool names = public_file != NULL && access(public_file, R_OK) == 0;

    free(public_file);
    return names || (size > 4 && strcmp(path + size - 4, ".pub") == 0 && access(path, R_OK) == 0);
}

static void take_key_file(struct key_files *files, const char *value, FILE *list)
{
    char *path = ssh_facts_path(value);

    if (path != NULL && strcmp(path, "none") != 0) {
        if (is_private_key(path))
            fprintf(list, "%s%s", files->n_private++ > 0 ? ", " : "", path);
        else if (names_public_key(path))
            files->n_named++;
    }
    free(path);
}

static void find_key_files(const struct ssh_facts *ssh, struct key_files *files)
{
    size_t size;
    FILE *list = open_memstream(&files->private_keys, &size);
    char *value;

    if (list == NULL)
        return;
    for (size_t n = 0; (value = ssh_facts_setting(ssh, "identityfile", n)) != NULL; n++) {
        take_key_file(files, value, list);
        free(value);
    }
    fclose(list);
}

static void check_key_files(const struct doctor *doctor, struct report *report)
{
    struct key_files files = {0};

    find_key_files(&doctor->ssh, &files);
    if (files.private_keys == NULL)
        report->incomplete = true;
    else if (files.n_private > 0)
        report_add(
            report, FINDING_WARNING,
            text_of("%s: key files are offered beside p11gate's keys: %s", doctor->host,
                    files.private_keys),
            strdup("`IdentityFile none` in ~/.ssh/config keeps the usual ones away; take out "
                   "lines that name others"));
    if (is_on(&doctor->ssh, "identitiesonly") && files.n_named == 0)
        report_add(
            report, FINDING_PROBLEM,
            text_of("%s: `IdentitiesOnly yes`, and no IdentityFile names a key of the token: "
                    "ssh offers none of them",
                    doctor->host),
            strdup("take IdentitiesOnly out: p11gate chooses the keys; or write the key down, "
                   "`p11gate keys | head -n 1 > ~/.ssh/token.pub`, and name it: `IdentityFile "
                   "~/.ssh/token.pub`"));
    free(files.private_keys);
}

static void check_certificates(const struct doctor *doctor, struct report *report)
{
    char *value = ssh_facts_setting(&doctor->ssh, "certificatefile", 0);
    char *path = value != NULL ? ssh_facts_path(value) : NULL;

    if (path != NULL && access(path, R_OK) == 0)
        report_add(
            report, FINDING_NOTE,
            text_of("%s: the certificate %s is offered beside p11gate's keys", doctor->host, path),
            strdup("take CertificateFile out of ~/.ssh/config if that host does not need it"));
    free(path);
    free(value);
}

/* Settings that are wrong whatever their other values are. */
static const struct setting_row {
    const char *keyword;
    bool on;            /* it is told where it is on, or where it is off */
    bool with_provider; /* it is told only where ssh loads p11gate */
    enum finding_kind kind;
    const char *text, *advice;
} setting_rows[] = {
    {"pubkeyauthentication", false, false, FINDING_PROBLEM,
     "`PubkeyAuthentication no`: ssh offers no key at all", "take it out of ~/.ssh/config"},
    {"batchmode", true, true, FINDING_WARNING,
     "`BatchMode yes`: ssh asks for no PIN, and lists no key of a token that wants one",
     "load p11gate into an agent first: `ssh-add -s` with its path asks for the PIN"},
    {"addkeystoagent", true, false, FINDING_NOTE,
     "`AddKeysToAgent yes`: key files that ssh uses are kept by the agent, and offered before all "
     "others from then on",
     "`AddKeysToAgent no` in ~/.ssh/config"},
};

static void check_settings(const struct doctor *doctor, struct report *report)
{
    for (size_t i = 0; i < sizeof(setting_rows) / sizeof(setting_rows[0]); i++) {
        const struct setting_row *row = &setting_rows[i];
        bool told =
            row->on ? is_on(&doctor->ssh, row->keyword) : is_off(&doctor->ssh, row->keyword);

        if (told && (doctor->ssh_loads_gate || !row->with_provider))
            report_add(report, row->kind, text_of("%s: %s", doctor->host, row->text),
                       strdup(row->advice));
    }
}

void doctor_ssh(const struct doctor *doctor, size_t n, struct report *report)
{
    const struct ssh_facts *ssh = &doctor->ssh;

    (void)n;
    check_version(ssh, report);
    if (ssh->version_answer == SSH_NOT_THERE)
        return;
    if (ssh->settings_answer != SSH_ANSWERED) {
        report_add(report, FINDING_PROBLEM,
                   text_of("`ssh -G %s` %s%s", doctor->host,
                           ssh->settings_answer == SSH_SILENT ? "does not end: does a `Match exec`?"
                                                              : "fails: ",
                           ssh->settings_answer == SSH_SILENT || ssh->settings == NULL
                               ? ""
                               : ssh->settings),
                   strdup("correct ~/.ssh/config at the place that it names; `ssh -v` tells more"));
        return;
    }
    check_provider(doctor, report);
    check_key_files(doctor, report);
    check_certificates(doctor, report);
    check_settings(doctor, report);
}
