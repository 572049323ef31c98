// SPDX-License-Identifier: BSD-2-Clause
#include "tool/listed_keys.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "tool/describe.h"
#include "tool/tokens.h"

typedef void writer(FILE *out, const struct token *token, const struct exposed_key *key);

/* What a writer writes. The caller frees; NULL without memory. */
static char *text_of(writer *write, const struct token *token, const struct exposed_key *key)
{
    char *text = NULL;
    size_t size;
    FILE *out = open_memstream(&text, &size);

    if (out == NULL)
        return NULL;
    write(out, token, key);
    if (fclose(out) != 0) {
        free(text);
        return NULL;
    }
    return text;
}

static void write_token(FILE *out, const struct token *token, const struct exposed_key *key)
{
    (void)key;
    describe_token(out, token);
}

static void write_head(FILE *out, const struct token *token, const struct exposed_key *key)
{
    char type[32], fingerprint[51];

    (void)token;
    describe_type(key, type, sizeof(type));
    describe_fingerprint(key, fingerprint);
    fprintf(out, "%-12s %s", type, fingerprint);
}

static void write_label(FILE *out, const struct token *token, const struct exposed_key *key)
{
    const CK_ATTRIBUTE *label = describe_label(token, key);

    if (label != NULL)
        describe_text(out, label->pValue, label->ulValueLen);
}

static void write_options(FILE *out, const struct token *token, const struct exposed_key *key)
{
    (void)token;
    describe_options(out, &key->verdict);
}

static void finish_key(struct listed_key *key)
{
    free(key->token_text);
    free(key->text);
    free(key->label);
    free(key->why);
    free(key->options);
    free(key->json);
}

static bool make_key(struct listed_key *made, const struct token *token,
                     const struct exposed_key *key)
{
    *made = (struct listed_key){
        .token = token->info,
        .token_text = text_of(write_token, token, key),
        .text = text_of(write_head, token, key),
        .label = text_of(write_label, token, key),
        .why = describe_verdict(&key->verdict),
        .options = text_of(write_options, token, key),
        .json = text_of(describe_json_key, token, key),
        .shown = key->verdict.reason == REASON_ALLOWED,
        .audited = verdict_is_audited(&key->verdict),
        .order = key->verdict.order,
    };
    memcpy(made->spki_hash, key->group->key->spki_hash, sizeof(made->spki_hash));
    if (made->token_text != NULL && made->text != NULL && made->label != NULL &&
        made->why != NULL && made->options != NULL && made->json != NULL)
        return true;
    finish_key(made);
    return false;
}

static bool add_key(struct listed_keys *list, const struct token *token,
                    const struct exposed_key *key)
{
    struct listed_key *grown = reallocarray(list->items, list->count + 1, sizeof(*grown));

    if (grown == NULL)
        return false;
    list->items = grown;
    if (!make_key(&grown[list->count], token, key))
        return false;
    list->count++;
    return true;
}

static bool add_token(struct listed_keys *list, const struct token *token)
{
    for (size_t i = 0; i < token->exposure.n_keys; i++) {
        const struct exposed_key *key = &token->exposure.keys[i];

        if (key->group->key != NULL && !add_key(list, token, key)) {
            fputs("p11gate: no memory\n", stderr);
            return false;
        }
    }
    return true;
}

static void say_shy(const struct token *token)
{
    fputs("p11gate: token ", stderr);
    describe_token(stderr, token);
    fputs(" shows its keys only after login: without --login they are not compared\n", stderr);
}

bool listed_keys_read(struct listed_keys *list, struct gate *gate, bool login)
{
    bool ok = true;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        struct token *token = gate->tokens[i];

        if (!tokens_prepare(token, true, login, &ok))
            continue;
        if (token_is_shy(token) && !login)
            say_shy(token);
        ok = add_token(list, token) && ok;
    }
    return ok;
}

static const struct listed_key *find(const struct listed_keys *list, const struct listed_key *key)
{
    for (size_t i = 0; i < list->count; i++) {
        const struct listed_key *other = &list->items[i];

        if (memcmp(other->spki_hash, key->spki_hash, sizeof(key->spki_hash)) == 0 &&
            token_info_is(&other->token, &key->token))
            return other;
    }
    return NULL;
}

static bool both_show(const struct listed_key *key)
{
    return key->shown && key->other != NULL && key->other->shown;
}

static size_t place_of(const struct listed_keys *list, const struct listed_key *key)
{
    size_t place = 1;

    for (size_t i = 0; i < list->count; i++) {
        const struct listed_key *one = &list->items[i];

        if (both_show(one) && one->order < key->order && token_info_is(&one->token, &key->token))
            place++;
    }
    return place;
}

static void set_others(struct listed_keys *list, const struct listed_keys *others)
{
    for (size_t i = 0; i < list->count; i++)
        list->items[i].other = find(others, &list->items[i]);
}

static void set_places(struct listed_keys *list)
{
    for (size_t i = 0; i < list->count; i++) {
        if (both_show(&list->items[i]))
            list->items[i].place = place_of(list, &list->items[i]);
    }
}

void listed_keys_pair(struct listed_keys *a, struct listed_keys *b)
{
    set_others(a, b);
    set_others(b, a);
    set_places(a);
    set_places(b);
}

void listed_keys_finish(struct listed_keys *list)
{
    for (size_t i = 0; i < list->count; i++)
        finish_key(&list->items[i]);
    free(list->items);
    *list = (struct listed_keys){0};
}
