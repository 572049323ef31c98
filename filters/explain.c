// SPDX-License-Identifier: BSD-2-Clause
#include "filters/explain.h"

#include <stdlib.h>
#include "filters/selector_text.h"

typedef void writer(FILE *out, const struct selector *selector, const struct subject *subject);

/* No text is written as none. */
static bool write_text(struct explained_text *text, writer *write, const struct selector *selector,
                       const struct subject *subject)
{
    FILE *out = open_memstream(&text->bytes, &text->size);
    bool written;

    if (out == NULL)
        return false;
    write(out, selector, subject);
    written = ferror(out) == 0;
    if (fclose(out) != 0 || !written || text->size == 0) {
        free(text->bytes);
        *text = (struct explained_text){0};
        return written;
    }
    return true;
}

static void write_wanted(FILE *out, const struct selector *selector, const struct subject *subject)
{
    (void)subject;
    selector_write_wanted(out, selector);
}

/* Was a chain looked for and none found, where a token, or a login, might show the authorities between? */
static bool lacks_issuer(const struct selector *selector, const struct subject *subject)
{
    const struct trust_answer *answer =
        selector->kind == SELECTOR_CERTIFICATE_CA && subject->trust != NULL && subject->certificate != NULL
            ? trust_memo_ask(subject->trust, &selector->trust, subject->certificate)
            : NULL;

    return answer != NULL && answer->truth != TRUTH_TRUE && answer->result.path[0] == '\0';
}

/* Could a login, or without a token one, change the truth of a selector without children? */
static bool is_open(const struct selector *selector, const struct subject *subject,
                    enum truth truth)
{
    if (subject->private_visible || subject->group == NULL)
        return false;
    switch (selector_settled(selector)) {
    case SETTLED_ALWAYS:
        return false;
    case SETTLED_BY_TOKEN:
        return subject->token == NULL;
    case SETTLED_BY_PRIVATE_KEY:
        return subject->group->private_key == NULL;
    case SETTLED_BY_CERTIFICATE:
        return subject->certificate == NULL || lacks_issuer(selector, subject);
    case SETTLED_BY_LOGIN:
        return truth != TRUTH_TRUE;
    }
    return false;
}

/* Does the child by itself give its parent the truth that it has, now and after a login? */
static bool settles(const struct explanation *parent, const struct explanation *child)
{
    if (child->open)
        return false;
    return (parent->selector->kind == SELECTOR_ALL && child->truth == TRUTH_FALSE) ||
           (parent->selector->kind == SELECTOR_ANY && child->truth == TRUTH_TRUE);
}

static bool make_children(const struct selector *selector, const struct subject *subject,
                          struct explanation *explanation)
{
    bool settled = false;

    explanation->children = calloc(selector->n_children + 1, sizeof(*explanation->children));
    if (explanation->children == NULL)
        return false;
    for (size_t i = 0; i < selector->n_children; i++) {
        struct explanation *child = &explanation->children[i];
        if (!explanation_make(&selector->children[i], subject, child))
            return false;
        explanation->n_children++;
        explanation->open = explanation->open || child->open;
        settled = settled || settles(explanation, child);
    }
    explanation->open = explanation->open && !settled;
    return true;
}

bool explanation_make(const struct selector *selector, const struct subject *subject,
                      struct explanation *explanation)
{
    *explanation = (struct explanation){
        .selector = selector,
        .name = selector_name(selector),
        .truth = selector_match(selector, subject),
    };
    explanation->open = is_open(selector, subject, explanation->truth);
    if (make_children(selector, subject, explanation) &&
        write_text(&explanation->wanted, write_wanted, selector, subject) &&
        write_text(&explanation->seen, selector_write_seen, selector, subject))
        return true;
    explanation_finish(explanation);
    return false;
}

void explanation_finish(struct explanation *explanation)
{
    for (size_t i = 0; i < explanation->n_children; i++)
        explanation_finish(&explanation->children[i]);
    free(explanation->children);
    free(explanation->wanted.bytes);
    free(explanation->seen.bytes);
    *explanation = (struct explanation){0};
}
