// SPDX-License-Identifier: BSD-2-Clause
// pcscd, who may use it, and its readers.
#include "tool/doctor.h"

#include <dlfcn.h>
#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/shell_word.h"
#include "module/pcsc.h"

/* Where pcscd asks polkit, this file came with it. */
static const char policy_file[] = "/usr/share/polkit-1/actions/org.debian.pcsc-lite.policy";
static const char rule_file[] = "/etc/polkit-1/rules.d/49-pcscd.rules";

/* As libpcsclite finds it. */
static const char *socket_path(void)
{
    const char *named = secure_getenv("PCSCLITE_CSOCK_NAME");

    return named != NULL ? named : "/run/pcscd/pcscd.comm";
}

/* 0, or why nobody is to be reached there. */
static int try_socket(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd, error = 0;

    if (strlen(path) >= sizeof(address.sun_path))
        return ENAMETOOLONG;
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0 || connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0)
        error = errno;
    if (fd >= 0)
        close(fd);
    return error;
}

/* A rule for polkitd 0.106 and newer. The caller frees. */
static char *polkit_rule(void)
{
    const struct passwd *user = getpwuid(geteuid());

    return text_of(
        "let root write %s: polkit.addRule(function(action, subject) { if ((action.id == "
        "\"org.debian.pcsc-lite.access_pcsc\" || action.id == "
        "\"org.debian.pcsc-lite.access_card\") && subject.user == \"%s\") return "
        "polkit.Result.YES; });",
        rule_file, user != NULL ? user->pw_name : "USER");
}

static bool asks_polkit(void)
{
    return geteuid() != 0 && access(policy_file, F_OK) == 0;
}

/* polkit lets in who sits before the machine, by default. */
static bool is_remote(void)
{
    return getenv("SSH_CONNECTION") != NULL;
}

static void note_polkit(struct report *report)
{
    if (asks_polkit() && is_remote())
        report_add(report, FINDING_WARNING,
                   strdup("pcscd asks polkit, and this session came over ssh: by default it is not "
                          "let in"),
                   polkit_rule());
}

static void say_no_service(struct report *report, const char *path, int error, bool needed)
{
    char *word = shell_word(path);

    report_add(report, needed ? FINDING_PROBLEM : FINDING_NOTE,
               text_of("pcscd is not to be reached at %s: %s%s", path, strerror(error),
                       needed ? "" : "; no library here wants it"),
               !needed           ? NULL
               : error == EACCES ? text_of("let this user into that folder: `ls -ld %s`",
                                           word != NULL ? word : "FOLDER")
                                 : strdup("install and start it: `sudo systemctl enable --now "
                                          "pcscd.socket` (package pcscd, or pcsc-lite)"));
    free(word);
}

static void say_refused(struct report *report, const char *path)
{
    if (asks_polkit())
        report_add(report, FINDING_PROBLEM,
                   text_of("pcscd at %s does not let this user in, by polkit", path),
                   polkit_rule());
    else
        report_add(report, FINDING_PROBLEM, text_of("pcscd at %s refuses this program", path),
                   strdup("`journalctl -u pcscd` says why; a libpcsclite of another version than "
                          "pcscd's has to be replaced"));
}

/* SCARD_STATE_EXCLUSIVE and SCARD_STATE_MUTE of winscard.h, which need not be there to build. */
enum { STATE_EXCLUSIVE = 0x80, STATE_MUTE = 0x200 };

static void say_reader(struct report *report, const struct pcsc_reader *reader)
{
    if ((reader->state & STATE_MUTE) != 0)
        report_add(report, FINDING_PROBLEM,
                   text_of("reader \"%s\": the card does not answer", reader->name),
                   strdup("take it out, look which way round it goes, and put it in again"));
    else if ((reader->state & STATE_EXCLUSIVE) != 0)
        report_add(report, FINDING_PROBLEM,
                   text_of("reader \"%s\": another program has the card for itself", reader->name),
                   strdup("end that program; GnuPG's: `gpgconf --kill scdaemon`, and `pcsc-shared` "
                          "in scdaemon.conf"));
    else
        report_add(report, FINDING_OK,
                   text_of("reader \"%s\": %s", reader->name, reader->present ? "a card" : "empty"),
                   NULL);
}

static void say_readers(struct report *report, const struct pcsc_readers *readers, bool needed)
{
    for (size_t i = 0; i < readers->count; i++)
        say_reader(report, &readers->items[i]);
    if (readers->count == 0)
        report_add(
            report, needed ? FINDING_WARNING : FINDING_NOTE, strdup("pcscd has no reader"),
            needed ? strdup("plug it in; `lsusb` shows whether the machine sees it; its driver is "
                            "in the package libccid, or ccid")
                   : NULL);
}

/* It may wait for ever: libpcsclite has no time limit. */
static void ask_readers(struct report *report, const char *path, bool needed)
{
    struct pcsc_readers readers;
    struct pcsc *pcsc = pcsc_connect();

    if (pcsc == NULL || !pcsc_look(pcsc, &readers)) {
        say_refused(report, path);
    } else {
        report_add(report, FINDING_OK, text_of("pcscd answers at %s", path), NULL);
        say_readers(report, &readers, needed);
    }
    pcsc_disconnect(pcsc);
}

void doctor_pcscd(const struct doctor *doctor, size_t n, struct report *report)
{
    const char *path = socket_path();
    bool needed = doctor_any_library_uses_pcscd(doctor);
    int error = try_socket(path);

    (void)n;
    if (error != 0) {
        say_no_service(report, path, error, needed);
        return;
    }
    note_polkit(report);
    if (dlopen("libpcsclite.so.1", RTLD_LAZY | RTLD_LOCAL) == NULL)
        report_add(report, needed ? FINDING_PROBLEM : FINDING_NOTE,
                   strdup("libpcsclite.so.1 is not there"),
                   strdup("install it: package libpcsclite1, or pcsc-lite-libs"));
    else if (!pcsc_is_loaded())
        report_add(report, FINDING_NOTE,
                   text_of("pcscd is there at %s; this p11gate is built without it, and sees no "
                           "readers",
                           path),
                   strdup("`pcsc_scan` of pcsc-tools shows them"));
    else
        ask_readers(report, path, needed);
}
