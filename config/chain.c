// SPDX-License-Identifier: BSD-2-Clause
#include "config/chain.h"

#include <stdlib.h>
#include <string.h>
#include "config/selectors.h"
#include "config/suggestion.h"
#include "config/trust_anchors.h"
#include "config/values.h"

void chain_read_key(struct reader *reader, const struct field *field, void *target)
{
    struct certificate_map *map = target;

    (void)reader;
    map->chain[field->schema->detail] = *field;
}

/* At most ten years: what is meant to be longer is meant to be `ignore`. */
static void read_seconds(struct reader *reader, const struct field *field, uint32_t *out)
{
    enum { MOST = 3650 * 24 * 3600 };
    unsigned long seconds;

    if (!value_duration(reader, field->value, &seconds))
        return;
    if (seconds > MOST)
        reader_expected(reader, field->value, "at most 3650d");
    else
        *out = (uint32_t)seconds;
}

void chain_read_grace(struct reader *reader, const struct field *field, void *target)
{
    read_seconds(reader, field, &((struct trust_wish *)target)->grace);
}

void chain_read_warn_before(struct reader *reader, const struct field *field, void *target)
{
    read_seconds(reader, field, &((struct trust_wish *)target)->warn_before);
}

void chain_read_check(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"crl"};
    size_t index;

    (void)target;
    value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index);
}

void chain_read_mode(struct reader *reader, const struct field *field, void *target)
{
    static const char *const names[] = {"soft", "hard"};
    static const enum trust_crl_mode modes[] = {TRUST_CRL_SOFT, TRUST_CRL_HARD};
    size_t index;

    if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        ((struct trust_wish *)target)->crl_mode = modes[index];
}

/* Zero would be "as long as the CRL says". */
void chain_read_max_age(struct reader *reader, const struct field *field, void *target)
{
    struct trust_wish *wish = target;
    size_t errors = reader->messages->errors;

    read_seconds(reader, field, &wish->crl_max_age);
    if (reader->messages->errors == errors && wish->crl_max_age == 0)
        reader_expected(reader, field->value, "a duration above zero");
}

static void report_anchor(struct reader *reader, const struct node *node)
{
    enum { MOST = 32 };
    const char *names[MOST];
    size_t count = 0;
    char found[READER_FOUND_SIZE];
    const char *near;

    while (count < MOST && trust_store_name(reader->trust, count) != NULL) {
        names[count] = trust_store_name(reader->trust, count);
        count++;
    }
    near = suggestion_find(node->text, names, count);
    reader_found(node, found);
    reader_error(reader, node->position, "found %s, expected a name that `trust_anchors` has%s%s%s",
                 found, near != NULL ? "; did you mean `" : "", near != NULL ? near : "",
                 near != NULL ? "`?" : "");
}

static void read_anchor(struct reader *reader, const struct node *node, void *target)
{
    const char *name = value_text(reader, node, "a name that `trust_anchors` has");
    const struct trust_source *source =
        name != NULL ? trust_store_find(reader->trust, name) : NULL;

    if (name == NULL)
        return;
    if (source == NULL)
        report_anchor(reader, node);
    else if (!trust_wish_add(target, source))
        reader_no_memory(reader);
}

/* `now`, `ignore`, or a map for who wants more. */
static void read_valid(struct reader *reader, const struct field *field, struct trust_wish *wish)
{
    static const char *const names[] = {"now", "ignore"};
    size_t index;

    if (field->value->kind == NODE_MAP)
        schema_read(field->schema->inner, reader, field->value, wish);
    else if (value_name(reader, field->value, names, sizeof(names) / sizeof(names[0]), &index))
        wish->ignore_dates = index == 1;
}

static bool is_said(const struct certificate_map *map, enum chain_key key)
{
    return map->chain[key].key != NULL;
}

/* Both are about what an authority says. */
static void check_alone(struct reader *reader, const struct certificate_map *map,
                        const struct trust_wish *wish)
{
    if (is_said(map, CHAIN_CA))
        return;
    if (is_said(map, CHAIN_REVOCATION))
        reader_error(reader, map->chain[CHAIN_REVOCATION].key->position,
                     "found `revocation` without `ca`, expected both: only a known authority says "
                     "what it has revoked");
    if (wish->ignore_dates)
        reader_error(reader, map->chain[CHAIN_VALID].key->position,
                     "found `valid: ignore` without `ca`, expected both: nothing else looks at "
                     "dates");
}

/* A CRL must have been named for each anchor, or hard mode would hide all and soft mode ask nobody. */
static void check_crls(struct reader *reader, const struct certificate_map *map,
                       const struct trust_wish *wish)
{
    for (size_t i = 0; i < wish->n_sources && is_said(map, CHAIN_REVOCATION); i++) {
        if (wish->sources[i]->crls == NULL) {
            reader_error(reader, map->chain[CHAIN_REVOCATION].key->position,
                         "found `revocation` for an authority without `crl`, expected `crl` in "
                         "`trust_anchors`: `%s`",
                         trust_anchors_name(wish->sources[i]->anchors));
        }
    }
}

static void read_wish(struct reader *reader, const struct certificate_map *map,
                      struct trust_wish *wish)
{
    const struct field *chain = map->chain;

    if (is_said(map, CHAIN_CA))
        value_each(reader, chain[CHAIN_CA].value, "a name that `trust_anchors` has", read_anchor,
                   wish);
    if (is_said(map, CHAIN_VALID))
        read_valid(reader, &chain[CHAIN_VALID], wish);
    if (is_said(map, CHAIN_REVOCATION)) {
        wish->crl_mode = TRUST_CRL_HARD;
        schema_read(chain[CHAIN_REVOCATION].schema->inner, reader, chain[CHAIN_REVOCATION].value,
                    wish);
    }
    check_alone(reader, map, wish);
    check_crls(reader, map, wish);
}

void chain_make(struct reader *reader, struct certificate_map *map)
{
    bool has_ca = is_said(map, CHAIN_CA);
    struct selector child = {
        .kind = has_ca ? SELECTOR_CERTIFICATE_CA : SELECTOR_CERTIFICATE_VALID};

    read_wish(reader, map, &child.trust);
    if (!has_ca && !is_said(map, CHAIN_VALID))
        return;
    child.position = map->chain[has_ca ? CHAIN_CA : CHAIN_VALID].key->position;
    selector_adopt(reader, &map->selector, &child);
}
