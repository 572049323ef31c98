// SPDX-License-Identifier: BSD-2-Clause
// Fuzzes config_load() as a whole: a text that is read means the same when it is read again, and
// with a comment behind it; errors say where.
#include "config/config.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "filters/exposure.h"
#include "tests/fuzz/fuzz.h"

/* Public keys of a token, on which policies are asked. */
static const struct {
    const char *line, *label, *id;
} keys[] = {
    {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA2JHbsoDjADlVZz0d6RNubDUbEK84GyoHW0xWN431jk", "a", "\1"},
    {"ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIG1/+Aq4KX5knSnkDHsGQm8vhDU388OcMovl8FOfSDq1", "alice.b*",
     "\2"},
    {"ecdsa-sha2-nistp256 "
     "AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBKBCh7X1Y6GUEv+V8SvAHbzKu7u1TJ6pmM/"
     "cCxRVzYLmM62otWKU4Amc0nVElnj+lE9zeIQFl73fpUPIq4UjQNo=",
     "test-1", "\3"},
};

enum { N_KEYS = sizeof(keys) / sizeof(keys[0]), N_SLOTS = 2 };

static struct object *make_object(size_t index)
{
    struct object *object = calloc(1, sizeof(*object));
    struct attributes *list;

    FUZZ_REQUIRE(object != NULL);
    list = &object->attributes;
    *object = (struct object){.class = CKO_PUBLIC_KEY,
                              .vendor = index + 1,
                              .key = public_key_from_ssh_line(fuzz_crypto(), keys[index].line)};
    FUZZ_REQUIRE(object->key != NULL);
    object->key_type = object->key->type;
    object->curve = object->key->curve;
    FUZZ_REQUIRE(attributes_copy(list, &object->key->attributes) &&
                 attributes_set_ulong(list, CKA_CLASS, CKO_PUBLIC_KEY) &&
                 attributes_set_bool(list, CKA_PRIVATE, false) &&
                 attributes_set_bool(list, CKA_VERIFY, true) &&
                 attributes_set(list, CKA_LABEL, keys[index].label, strlen(keys[index].label)) &&
                 attributes_set(list, CKA_ID, keys[index].id, strlen(keys[index].id)));
    return object;
}

/* For as long as the process lives. */
static const struct object_list *token_objects(void)
{
    static struct object_list objects;

    for (size_t i = objects.count; i < N_KEYS; i++)
        FUZZ_REQUIRE(object_list_add(&objects, make_object(i)));
    return &objects;
}

static struct subject make_subject(size_t slot, CK_TOKEN_INFO *token)
{
    static const char *const groups[] = {"staff", NULL};
    const struct circumstances circumstances = {.user = "alice.b*",
                                                .groups = groups,
                                                .n_groups = 2,
                                                .host = "box",
                                                .has_time = true,
                                                .weekday = 1,
                                                .minute = 600};

    memset(token, ' ', sizeof(*token));
    memcpy(token->label, slot == 0 ? "one" : "two", 3);
    memcpy(token->serialNumber, slot == 0 ? "1234" : "5678", 4);
    return (struct subject){.slot_id = slot, .token = token, .circumstances = circumstances};
}

/* What the policy says of each key in each slot, and why, in text; the caller frees. */
static char *decide(const struct config *config)
{
    char *text = NULL;
    size_t size = 0;
    FILE *out = open_memstream(&text, &size);

    FUZZ_REQUIRE(out != NULL);
    for (size_t slot = 0; slot < N_SLOTS; slot++) {
        CK_TOKEN_INFO token;
        struct subject subject = make_subject(slot, &token);
        struct exposure exposure = {0};
        const struct refused_pairs refused = {0};
        struct known_keys known = {0};

        FUZZ_REQUIRE(policy_known_keys(&config->policy, &known));
        FUZZ_REQUIRE(exposure_build(&exposure, token_objects(), &refused, &known, NULL,
                                    &config->policy, &subject));
        for (size_t i = 0; i < exposure.n_keys; i++) {
            const struct verdict *verdict = &exposure.keys[i].verdict;

            fprintf(out, "%d/%u/%ld ", verdict->reason,
                    verdict->rule != NULL ? verdict->rule->position.line : 0, verdict->order);
        }
        fprintf(out, "%d %d\n", policy_may_show_token(&config->policy, &subject),
                policy_names_token(&config->policy, &subject));
        exposure_finish(&exposure);
        free(known.items);
    }
    FUZZ_REQUIRE(fclose(out) == 0);
    return text;
}

/* What loading the text comes to, in text; the caller frees. */
static char *load(const char *text, size_t size, bool *good)
{
    struct message_list messages = {0};
    struct config *config;
    char *said;

    fuzz_set_file(text, size);
    config = config_load(fuzz_crypto(), fuzz_config_path, false, &messages);
    FUZZ_REQUIRE((config == NULL) == (messages.errors > 0));
    fuzz_check_messages(&messages, fuzz_config_path, text, size);
    *good = config != NULL;
    said = config != NULL ? decide(config) : strdup(messages.items[0].text);
    FUZZ_REQUIRE(said != NULL);
    message_list_finish(&messages);
    config_destroy(config);
    return said;
}

static void require_same(const char *text, size_t size, const char *expected)
{
    bool good;
    char *again = load(text, size, &good);

    FUZZ_REQUIRE(strcmp(again, expected) == 0);
    free(again);
}

void fuzz_one(const uint8_t *data, size_t size)
{
    static const char comment[] = "\n# a comment\n";
    const char *text = (const char *)data;
    bool good;
    char *said = load(text, size, &good);
    char *longer = malloc(size + strlen(comment));

    FUZZ_REQUIRE(longer != NULL);
    require_same(text, size, said);
    if (good) {
        memcpy(longer, text, size);
        memcpy(longer + size, comment, strlen(comment));
        require_same(longer, size + strlen(comment), said);
    }
    free(longer);
    free(said);
}
