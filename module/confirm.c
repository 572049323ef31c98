// SPDX-License-Identifier: BSD-2-Clause
#include "module/confirm.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>
#include "common/log.h"
#include "common/printable.h"
#include "module/askpass.h"

enum { LABEL_MAX = 255 };

/* The label as applications see it, or as the token has it. */
static void label_of(const struct exposed_key *key, char out[LABEL_MAX + 1])
{
    const char *shown = verdict_label(&key->verdict);
    const struct object *object = key->group->private_key;
    const CK_ATTRIBUTE *label = object != NULL ? object_label(object) : NULL;

    out[0] = '\0';
    if (shown != NULL)
        snprintf(out, LABEL_MAX + 1, "%s", shown);
    else if (label != NULL)
        snprintf(out, LABEL_MAX + 1, "%.*s",
                 (int)(label->ulValueLen < LABEL_MAX ? label->ulValueLen : LABEL_MAX),
                 (const char *)label->pValue);
    printable_make(out);
}

/* The caller frees; NULL without memory. */
static char *make_question(const struct token *token, const struct exposed_key *key,
                           const char *noun)
{
    char label[LABEL_MAX + 1], fingerprint[51] = "unknown", name[TOKEN_LABEL_SIZE];
    struct peer asking;
    char *question = NULL;

    label_of(key, label);
    gate_who_asks(token->gate, &asking);
    printable_make(asking.program);
    if (key->group->key != NULL)
        public_key_fingerprint_text(key->group->key, fingerprint);
    if (asprintf(&question,
                 "Allow a %s with the key \"%s\"?\nKey fingerprint %s\nToken %s\nProgram %s, "
                 "process %ld",
                 noun, label, fingerprint, token_label(token, name), asking.program,
                 (long)asking.pid) < 0)
        return NULL;
    return question;
}

/* Programs without a window for it print an answer; an empty one is a yes, as ssh-agent has it. */
static bool is_yes(enum program_end end, const char *answer, size_t size)
{
    return end == PROGRAM_SUCCEEDED && size == strlen(answer) &&
           (size == 0 || strcasecmp(answer, "yes") == 0);
}

static bool ask(const char *askpass, const char *question, const char *noun)
{
    char answer[64];
    size_t size;
    enum program_end end =
        askpass_run(askpass, question, "confirm", answer, sizeof(answer), &size);
    bool yes = is_yes(end, answer, size);

    if (end == PROGRAM_TIMED_OUT)
        log_error("a %s is refused: nobody confirmed it within %d seconds", noun,
                  CONFIRM_SECONDS);
    else if (!yes)
        log_error("a %s is refused: it was not confirmed (asked by %s)", noun, askpass);
    return yes;
}

bool confirm_use(const struct token *token, const struct exposed_key *key, const char *noun)
{
    const char *wrong;
    const char *askpass = askpass_find(&wrong);
    char *question;
    bool yes;

    if (askpass == NULL) {
        log_error("a %s is refused: it must be confirmed, and %s", noun, wrong);
        return false;
    }
    question = make_question(token, key, noun);
    yes = question != NULL && ask(askpass, question, noun);
    free(question);
    return yes;
}
