// SPDX-License-Identifier: BSD-2-Clause
// What comes between p11gate and the card: GnuPG's scdaemon, and OpenSC's copies of its files.
#include "tool/doctor.h"

#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "tool/processes.h"

/* Is there a line that begins with these words, blanks apart? Of what is not there, no. */
static bool has_line(const char *path, const char *words, char *line, size_t size)
{
    FILE *file = fopen(path, "re");
    bool has = false;

    while (file != NULL && !has && fgets(line, (int)size, file) != NULL) {
        const char *begin = line + strspn(line, " \t");

        has = strncmp(begin, words, strlen(words)) == 0 &&
              strchr(" \t\r\n=", begin[strlen(words)]) != NULL;
    }
    if (file != NULL)
        fclose(file);
    return has;
}

static char *in_home(const char *variable, const char *folder, const char *name)
{
    const char *set = getenv(variable);
    char *home, *path;

    if (set != NULL && set[0] != '\0')
        return text_of("%s/%s", set, name);
    home = getenv("HOME") != NULL ? strdup(getenv("HOME")) : ssh_facts_path("~/");
    path = home != NULL ? text_of("%s/%s/%s", home, folder, name) : NULL;
    free(home);
    return path;
}

/* Of this user: another's is not his to set, and no matter unless it has the card, which pcscd tells. */
static bool is_scdaemon(pid_t pid, void *context)
{
    char name[PROCESS_NAME_SIZE];
    pid_t *found = context, parent;
    uid_t user;

    if (process_origin(pid, &parent, &user) && user == geteuid() && process_name(pid, name) &&
        strcmp(name, "scdaemon") == 0)
        *found = pid;
    return *found == 0;
}

/* Its own driver takes the reader away from pcscd; by pcscd, it takes the card for itself. */
static void say_scdaemon(struct report *report, pid_t pid, const char *path)
{
    char line[256];
    bool disabled = has_line(path, "disable-ccid", line, sizeof(line));
    bool shared = has_line(path, "pcsc-shared", line, sizeof(line));

    if (disabled && shared)
        report_add(report, FINDING_OK,
                   text_of("GnuPG's scdaemon (process %ld) shares the card", (long)pid), NULL);
    else
        report_add(report, FINDING_WARNING,
                   text_of("GnuPG's scdaemon (process %ld) runs, and %s", (long)pid,
                           disabled ? "takes the card for itself when it uses it"
                                    : "takes the reader away from pcscd when it uses it"),
                   text_of("put the line%s `%s`%s into %s, then `gpgconf --kill scdaemon`",
                           disabled || shared ? "" : "s", disabled ? "pcsc-shared" : "disable-ccid",
                           disabled || shared ? "" : " and `pcsc-shared`", path));
}

void doctor_other_users(const struct doctor *doctor, size_t n, struct report *report)
{
    pid_t pid = 0;
    char *path;

    (void)n;
    if (!doctor_any_library_uses_pcscd(doctor))
        return;
    processes_each(is_scdaemon, &pid);
    path = in_home("GNUPGHOME", ".gnupg", "scdaemon.conf");
    if (path == NULL)
        report->incomplete = true;
    else if (pid == 0)
        report_add(report, FINDING_OK,
                   strdup("GnuPG's scdaemon, which may take the card, does not run"), NULL);
    else
        say_scdaemon(report, pid, path);
    free(path);
}

bool doctor_is_opensc(const char *path)
{
    char *real = realpath(path, NULL);
    bool is = strstr(real != NULL ? real : path, "opensc-pkcs11") != NULL;

    free(real);
    return is;
}

static bool uses_opensc(const struct doctor *doctor)
{
    bool uses = false;

    for (size_t i = 0; i < doctor->n_modules; i++)
        uses = uses || doctor_is_opensc(doctor->modules[i].path);
    return uses;
}

static size_t count_files(const char *path)
{
    DIR *folder = opendir(path);
    struct dirent *entry;
    size_t count = 0;

    while (folder != NULL && (entry = readdir(folder)) != NULL)
        count += entry->d_name[0] != '.';
    if (folder != NULL)
        closedir(folder);
    return count;
}

static const char *opensc_conf(void)
{
    const char *named = getenv("OPENSC_CONF");

    return named != NULL ? named : "/etc/opensc/opensc.conf";
}

/* "use_file_caching = public;": no, where nothing is said (opensc.conf(5)). */
static bool caches(const char *path)
{
    char line[256];
    const char *value;

    if (!has_line(path, "use_file_caching", line, sizeof(line)))
        return false;
    value = strchr(line, '=');
    value = value != NULL ? value + 1 + strspn(value + 1, " \t") : "";
    return strncmp(value, "no", 2) != 0 && strncmp(value, "false", 5) != 0;
}

void doctor_opensc_cache(const struct doctor *doctor, size_t n, struct report *report)
{
    const char *conf = opensc_conf();
    char *folder;

    (void)n;
    if (!uses_opensc(doctor))
        return;
    folder = in_home("XDG_CACHE_HOME", ".cache", "opensc");
    if (folder == NULL)
        report->incomplete = true;
    else if (caches(conf))
        report_add(
            report, FINDING_WARNING,
            text_of("OpenSC keeps copies of the card's files (%zu in %s): when the card was "
                    "changed, it shows old keys",
                    count_files(folder), folder),
            text_of("empty the folder %s after each change of the card, or write "
                    "`use_file_caching = no;` in %s",
                    folder, conf));
    else
        report_add(report, FINDING_OK, strdup("OpenSC keeps no copies of the card's files"), NULL);
    free(folder);
}
