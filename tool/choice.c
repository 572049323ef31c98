// SPDX-License-Identifier: BSD-2-Clause
#include "tool/choice.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool/describe.h"

static bool can_be_chosen(const struct exposed_key *key)
{
    return key->verdict.reason == REASON_ALLOWED && key->group->key->has_fingerprint;
}

bool choice_add(struct choice *choice, const struct token *token)
{
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];
        struct candidate *grown;

        if (!can_be_chosen(key))
            continue;
        grown = reallocarray(choice->items, choice->count + 1, sizeof(*grown));
        if (grown == NULL)
            return false;
        choice->items = grown;
        grown[choice->count++] = (struct candidate){token, key, false};
    }
    return true;
}

void choice_print(const struct choice *choice)
{
    const struct token *last = NULL;

    for (size_t i = 0; i < choice->count; i++) {
        const struct candidate *candidate = &choice->items[i];
        const CK_ATTRIBUTE *label = describe_label(candidate->token, candidate->key);
        char type[32], fingerprint[51];

        if (candidate->token != last) {
            fputs("token ", stdout);
            describe_token(stdout, candidate->token);
            fputc('\n', stdout);
            last = candidate->token;
        }
        describe_type(candidate->key, type, sizeof(type));
        describe_fingerprint(candidate->key, fingerprint);
        printf("%4zu  %-12s %s \"", i + 1, type, fingerprint);
        if (label != NULL)
            describe_text(stdout, label->pValue, label->ulValueLen);
        puts("\"");
    }
}

bool choice_by_fingerprint(struct choice *choice, const char *fingerprint)
{
    bool found = false;

    for (size_t i = 0; i < choice->count; i++) {
        char own[51];
        describe_fingerprint(choice->items[i].key, own);
        if (strcmp(own, fingerprint) == 0)
            found = choice->items[i].chosen = true;
    }
    if (!found)
        fprintf(stderr, "p11gate init: no key with fingerprint %s is visible; does it show only "
                        "after login (--login)?\n", fingerprint);
    return found;
}

static void choose_none(struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++)
        choice->items[i].chosen = false;
}

/* "1 3": false with the reason when a word is not a number of the list. */
static bool choose_numbers(struct choice *choice, char *line)
{
    char *rest = NULL;

    choose_none(choice);
    for (char *word = strtok_r(line, " ,\t\r\n", &rest); word != NULL;
         word = strtok_r(NULL, " ,\t\r\n", &rest)) {
        char *end;
        errno = 0;
        unsigned long number = strtoul(word, &end, 10);
        if (!isdigit((unsigned char)word[0]) || errno != 0 || *end != '\0' || number < 1 ||
            number > choice->count) {
            printf("`%s` is not a number from 1 to %zu\n", word, choice->count);
            return false;
        }
        choice->items[number - 1].chosen = true;
    }
    return true;
}

static bool any_chosen(const struct choice *choice)
{
    for (size_t i = 0; i < choice->count; i++) {
        if (choice->items[i].chosen)
            return true;
    }
    return false;
}

bool choice_ask(struct choice *choice)
{
    char *line = NULL;
    size_t size = 0;
    bool understood = false;

    while (!understood) {
        printf("Which keys may ssh use? (numbers, separated by blanks) ");
        fflush(stdout);
        if (getline(&line, &size, stdin) < 0)
            break;
        understood = choose_numbers(choice, line);
    }
    free(line);
    if (!understood)
        choose_none(choice);
    return any_chosen(choice);
}

void choice_finish(struct choice *choice)
{
    free(choice->items);
    *choice = (struct choice){0};
}
