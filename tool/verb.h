// SPDX-License-Identifier: BSD-2-Clause
// The verbs of the p11gate command: one table (main.c), one file each.
#pragma once

enum exit_code {
    EXIT_OK = 0,
    EXIT_FAILED = 1, /* an error, or nothing to show */
    EXIT_USAGE = 2,
    /* of diff, as of diff(1), and of eval */
    EXIT_DIFFERENT = 1,
    EXIT_TROUBLE = 2,
};

struct verb {
    const char *name;
    const char *arguments; /* for the usage line */
    const char *summary;   /* one line */
    const char *help;      /* the options, a line each; may be empty */
    enum exit_code (*run)(int argc, char **argv); /* argv[0] is the verb */
};

enum exit_code verb_init(int argc, char **argv);
enum exit_code verb_list(int argc, char **argv);
enum exit_code verb_explain(int argc, char **argv);
enum exit_code verb_eval(int argc, char **argv);
enum exit_code verb_check(int argc, char **argv);
enum exit_code verb_diff(int argc, char **argv);
enum exit_code verb_doctor(int argc, char **argv);
enum exit_code verb_keys(int argc, char **argv);
enum exit_code verb_serve(int argc, char **argv);
enum exit_code verb_serve_module(int argc, char **argv);
enum exit_code verb_unlock(int argc, char **argv);
enum exit_code verb_lock(int argc, char **argv);
enum exit_code verb_status(int argc, char **argv);
enum exit_code verb_refresh(int argc, char **argv);

/* Prints "p11gate VERB: MESSAGE" and how to get help, to stderr; returns EXIT_USAGE. */
enum exit_code usage_error(const char *verb, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* The same for an option that getopt_long() did not take. argv[0] is the verb. */
enum exit_code option_error(char **argv);
