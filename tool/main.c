// SPDX-License-Identifier: BSD-2-Clause
#include <fcntl.h>
#include <getopt.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>
#include "tool/verb.h"

static const struct verb verbs[] = {
    {"init", "[--module PATH] [--key FINGERPRINT]... [--login] [--output FILE] [--force]",
     "choose keys of the tokens present and write the configuration",
     "  --module PATH      the vendor's library; without it, the first known one that has a token\n"
     "  --key FINGERPRINT  choose this key (SHA256:...) without asking; may be repeated\n"
     "  --login            ask for the PIN of tokens that show their keys only after login\n"
     "  --output FILE      instead of the file that p11gate would read\n"
     "  --force            replace a file that exists; the old one is kept as FILE.old\n",
     verb_init},
    {"list", "[--all] [--json] [--login]", "show the permitted keys, and why",
     "  --all    the hidden keys too, and why they are hidden\n"
     "  --json   for programs: one array of objects\n"
     "  --login  ask for the PIN, for keys that show only after login\n",
     verb_list},
    {"explain", "[--json] [--login] [KEY]", "show why keys are shown or hidden, selector by selector",
     "  KEY      a fingerprint (SHA256:...), a label, a CKA_ID in hex, or a .pub file; all keys without it\n"
     "  --json   for programs: one array of objects\n"
     "  --login  ask for the PIN, for what shows only after login\n",
     verb_explain},
    {"eval", "[--json] [--user USER] [--policy FILE [--system]] --certificate FILE",
     "tell without a token whether a certificate's key would be shown, selector by selector",
     "  --certificate FILE  PEM or DER; others behind it in PEM are offered as intermediates, and never trusted\n"
     "  --user USER         decide for another user of this machine, with his file\n"
     "  --policy FILE       in place of the configuration; its library need not be there\n"
     "  --system            FILE has the rights of the system's file, and its owner\n"
     "  --json              for programs: one object\n"
     "exit status: 0 shown, 1 hidden, 2 something failed\n",
     verb_eval},
    {"check", "[--system] [FILE]", "check a configuration, and whether it fits this machine",
     "  FILE      in place of the user's file\n"
     "  --system  in place of the system's\n"
     "Warnings do not count: the exit status is 0.\n",
     verb_check},
    {"diff", "[--json] [--login] [--system] OLD NEW",
     "show what another configuration would show or hide on the tokens present",
     "  --json    for programs: one array of objects\n"
     "  --login   ask for the PIN, once for each file, for keys that show only after login\n"
     "  --system  the files stand in place of the system's, else of the user's\n"
     "exit status: 0 no difference, 1 a difference, 2 something failed\n",
     verb_diff},
    {"doctor", "[--json] [HOST]", "look at all that lies between ssh and the card, and say what to do",
     "  HOST    whose settings in ssh's configuration are looked at; localhost without it\n"
     "  --json  for programs: one array of objects\n"
     "No PIN is asked for, and none is sent.\n"
     "exit status: 0 no problem, 1 a problem, 2 wrong usage\n",
     verb_doctor},
    {"keys", "[--login]", "print the permitted keys as lines for authorized_keys",
     "  --login  ask for the PIN, for keys that show only after login\n", verb_keys},
    {"serve", "", "keep libraries, logins and what was read, for many clients, until SIGTERM",
     "The sockets are those that systemd hands over, or those of the configuration's `daemon`.\n", verb_serve},
    {"unlock", "[--token TOKEN] [--stdin | --keypad]", "log in to a token that is served, for all clients",
     "  --token TOKEN  the one with this label or serial number\n"
     "  --stdin        the PIN is the first line of standard input; else the terminal, or $SSH_ASKPASS, is asked\n"
     "  --keypad       the PIN is entered at the reader\n"
     "exit status: 0 unlocked, 1 not, 2 no such token, 3 no daemon\n",
     verb_unlock},
    {"lock", "[--token TOKEN]", "log out of the tokens that are served, and forget their PINs",
     "  --token TOKEN  only of the one with this label or serial number\n"
     "exit status: 0 locked, 1 not, 2 the tokens cannot be listed, 3 no daemon\n",
     verb_lock},
    {"status", "[--token TOKEN] [--quiet | --json]", "tell whether the tokens that are served are unlocked",
     "  --token TOKEN  only of the one with this label or serial number\n"
     "  --quiet        by the exit status alone\n"
     "  --json         for programs: one array of objects\n"
     "exit status: 0 all are unlocked, 1 one is locked, 2 no token is there, 3 no daemon\n",
     verb_status},
    {"refresh", "", "have the tokens that are served read anew", "exit status: 0 done, 1 not, 3 no daemon\n", verb_refresh},
};

enum { N_VERBS = sizeof(verbs) / sizeof(verbs[0]) };

/* Not for users, and so in no list. */
static const struct verb inner = {"serve-module", "PATH [ARGUMENTS]", "a vendor's library for `p11gate serve`", "", verb_serve_module};

static const struct verb *find(const char *name)
{
    if (strcmp(name, inner.name) == 0)
        return &inner;

    for (size_t i = 0; i < N_VERBS; i++) {
        if (strcmp(verbs[i].name, name) == 0)
            return &verbs[i];
    }
    return NULL;
}

static void print_help(FILE *out)
{
    fputs("usage: p11gate VERB [OPTION]...\n\n", out);
    for (size_t i = 0; i < N_VERBS; i++)
        fprintf(out, "  %-8s %s\n", verbs[i].name, verbs[i].summary);
    fputs("  help     this text; help VERB says more\n\n"
          "exit status: 0 all right, 1 something failed or there is nothing to show, 2 wrong usage\n",
          out);
}

static void print_verb_help(const struct verb *verb)
{
    printf("usage: p11gate %s %s\n%s\n", verb->name, verb->arguments, verb->summary);
    if (verb->help[0] != '\0')
        printf("\n%s", verb->help);
}

enum exit_code usage_error(const char *verb, const char *format, ...)
{
    va_list arguments;

    fprintf(stderr, "p11gate %s: ", verb);
    va_start(arguments, format);
    vfprintf(stderr, format, arguments);
    va_end(arguments);
    fprintf(stderr, "; see `p11gate help %s`\n", verb);
    return EXIT_USAGE;
}

/* getopt_long() is past the word in question, unless it is one of several letters. */
enum exit_code option_error(char **argv)
{
    const char *word = argv[optind - 1];

    if (optopt != 0 && argv[optind] != NULL && argv[optind][0] == '-' && argv[optind][1] == optopt)
        word = argv[optind];
    return usage_error(argv[0], "expected an option, with its value if it has one, found `%s`", word);
}

static enum exit_code help(int argc, char **argv)
{
    const struct verb *verb = argc > 2 ? find(argv[2]) : NULL;

    if (argc > 2 && verb == NULL) {
        fprintf(stderr, "p11gate: there is no verb `%s`; see `p11gate help`\n", argv[2]);
        return EXIT_USAGE;
    }
    if (verb != NULL)
        print_verb_help(verb);
    else
        print_help(stdout);
    return EXIT_OK;
}

static bool is_any(const char *text, const char *a, const char *b)
{
    return strcmp(text, a) == 0 || strcmp(text, b) == 0;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 2; i < argc; i++) {
        if (is_any(argv[i], "--help", "-h"))
            return true;
    }
    return false;
}

/* A descriptor that is closed would become the first file that is opened, and get what is meant for stdout or stderr. Here its use
 * goes on to be an error. */
static bool hold_descriptors(void)
{
    for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
        if (fcntl(fd, F_GETFD) == -1 &&
            open("/dev/null", fd == STDIN_FILENO ? O_WRONLY : O_RDONLY) != fd)
            return false;
    }
    return true;
}

static enum exit_code run(int argc, char **argv)
{
    const struct verb *verb;

    if (argc < 2) {
        print_help(stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "--version") == 0) {
        puts("p11gate " P11GATE_VERSION);
        return EXIT_OK;
    }
    if (strcmp(argv[1], "help") == 0 || is_any(argv[1], "--help", "-h"))
        return help(argc, argv);
    verb = find(argv[1]);
    if (verb == NULL) {
        fprintf(stderr, "p11gate: there is no verb `%s`; see `p11gate help`\n", argv[1]);
        return EXIT_USAGE;
    }
    if (asks_help(argc, argv)) {
        print_verb_help(verb);
        return EXIT_OK;
    }
    return verb->run(argc - 1, argv + 1);
}

/* What did not reach its reader was not done: `p11gate keys >> authorized_keys` on a full disk. */
int main(int argc, char **argv)
{
    enum exit_code code = hold_descriptors() ? run(argc, argv) : EXIT_FAILED;

    if (fflush(stdout) == 0 && ferror(stdout) == 0)
        return (int)code;
    fputs("p11gate: standard output cannot be written to\n", stderr);
    return code == EXIT_OK ? EXIT_FAILED : (int)code;
}
