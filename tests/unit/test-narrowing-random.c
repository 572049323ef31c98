// SPDX-License-Identifier: BSD-2-Clause
// Random system files, users' files, environments and tokens: what a user adds never shows more
// (policy.md 5), and takes away just what it says. NARROWING_SEED and NARROWING_ROUNDS repeat or
// lengthen it.
#include "tests/unit/filters_fixture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

static char system_path[256];

#undef SYSTEM_CONFIG
#define SYSTEM_CONFIG system_path
#include "config/choice.c"

static const char *const conditions[] = {
    "id: 01",
    "id: [02, 03]",
    "id: {prefix: 01}",
    "label: a",
    "label: {glob: 'b*'}",
    "label: {re: 'a|c'}",
    "label: '%u'",
    "fingerprint: @RSA_A",
    "fingerprint: [@P256_A, @P256_B]",
    "public_key: RSA_B.pub",
    "public_key: [P256_A.pub, ED25519_A.pub]",
    "key: {type: rsa}",
    "key: {type: [ec, ed25519]}",
    "key: {bits: '>=384'}",
    "key: {sign: true}",
    "key: {never_extractable: true}",
    "key: {local: true}",
    "token: {label: one}",
    "token: {label: two}",
    "slot: {id: 7}",
    "uri: 'pkcs11:type=cert'",
    "uri: 'pkcs11:token=one;id=%01;object=a'",
    "when: {user: '%u'}",
    "when: {user: nobody-at-all}",
    "when: {group: {glob: '*'}}",
    "when: {host: '%l'}",
    "when: {time: '00:00-24:00'}",
    "when: {time: Mon-Fri}",
};

static size_t any_of(size_t count)
{
    return (size_t)rand() % count;
}

static void put_condition(FILE *out, unsigned depth)
{
    static const char *const forms[] = {"not: {", "any: [{", "all: [{"};
    static const char *const ends[] = {"}", "}]", "}]"};
    size_t form = depth < 3 ? any_of(9) : 9;

    if (form >= 3) {
        fputs(conditions[any_of(sizeof(conditions) / sizeof(conditions[0]))], out);
        return;
    }
    fputs(forms[form], out);
    put_condition(out, depth + 1);
    if (form > 0 && any_of(2) == 0) {
        fputs("}, {", out);
        put_condition(out, depth + 1);
    }
    fputs(ends[form], out);
}

/* options: a rule of allow may have some. */
static void put_rules(FILE *out, const char *list, bool options)
{
    size_t count = options ? 1 + any_of(4) : any_of(3);

    fprintf(out, "%s: [", list);
    for (size_t i = 0; i < count; i++) {
        fputs(i > 0 ? ", {" : "{", out);
        put_condition(out, 0);
        if (options && any_of(3) == 0)
            fprintf(out, ", use: {order: %d, show_label: x}", (int)any_of(9) - 4);
        fputc('}', out);
    }
    fputs("]", out);
}

/* separator: between the lists. Some of the lists are left out. */
static void put_policy(FILE *out, const char *separator, bool needs_allow)
{
    fputs("log: {level: info}", out); /* something must be there */
    if (any_of(3) == 0) {
        fputs(separator, out);
        put_rules(out, "deny", false);
    }
    if (any_of(6) == 0) {
        fputs(separator, out);
        put_rules(out, "require", false);
    }
    if (needs_allow || any_of(8) > 0) {
        fputs(separator, out);
        if (any_of(3) == 0)
            fputs("allow: all", out);
        else
            put_rules(out, "allow", true);
    }
}

/* As fixture_policy(): names of keys for their fingerprints. */
static char *with_fingerprints(const char *text)
{
    char *made = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&made, &size);

    assert_non_null(out);
    for (; *text != '\0'; text++) {
        enum fixture_key key = RSA_A;

        if (*text != '@') {
            fputc(*text, out);
            continue;
        }
        while (strncmp(fixture_vector(key)->name, text + 1, strlen(fixture_vector(key)->name)) != 0)
            key++;
        fprintf(out, "\"%s\"", fixture_vector(key)->fingerprint);
        text += strlen(fixture_vector(key)->name);
    }
    assert_int_equal(fclose(out), 0);
    return made;
}

/* The caller frees. */
static char *random_text(const char *head, bool needs_allow, bool profiles)
{
    char *text = NULL;
    char *made;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    assert_non_null(out);
    fputs(head, out);
    put_policy(out, "\n", needs_allow);
    if (profiles) {
        fputs("\nprofiles: {one: {", out);
        put_policy(out, ", ", false);
        fputs("}, two: {", out);
        put_policy(out, ", ", false);
        fputs("}}", out);
    }
    fputc('\n', out);
    assert_int_equal(fclose(out), 0);
    made = with_fingerprints(text);
    free(text);
    return made;
}

static void random_objects(char *text, size_t room)
{
    static const char *const classes[] = {"public", "public", "cert", "ca", "private", "private"};
    static const char *const ids[] = {"01", "02", "03", "''", "-"};
    static const char *const words[] = {"", "", "label=a", "label=b", "label=bc", "label=c"};
    static const enum fixture_key keys[] = {RSA_A, RSA_B, P256_A, P256_B, ED25519_A};
    size_t count = 1 + any_of(9);
    size_t length = 0;

    text[0] = '\0';
    for (size_t i = 0; i < count; i++) {
        const char *class = classes[any_of(6)];

        length +=
            (size_t)snprintf(text + length, room - length, "%s%s %s %s %s%s", i > 0 ? "," : "",
                             class, fixture_vector(keys[any_of(5)])->name, ids[any_of(5)],
                             words[any_of(6)], class[1] == 'r' && any_of(3) == 0 ? " mute" : "");
        assert_true(length < room);
    }
}

/* The keys that are shown, as bits of enum fixture_key; and what else must not grow. */
struct shown {
    unsigned keys;
    size_t objects;
    bool may_show_token;
    bool names_token;
};

static struct shown show(const struct config *config, const char *objects, bool logged_in)
{
    struct shown shown = {0};
    struct fixture_token token;
    struct exposure exposure = {0};
    struct subject subject;

    if (config == NULL)
        return shown;
    fixture_token_init(&token, objects, logged_in);
    assert_true(policy_known_keys(&config->policy, &token.known));
    subject = fixture_subject(&token);
    subject.circumstances = config_circumstances(config);
    assert_true(exposure_build(&exposure, &token.objects, &token.refused, &token.known, NULL,
                               &config->policy, &subject));
    for (size_t i = 0; i < exposure.n_keys; i++) {
        for (enum fixture_key key = RSA_A; key < N_FIXTURE_KEYS; key++) {
            if (exposure.keys[i].verdict.reason == REASON_ALLOWED &&
                public_key_equal(exposure.keys[i].group->key, fixture_key(key)))
                shown.keys |= 1U << key;
        }
    }
    shown.objects = exposure.n_objects;
    shown.may_show_token = policy_may_show_token(&config->policy, &subject);
    shown.names_token = policy_names_token(&config->policy, &subject);
    exposure_finish(&exposure);
    fixture_token_finish(&token);
    return shown;
}

/* What a user may set before ssh starts. */
static const char *random_environment(void)
{
    static const char *const profiles[] = {NULL, NULL, NULL, "", NULL, "one", "two", "three"};
    static const char *const zones[] = {NULL, "UTC", "Pacific/Kiritimati"};
    const char *profile = profiles[any_of(8)];
    const char *zone = zones[any_of(3)];

    unsetenv("P11GATE_CONFIG");
    setenv("XDG_CONFIG_HOME", fixture_folder(), 1);
    if (any_of(2) == 0)
        setenv("P11GATE_CONFIG", fixture_path(any_of(8) == 0 ? "none.yaml" : "user.yaml"), 1);
    unsetenv("P11GATE_PROFILE");
    if (profile != NULL)
        setenv("P11GATE_PROFILE", profile, 1);
    unsetenv("TZ");
    if (zone != NULL)
        setenv("TZ", zone, 1);
    return any_of(8) == 0 ? "/usr/lib/pkcs11/p11gate-one.so" : "/usr/lib/pkcs11/p11gate.so";
}

/* Warnings and errors of random policies are of no interest. */
static struct config *load(const char *path, bool system, const char *module_file)
{
    struct message_list messages = {0};
    struct config *config = path != NULL
                                ? config_load(fixture_crypto(), path, system, &messages)
                                : config_load_chosen(fixture_crypto(), module_file, &messages);

    message_list_finish(&messages);
    return config;
}

struct totals {
    size_t system, both, both_loaded, narrowed;
};

static void compare(const char *objects, const char *system_text, const char *user_text,
                    const char *module_file, struct totals *totals)
{
    struct config *system = load(system_path, true, NULL);
    struct config *both = load(NULL, true, module_file);

    for (int logged_in = 0; logged_in < 2; logged_in++) {
        struct shown wide = show(system, objects, logged_in);
        struct shown narrow = show(both, objects, logged_in);

        if ((narrow.keys & ~wide.keys) != 0 || narrow.objects > wide.objects ||
            narrow.may_show_token > wide.may_show_token || narrow.names_token > wide.names_token)
            fail_msg("more is shown %s login, %s, profile %s:\n%s\nsystem:\n%s\nuser:\n%s",
                     fixture_when(logged_in), module_file, getenv("P11GATE_PROFILE"), objects,
                     system_text, user_text);
        totals->system += wide.keys != 0;
        totals->both += narrow.keys != 0;
        totals->narrowed += narrow.keys != wide.keys && narrow.keys != 0;
    }
    totals->both_loaded += both != NULL;
    config_destroy(system);
    config_destroy(both);
}

static unsigned long setting(const char *name, unsigned long otherwise)
{
    const char *text = getenv(name);

    return text != NULL ? strtoul(text, NULL, 10) : otherwise;
}

static void a_users_file_and_environment_never_show_more(void **state)
{
    unsigned seed =
        (unsigned)setting("NARROWING_SEED", (unsigned long)time(NULL) ^ (unsigned)getpid());
    unsigned long rounds = setting("NARROWING_ROUNDS", 2000);
    struct totals totals = {0};

    (void)state;
    print_message("# NARROWING_SEED=%u NARROWING_ROUNDS=%lu\n", seed, rounds);
    srand(seed);
    for (unsigned long round = 0; round < rounds; round++) {
        char objects[1024];
        char *system_text =
            random_text(any_of(12) == 0 ? "version: 1\nmodule: m.so\nuser_config: none\n"
                                        : "version: 1\nmodule: m.so\n",
                        true, false);
        char *user_text =
            random_text(any_of(20) == 0 ? "version: 1\nmodule: other.so\n" : "version: 1\n", false,
                        any_of(4) > 0);
        const char *module_file = random_environment();

        random_objects(objects, sizeof(objects));
        fixture_write_text("system.yaml", system_text);
        fixture_write_text("user.yaml", user_text);
        fixture_write_text("p11gate/config.yaml", user_text);
        compare(objects, system_text, user_text, module_file, &totals);
        free(system_text);
        free(user_text);
    }
    print_message("# shown by the system's file %zu times, with the user's %zu, by fewer keys %zu; "
                  "%zu users' files were right\n",
                  totals.system, totals.both, totals.narrowed, totals.both_loaded);
    assert_true(totals.both > rounds / 20 && totals.narrowed > rounds / 50);
    assert_true(totals.both < totals.system && totals.both_loaded > rounds / 4);
}

/* Beside a system's file that shows all, the user's decides as it would alone. */
static void a_users_file_takes_away_just_what_it_says(void **state)
{
    unsigned seed =
        (unsigned)setting("NARROWING_SEED", (unsigned long)time(NULL) ^ (unsigned)getpid());
    size_t shown = 0;

    (void)state;
    print_message("# NARROWING_SEED=%u\n", seed);
    srand(seed);
    unsetenv("P11GATE_PROFILE");
    unsetenv("TZ");
    setenv("P11GATE_CONFIG", fixture_path("user.yaml"), 1);
    fixture_write_text("system.yaml", "version: 1\nmodule: m.so\nallow: all\n");
    for (unsigned round = 0; round < 500; round++) {
        char objects[1024];
        char *user_text = random_text("version: 1\n", true, false);
        char *alone_text = NULL;
        struct config *both, *alone, *system;

        random_objects(objects, sizeof(objects));
        assert_true(asprintf(&alone_text, "module: m.so\n%s", user_text) > 0);
        fixture_write_text("user.yaml", user_text);
        fixture_write_text("alone.yaml", alone_text);
        both = load(NULL, true, NULL);
        alone = load(fixture_path("alone.yaml"), false, NULL);
        system = load(system_path, true, NULL);
        for (int logged_in = 0; logged_in < 2; logged_in++) {
            unsigned expected =
                show(alone, objects, logged_in).keys & show(system, objects, logged_in).keys;

            if (show(both, objects, logged_in).keys != expected)
                fail_msg("%s login: %s\n%s", fixture_when(logged_in), objects, user_text);
            shown += expected != 0;
        }
        config_destroy(both);
        config_destroy(alone);
        config_destroy(system);
        free(alone_text);
        free(user_text);
    }
    assert_true(shown > 100);
}

static int set_up(void **state)
{
    if (filters_set_up(state) != 0)
        return -1;
    snprintf(system_path, sizeof(system_path), "%s/system.yaml", fixture_folder());
    if (mkdir(fixture_path("p11gate"), 0700) != 0)
        return -1;
    for (enum fixture_key key = RSA_A; key < N_FIXTURE_KEYS;
         key++) { /* relative paths start there */
        char name[64];

        snprintf(name, sizeof(name), "p11gate/%s.pub", fixture_vector(key)->name);
        fixture_write_text(name, fixture_vector(key)->line);
    }
    return 0;
}

/* A system's file can be made by root alone; where another user runs the tests, this is what is
 * left of them. */
static void a_system_file_that_is_not_roots_shows_nothing(void **state)
{
    (void)state;
    fixture_write_text("system.yaml", "version: 1\nmodule: m.so\nallow: all\n");
    assert_null(load(NULL, true, NULL));
}

int main(void)
{
    const struct CMUnitTest roots[] = {
        cmocka_unit_test(a_users_file_and_environment_never_show_more),
        cmocka_unit_test(a_users_file_takes_away_just_what_it_says),
    };
    const struct CMUnitTest others[] = {
        cmocka_unit_test(a_system_file_that_is_not_roots_shows_nothing),
    };

    return geteuid() == 0 ? cmocka_run_group_tests(roots, set_up, filters_tear_down)
                          : cmocka_run_group_tests(others, set_up, filters_tear_down);
}
