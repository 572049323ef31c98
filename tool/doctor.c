// SPDX-License-Identifier: BSD-2-Clause
// p11gate doctor
#include "tool/doctor.h"

#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "common/printable.h"
#include "crypto/crypto.h"
#include "tool/bounded.h"
#include "tool/json.h"
#include "tool/vendors.h"
#include "tool/verb.h"

static size_t one(const struct doctor *doctor)
{
    (void)doctor;
    return 1;
}

/* That there is none is said by the first. */
static size_t each_library(const struct doctor *doctor)
{
    return doctor->n_modules > 0 ? doctor->n_modules : 1;
}

/* The tokens of a configuration are seen as the module sees them, all at once. */
static size_t each_view(const struct doctor *doctor)
{
    return doctor->config != NULL ? 1 : doctor->n_modules;
}

enum { CONFIGURATION_SECONDS = 10 };

static const struct row {
    const char *name;
    examination *examine;
    size_t (*count)(const struct doctor *doctor); /* of its parts */
    int seconds;
    bool
        of_configuration; /* without one, it is about what could be used: nothing is worse than a note */
    const char *advice; /* where it does not end by itself */
} rows[] = {
    {"configuration", doctor_configuration, one, CONFIGURATION_SECONDS, false,
     "look at the file ($P11GATE_CONFIG, ~/.config/p11gate/config.yaml) and at those that it names: "
     "a file system, or the service that knows the users, may not answer"},
    {"installation", doctor_installation, one, 10, false,
     "look at the folders of the log and of p11gate.so: a file system may not answer"},
    {"library", doctor_library, each_library, 10, true,
     "take the card out and put it in again, restart pcscd or the library's own service, and look "
     "with the vendor's tools"},
    {"p11-kit", doctor_p11_kit, one, 10, true,
     "`p11-kit list-modules` shows what p11-kit loads; take out the module that fails"},
    {"pcscd", doctor_pcscd, one, 5, true,
     "restart it: `sudo systemctl restart pcscd.socket pcscd.service`"},
    {"card", doctor_other_users, one, 5, true, "look at /proc"},
    {"opensc", doctor_opensc_cache, one, 5, true, "look at the folder of OpenSC's cache"},
    {"token", doctor_tokens, each_view, 20, true,
     "take the card out and put it in again; a token with thousands of keys may take that long: "
     "`p11gate list` is faster where rules name keys by id"},
    {"agent", doctor_agent, one, 10, false,
     "end that agent, and start another: `eval $(ssh-agent)`"},
    {"ssh", doctor_ssh, one, 10, false, "look at the key files that ssh_config names"},
};

static const char *const kinds[] = {"ok", "note", "warning", "problem"};
static const char *const colours[] = {"\033[32m", "", "\033[33m", "\033[31m"};

struct printing {
    bool json, colour;
    size_t counts[FINDING_PROBLEM + 1];
    bool incomplete;
};

static void print_text(const struct printing *printing, const char *name,
                       const struct finding *finding)
{
    bool colour = printing->colour && finding->kind != FINDING_NOTE;

    printf("%s%-7s%s  %s: %s\n", colour ? colours[finding->kind] : "", kinds[finding->kind],
           colour ? "\033[0m" : "", name, finding->text);
    if (finding->advice[0] != '\0')
        printf("         -> %s\n", finding->advice);
}

static void print_json(bool first, const char *name, const struct finding *finding)
{
    fputs(first ? "\n  {" : ",\n  {", stdout);
    json_member(stdout, "check", name, strlen(name));
    fputs(", ", stdout);
    json_member(stdout, "severity", kinds[finding->kind], strlen(kinds[finding->kind]));
    fputs(", ", stdout);
    json_member(stdout, "text", finding->text, strlen(finding->text));
    fputs(", ", stdout);
    json_member(stdout, "do", finding->advice[0] != '\0' ? finding->advice : NULL,
                strlen(finding->advice));
    fputc('}', stdout);
}

static size_t count_all(const struct printing *printing)
{
    size_t all = 0;

    for (size_t i = 0; i <= FINDING_PROBLEM; i++)
        all += printing->counts[i];
    return all;
}

static void print(struct printing *printing, const char *name, const struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        const struct finding *finding = &report->items[i];

        printable_make(finding->text);
        printable_make(finding->advice);
        if (printing->json)
            print_json(count_all(printing) == 0, name, finding);
        else
            print_text(printing, name, finding);
        printing->counts[finding->kind]++;
    }
    printing->incomplete = printing->incomplete || report->incomplete;
    fflush(stdout);
}

struct part {
    const struct row *row;
    const struct doctor *doctor;
    size_t n;
};

/* In the child. */
static void examine(FILE *out, void *context)
{
    const struct part *part = context;
    struct report report = {.told = out};

    part->row->examine(part->doctor, part->n, &report);
    report_write_end(&report, out);
}

static void say_end(struct report *report, const struct row *row, const struct bounded *bounded)
{
    if (bounded->end == BOUNDED_TIMED_OUT)
        report_add(report, FINDING_PROBLEM,
                   text_of("no answer within %d seconds; the rest of this check is left out",
                           row->seconds),
                   strdup(row->advice));
    else if (bounded->end == BOUNDED_FAILED || bounded->cut)
        report->incomplete = true;
    else
        report_add(
            report, FINDING_PROBLEM,
            text_of("the process ended (%s); the rest of this check is left out",
                    bounded->end == BOUNDED_CRASHED ? strsignal(bounded->status) : "exit"),
            text_of("a library that does so ends ssh, or the agent, in the same way: install "
                    "another version of it, or %s",
                    row->advice));
}

static void lower(struct report *report)
{
    for (size_t i = 0; i < report->count; i++) {
        if (report->items[i].kind > FINDING_NOTE)
            report->items[i].kind = FINDING_NOTE;
    }
}

static void examine_part(struct printing *printing, const struct part *part)
{
    struct report report = {0};
    struct bounded bounded = bounded_call(examine, (void *)(uintptr_t)part, part->row->seconds);

    bool whole = bounded.text != NULL && report_read(&report, bounded.text, bounded.size);

    if (part->row->of_configuration && part->doctor->config == NULL)
        lower(&report);
    if (!whole)
        say_end(&report, part->row, &bounded);
    print(printing, part->row->name, &report);
    bounded_finish(&bounded);
    report_finish(&report);
}

static void examine_all(struct printing *printing, const struct doctor *doctor)
{
    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
        for (size_t n = 0; n < rows[i].count(doctor); n++)
            examine_part(printing, &(const struct part){&rows[i], doctor, n});
    }
}

/* Where there is no configuration, those that `p11gate init` would look at. */
static void take_known_libraries(struct doctor *doctor, struct module_settings *room, size_t most)
{
    unsigned n = 0;
    const char *path;

    while (doctor->n_modules < most && (path = vendors_next(&n)) != NULL)
        room[doctor->n_modules++] =
            (struct module_settings){.path = (char *)(uintptr_t)path, .position.file = ""};
    doctor->modules = room;
}

static void find_gate(struct doctor *doctor)
{
    char *provider = ssh_facts_setting(&doctor->ssh, "pkcs11provider", 0);

    doctor->ssh_loads_gate = provider != NULL && vendors_is_p11gate(provider);
    if (doctor->ssh_loads_gate)
        doctor->gate = strdup(provider);
    else
        doctor->gate = strdup(MODULE_INSTALL_PATH);
    free(provider);
}

static void load(struct doctor *doctor)
{
    doctor->config = config_load_chosen(doctor->crypto, NULL, &doctor->messages);
}

/* In the child. */
static void try_to_load(FILE *out, void *context)
{
    (void)out;
    load(context);
}

/* Its files may be where nobody answers: we read only what a child has come back from. */
static bool can_be_read(struct doctor *doctor, struct printing *printing)
{
    struct report report = {0};
    struct bounded tried = bounded_call(try_to_load, doctor, CONFIGURATION_SECONDS);
    bool can = tried.end == BOUNDED_ENDED;

    if (!can)
        say_end(&report, &rows[0], &tried);
    print(printing, rows[0].name, &report);
    bounded_finish(&tried);
    report_finish(&report);
    return can;
}

static enum exit_code run(struct doctor *doctor, struct printing *printing)
{
    struct module_settings known[16] = {0};

    doctor->crypto = crypto_create();
    if (doctor->crypto != NULL && can_be_read(doctor, printing))
        load(doctor);
    if (doctor->config != NULL) {
        doctor->modules = doctor->config->settings.modules;
        doctor->n_modules = doctor->config->settings.n_modules;
    } else {
        take_known_libraries(doctor, known, sizeof(known) / sizeof(known[0]));
    }
    ssh_facts_read(&doctor->ssh, doctor->host);
    find_gate(doctor);
    if (doctor->crypto == NULL || doctor->gate == NULL)
        printing->incomplete = true;
    else
        examine_all(printing, doctor);
    free(doctor->gate);
    ssh_facts_finish(&doctor->ssh);
    config_destroy(doctor->config);
    crypto_destroy(doctor->crypto);
    message_list_finish(&doctor->messages);
    if (printing->incomplete)
        fprintf(stderr, "p11gate: no memory, or no process to be had\n");
    return printing->incomplete || printing->counts[FINDING_PROBLEM] > 0 ? EXIT_FAILED : EXIT_OK;
}

static enum exit_code run_and_sum_up(struct doctor *doctor, struct printing *printing)
{
    enum exit_code code;

    if (printing->json)
        fputc('[', stdout);
    code = run(doctor, printing);
    if (printing->json)
        fputs(count_all(printing) > 0 ? "\n]\n" : "]\n", stdout);
    else
        printf("problems: %zu, warnings: %zu, notes: %zu\n", printing->counts[FINDING_PROBLEM],
               printing->counts[FINDING_WARNING], printing->counts[FINDING_NOTE]);
    return code;
}

enum exit_code verb_doctor(int argc, char **argv)
{
    static const struct option options[] = {
        {"json", no_argument, NULL, 'j'},
        {NULL, 0, NULL, 0},
    };
    struct printing printing = {.colour = isatty(STDOUT_FILENO) == 1};
    struct doctor doctor = {.host = "localhost"};
    int option;

    opterr = 0;
    while ((option = getopt_long(argc, argv, "", options, NULL)) != -1) {
        if (option != 'j')
            return option_error(argv);
        printing.json = true;
    }
    if (optind + 1 < argc)
        return usage_error(argv[0], "expected at most a HOST, found `%s`", argv[argc - 1]);
    if (optind < argc)
        doctor.host = argv[optind];
    return run_and_sum_up(&doctor, &printing);
}
