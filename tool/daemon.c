// SPDX-License-Identifier: BSD-2-Clause
// p11gate unlock, lock, status, refresh: what is asked of `p11gate serve`.
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>
#include "crypto/crypto.h"
#include "daemon/ask.h"
#include "module/askpass.h"
#include "tool/json.h"
#include "tool/verb.h"

enum { FIELDS = 5 };

struct wishes {
    struct request request;
    bool quiet;
    bool json;
    bool from_stdin;
};

static bool take_token(const char *text, struct request *request)
{
    size_t size = strlen(text);

    if (size == 0 || size > REQUEST_TOKEN_MAX || strchr(text, '\n') != NULL)
        return false;
    memcpy(request->token, text, size + 1);
    return true;
}

static enum exit_code take_option(int option, char **argv, struct wishes *wishes)
{
    switch (option) {
    case 't':
        return take_token(optarg, &wishes->request)
                   ? EXIT_OK
                   : usage_error(argv[0], "expected a label or serial number of at most %d bytes", REQUEST_TOKEN_MAX);
    case 'q':
        wishes->quiet = true;
        return EXIT_OK;
    case 'j':
        wishes->json = true;
        return EXIT_OK;
    case 's':
        wishes->from_stdin = true;
        return EXIT_OK;
    case 'k':
        wishes->request.keypad = true;
        return EXIT_OK;
    default:
        return option_error(argv);
    }
}

static enum exit_code read_options(int argc, char **argv, const struct option *options, struct wishes *wishes)
{
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        enum exit_code code = take_option(option, argv, wishes);
        if (code != EXIT_OK)
            return code;
    }
    return optind == argc ? EXIT_OK : usage_error(argv[0], "expected no more words, found `%s`", argv[optind]);
}

/* Nothing of it may be left out. */
static bool is_pin(const char *text, size_t size)
{
    return size > 0 && size <= REQUEST_PIN_MAX && strlen(text) == size;
}

/* The first line, without its end. */
static bool read_stdin(char pin[REQUEST_PIN_MAX + 2])
{
    size_t size = 0;

    while (size < REQUEST_PIN_MAX + 1) {
        ssize_t n = read(STDIN_FILENO, pin + size, 1);
        if (n <= 0 || pin[size] == '\n')
            break;
        size++;
    }
    pin[size] = '\0';
    return is_pin(pin, size);
}

static bool read_askpass(char pin[REQUEST_PIN_MAX + 2])
{
    const char *wrong;
    const char *askpass = askpass_find(&wrong);
    size_t size;

    if (askpass == NULL) {
        fprintf(stderr, "p11gate unlock: there is no terminal, and %s\n", wrong);
        return false;
    }
    return askpass_run(askpass, "PIN of the token that p11gate serves: ", NULL, pin, REQUEST_PIN_MAX + 2, &size) ==
               PROGRAM_SUCCEEDED && is_pin(pin, size);
}

static bool read_pin(const struct wishes *wishes, char pin[REQUEST_PIN_MAX + 2])
{
    if (wishes->from_stdin)
        return read_stdin(pin);
    if (isatty(STDIN_FILENO))
        return crypto_read_pin("PIN: ", pin, REQUEST_PIN_MAX + 1);
    return read_askpass(pin);
}

static bool take_pin(struct wishes *wishes)
{
    char pin[REQUEST_PIN_MAX + 2] = "";
    bool taken = read_pin(wishes, pin);

    if (taken) {
        wishes->request.pin_size = strlen(pin);
        memcpy(wishes->request.pin, pin, wishes->request.pin_size);
    }
    explicit_bzero(pin, sizeof(pin));
    return taken;
}

/* Asks, and says what the daemon says where that is an error. */
static enum exit_code ask(struct wishes *wishes)
{
    char *text;
    enum control_code code = ask_daemon(&wishes->request, wishes->quiet, &text);

    explicit_bzero(&wishes->request, sizeof(wishes->request));
    if (text != NULL && text[0] != '\0' && !wishes->quiet)
        fprintf(stderr, "p11gate: %s", text);
    free(text);
    return (enum exit_code)code;
}

static const struct option token_options[] = {
    {"token", required_argument, NULL, 't'},
    {NULL, 0, NULL, 0},
};

enum exit_code verb_unlock(int argc, char **argv)
{
    static const struct option options[] = {
        {"token", required_argument, NULL, 't'},
        {"stdin", no_argument, NULL, 's'},
        {"keypad", no_argument, NULL, 'k'},
        {NULL, 0, NULL, 0},
    };
    struct wishes wishes = {.request.verb = REQUEST_UNLOCK};
    enum exit_code code = read_options(argc, argv, options, &wishes);

    if (code != EXIT_OK)
        return code;
    if (!wishes.request.keypad && !take_pin(&wishes)) {
        fputs("p11gate unlock: no PIN was given\n", stderr);
        return EXIT_FAILED;
    }
    return ask(&wishes);
}

enum exit_code verb_lock(int argc, char **argv)
{
    struct wishes wishes = {.request.verb = REQUEST_LOCK};
    enum exit_code code = read_options(argc, argv, token_options, &wishes);

    return code != EXIT_OK ? code : ask(&wishes);
}

enum exit_code verb_refresh(int argc, char **argv)
{
    struct wishes wishes = {.request.verb = REQUEST_REFRESH};
    enum exit_code code = read_options(argc, argv, token_options + 1, &wishes);

    return code != EXIT_OK ? code : ask(&wishes);
}

/* state, label, serial, by, since */
static bool split(char *line, char *fields[FIELDS])
{
    for (size_t i = 0; i < FIELDS; i++) {
        fields[i] = strsep(&line, "\t");
        if (fields[i] == NULL)
            return false;
    }
    return true;
}

static void describe_time(const char *seconds, char text[32])
{
    time_t when = (time_t)strtoll(seconds, NULL, 10);
    struct tm utc;

    text[0] = '\0';
    if (when != 0 && gmtime_r(&when, &utc) != NULL)
        strftime(text, 32, "%FT%TZ", &utc);
}

static void print_line(char *fields[FIELDS])
{
    char since[32];

    describe_time(fields[4], since);
    printf("%s: token \"%s\", serial %s", fields[0], fields[1], fields[2]);
    if (since[0] != '\0' && fields[3][0] != '-')
        printf(", by user %s at %s", fields[3], since);
    else if (since[0] != '\0')
        printf(", by pin_source at %s", since);
    putchar('\n');
}

static void print_object(char *fields[FIELDS])
{
    char since[32];

    describe_time(fields[4], since);
    fputs("{", stdout);
    json_member(stdout, "state", fields[0], strlen(fields[0]));
    fputs(", ", stdout);
    json_member(stdout, "token", fields[1], strlen(fields[1]));
    fputs(", ", stdout);
    json_member(stdout, "serial", fields[2], strlen(fields[2]));
    printf(", \"by\": %s, ", fields[3][0] != '-' ? fields[3] : "null");
    json_member(stdout, "since", since[0] != '\0' ? since : NULL, strlen(since));
    fputs("}", stdout);
}

static void print_status(char *text, bool json)
{
    char *fields[FIELDS], *line;
    bool first = true;

    if (json)
        fputs("[", stdout);
    while ((line = strsep(&text, "\n")) != NULL) {
        if (!split(line, fields))
            continue;
        if (json && !first)
            fputs(",\n ", stdout);
        (json ? print_object : print_line)(fields);
        first = false;
    }
    if (json)
        fputs("]\n", stdout);
}

enum exit_code verb_status(int argc, char **argv)
{
    static const struct option options[] = {
        {"token", required_argument, NULL, 't'},
        {"quiet", no_argument, NULL, 'q'},
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    struct wishes wishes = {.request.verb = REQUEST_STATUS};
    enum exit_code code = read_options(argc, argv, options, &wishes);
    char *text;

    if (code != EXIT_OK)
        return code;
    code = (enum exit_code)ask_daemon(&wishes.request, wishes.quiet, &text);
    if (text != NULL && !wishes.quiet)
        print_status(text, wishes.json);
    free(text);
    return code;
}
