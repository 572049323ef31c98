// SPDX-License-Identifier: BSD-2-Clause
// The agent that ssh asks.
#include "tool/doctor.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "common/shell_word.h"
#include "tool/bounded.h"
#include "tool/processes.h"
#include "tool/surroundings.h"
#include "tool/vendors.h"

enum { MAX_AUTH_TRIES = 6, SSH_ADD_SECONDS = 5 };

enum agent_kind { AGENT_UNKNOWN, AGENT_SSH, AGENT_GPG, AGENT_GNOME };

struct agent {
    const char *socket;
    bool asked_by_ssh; /* IdentityAgent is not none */
    enum agent_kind kind;
    pid_t pid; /* 0: unknown */
};

/* Sockets and programs of agents: a socket of systemd's tells nothing of the process behind it. */
static const struct kind_row {
    const char *socket_end, *program; /* NULL: none of its own */
    enum agent_kind kind;
} kind_rows[] = {
    {NULL, "ssh-agent", AGENT_SSH},
    {"/openssh_agent", NULL, AGENT_SSH},
    {"/S.gpg-agent.ssh", "gpg-agent", AGENT_GPG},
    {"/gcr/ssh", "gcr-ssh-agent", AGENT_GNOME},
    {"/keyring/ssh", "gnome-keyring-daemon", AGENT_GNOME},
    {NULL, "gnome-keyring-d", AGENT_GNOME},
};

enum { N_KINDS = sizeof(kind_rows) / sizeof(kind_rows[0]) };

static enum agent_kind kind_of_program(pid_t pid)
{
    char name[PROCESS_NAME_SIZE];

    if (pid <= 0 || !process_name(pid, name))
        return AGENT_UNKNOWN;
    for (size_t i = 0; i < N_KINDS; i++) {
        if (kind_rows[i].program != NULL && strcmp(kind_rows[i].program, name) == 0)
            return kind_rows[i].kind;
    }
    return AGENT_UNKNOWN;
}

static enum agent_kind kind_of_socket(const char *path)
{
    size_t size = strlen(path);

    for (size_t i = 0; i < N_KINDS; i++) {
        const char *end = kind_rows[i].socket_end;
        size_t end_size = end != NULL ? strlen(end) : 0;

        if (end != NULL && size >= end_size && strcmp(path + size - end_size, end) == 0)
            return kind_rows[i].kind;
    }
    return AGENT_UNKNOWN;
}

/* Who began to listen: ssh-agent's parent, which has ended by now, if it went into the background. */
static pid_t peer_of(int fd)
{
    struct ucred peer = {0};
    socklen_t size = sizeof(peer);

    return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &size) == 0 ? peer.pid : 0;
}

static int connect_to(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    int fd;

    if (strlen(path) >= sizeof(address.sun_path)) {
        errno = ENAMETOOLONG;
        return -1;
    }
    strcpy(address.sun_path, path);
    fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd >= 0 && connect(fd, (const struct sockaddr *)&address, sizeof(address)) != 0 &&
        errno != EAGAIN) {
        int error = errno;

        close(fd);
        errno = error;
        return -1;
    }
    return fd;
}

static void recognise(struct agent *agent, int fd)
{
    const char *own = getenv("SSH_AUTH_SOCK");
    const char *said =
        own != NULL && strcmp(own, agent->socket) == 0 ? getenv("SSH_AGENT_PID") : NULL;
    pid_t pids[] = {peer_of(fd), said != NULL ? (pid_t)strtol(said, NULL, 10) : 0};

    for (size_t i = 0; i < 2 && agent->kind == AGENT_UNKNOWN; i++) {
        agent->kind = kind_of_program(pids[i]);
        agent->pid = agent->kind != AGENT_UNKNOWN ? pids[i] : 0;
    }
    if (agent->kind == AGENT_UNKNOWN)
        agent->kind = kind_of_socket(agent->socket);
}

/* The value of -P, as ssh-agent itself reads its words; NULL: none. The caller frees. */
static char *allowed_patterns(pid_t pid)
{
    int count = 0, option;
    char **words = pid > 0 ? process_words(pid, &count) : NULL;
    char *patterns = NULL;

    opterr = 0;
    optind = 0; /* begins anew */
    while (words != NULL && (option = getopt(count, words, "+cDdksTuUVE:a:O:P:t:")) != -1) {
        if (option == 'P' && patterns == NULL)
            patterns = strdup(optarg);
    }
    free(words);
    return patterns;
}

static void check_allowed(const struct doctor *doctor, struct report *report, pid_t pid)
{
    char *patterns = allowed_patterns(pid);
    char *real = realpath(doctor->gate, NULL);
    const char *path = real != NULL ? real : doctor->gate;
    char *word = shell_word(path);

    if (surroundings_agent_takes(doctor->gate, patterns))
        report_add(report, FINDING_OK, text_of("it may load %s", path), NULL);
    else
        report_add(
            report, FINDING_WARNING,
            text_of("it does not load %s: `ssh-add -s` is refused (its list is %s%s)", path,
                    patterns != NULL ? patterns : "/usr/lib*/*,/usr/local/lib*/*",
                    pid > 0 ? "" : ", if it was started without -P"),
            text_of("install p11gate below /usr/local/lib, or start the agent with it in the "
                    "list: `eval $(ssh-agent -P %s)`",
                    word != NULL ? word : "PATH"));
    free(word);
    free(real);
    free(patterns);
}

struct helpers {
    pid_t agent;
    const char *gate;
    struct stat file;
    bool known;  /* of file */
    bool loaded; /* p11gate is in one of the agent's processes */
    bool stale;  /* and it is another file than the one that is there now */
    pid_t pid;
};

/* The kernel's clock and the file system's are some moments apart. */
static bool is_older(pid_t pid, time_t time)
{
    enum { MARGIN = 2, BILLION = 1000000000 };
    int64_t begin = process_begin(pid);

    return begin != 0 && begin / BILLION + MARGIN < time;
}

static bool is_gate(const char *mapped, void *context)
{
    struct helpers *helpers = context;
    size_t size = strlen(helpers->gate);
    const char *base = strrchr(mapped, '/');
    static const char gone[] = " (deleted)";

    if (strncmp(base, "/p11gate", 8) != 0 || strstr(base, ".so") == NULL)
        return false;
    helpers->loaded = true;
    if (strncmp(mapped, helpers->gate, size) == 0 && strcmp(mapped + size, gone) == 0)
        helpers->stale = true;
    else if (strcmp(mapped, helpers->gate) == 0 && helpers->known)
        helpers->stale = is_older(helpers->pid, helpers->file.st_mtim.tv_sec);
    return helpers->stale;
}

static bool look_at_helper(pid_t pid, void *context)
{
    struct helpers *helpers = context;
    pid_t parent;
    uid_t user;

    helpers->pid = pid;
    if (process_origin(pid, &parent, &user) && (pid == helpers->agent || parent == helpers->agent))
        process_maps(pid, is_gate, helpers);
    return !helpers->stale;
}

/* The agent's helpers have the modules (ssh-pkcs11-helper). */
static bool check_age(const struct doctor *doctor, struct report *report, pid_t pid)
{
    char *real = realpath(doctor->gate, NULL);
    struct helpers helpers = {.agent = pid, .gate = real != NULL ? real : doctor->gate};

    helpers.known = stat(helpers.gate, &helpers.file) == 0;
    if (pid > 0)
        processes_each(look_at_helper, &helpers);
    if (helpers.stale)
        report_add(
            report, FINDING_WARNING,
            text_of("it runs the p11gate that was in %s before", helpers.gate),
            strdup("end it and start another; OpenSSH 9.4 and newer also take the new file by "
                   "`ssh-add -e` and `ssh-add -s` with its path"));
    else if (helpers.loaded)
        report_add(report, FINDING_OK, strdup("p11gate is loaded into it"), NULL);
    free(real);
    return helpers.loaded;
}

static size_t count_lines(const char *text)
{
    size_t count = 0;

    for (; text != NULL && *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static void say_keys(struct report *report, const struct agent *agent, size_t keys, bool has_gate)
{
    bool many = agent->asked_by_ssh && keys >= MAX_AUTH_TRIES;

    if (keys == 0)
        report_add(report, FINDING_OK, strdup("it holds no keys"), NULL);
    else
        report_add(
            report, many ? FINDING_WARNING : FINDING_NOTE,
            text_of("it holds %zu keys%s%s", keys,
                    agent->asked_by_ssh ? ", which ssh offers before all others" : "",
                    many ? "; servers listen to 6 by default (MaxAuthTries)" : ""),
            !agent->asked_by_ssh ? NULL
            : has_gate
                ? strdup("`ssh-add -l` shows them; take those that p11gate did not bring out "
                         "with `ssh-add -d FILE`")
                : strdup("`IdentityAgent none` in ~/.ssh/config leaves them out; `ssh-add -D` "
                         "deletes them"));
}

static void check_keys(struct report *report, const struct agent *agent, bool has_gate)
{
    const char *const words[] = {"ssh-add", "-l", NULL};
    struct bounded asked;

    setenv("SSH_AUTH_SOCK", agent->socket, 1);
    asked = bounded_program(words, SSH_ADD_SECONDS);
    if (asked.end == BOUNDED_TIMED_OUT)
        report_add(
            report, FINDING_PROBLEM,
            text_of("it does not answer within %d seconds: ssh would wait for it", SSH_ADD_SECONDS),
            strdup("end it and start another: `eval $(ssh-agent)`; until then "
                   "`ssh -o IdentityAgent=none`"));
    else if (asked.end == BOUNDED_ENDED && asked.status <= 1)
        say_keys(report, agent, asked.status == 0 ? count_lines(asked.text) : 0, has_gate);
    else if (asked.end != BOUNDED_ENDED || asked.status != BOUNDED_NO_PROGRAM)
        report_add(report, FINDING_WARNING, text_of("it does not tell its keys"),
                   strdup("end it and start another: `eval $(ssh-agent)`"));
    bounded_finish(&asked);
}

static void examine_agent(const struct doctor *doctor, struct report *report,
                          const struct agent *agent)
{
    static const char *const names[] = {
        [AGENT_UNKNOWN] = "an agent of a kind that is not known here",
        [AGENT_SSH] = "OpenSSH's ssh-agent",
        [AGENT_GPG] = "gpg-agent",
        [AGENT_GNOME] = "GNOME's agent (gcr, gnome-keyring)",
    };
    bool refuses = agent->kind == AGENT_GPG || agent->kind == AGENT_GNOME;
    bool has_gate = false;

    report_add(report, refuses ? FINDING_WARNING : FINDING_OK,
               text_of("%s is %s%s", agent->socket, names[agent->kind],
                       refuses ? ", which refuses `ssh-add -s`" : ""),
               refuses ? strdup("let ssh load p11gate by PKCS11Provider, or start OpenSSH's agent "
                                "for it: `eval $(ssh-agent)`")
                       : NULL);
    if (agent->kind == AGENT_SSH) {
        check_allowed(doctor, report, agent->pid);
        has_gate = check_age(doctor, report, agent->pid);
    }
    check_keys(report, agent, has_gate);
}

/* The value of IdentityAgent, if it names another than $SSH_AUTH_SOCK. The caller frees; NULL: that one. */
static char *named_agent(const struct ssh_facts *ssh)
{
    char *value = ssh_facts_setting(ssh, "identityagent", 0);
    char *path = NULL;

    if (value == NULL || strcmp(value, "SSH_AUTH_SOCK") == 0 || strcmp(value, "none") == 0)
        path = NULL;
    else if (value[0] == '$')
        path = getenv(value + 1) != NULL ? strdup(getenv(value + 1)) : NULL;
    else
        path = ssh_facts_path(value);
    free(value);
    return path;
}

void doctor_agent(const struct doctor *doctor, size_t n, struct report *report)
{
    char *named = named_agent(&doctor->ssh);
    struct agent agent = {
        .socket = named != NULL ? named : getenv("SSH_AUTH_SOCK"),
        .asked_by_ssh = !ssh_facts_is(&doctor->ssh, "identityagent", "none"),
    };
    int fd;

    (void)n;
    if (agent.socket == NULL || agent.socket[0] == '\0') {
        report_add(report, FINDING_OK, strdup("there is none ($SSH_AUTH_SOCK)"), NULL);
        return;
    }
    fd = connect_to(agent.socket);
    if (fd < 0) {
        report_add(report, FINDING_WARNING,
                   text_of("%s leads to none: %s", agent.socket, strerror(errno)),
                   strdup("`unset SSH_AUTH_SOCK`, or start one: `eval $(ssh-agent)`"));
    } else {
        recognise(&agent, fd);
        close(fd);
        examine_agent(doctor, report, &agent);
    }
    free(named);
}
