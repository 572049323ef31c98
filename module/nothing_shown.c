// SPDX-License-Identifier: BSD-2-Clause
#include "module/nothing_shown.h"

#include <stdio.h>
#include <time.h>
#include "common/log.h"
#include "common/names.h"
#include "module/token.h"
#include "module/trust_log.h"

enum { CLOCK_TEXT = 128 };

/* The tokens that are there but not shown, for the one line that says so. */
static void count_hidden(const struct gate *gate, size_t *tokens, size_t *keys)
{
    *tokens = *keys = 0;
    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (!token->present || (token->info.flags & CKF_TOKEN_INITIALIZED) == 0)
            continue;
        *tokens += 1;
        *keys += token->exposure.n_keys;
    }
}

/* A token whose keys show only after login, which no rule names yet; NULL: there is none. */
static const struct token *unnamed_token(const struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (token->present && (token->info.flags & CKF_LOGIN_REQUIRED) != 0 &&
            (token->info.flags & CKF_TOKEN_INITIALIZED) != 0 && token->exposure.n_keys == 0)
            return token;
    }
    return NULL;
}

static int text_size(const CK_UTF8CHAR *text, size_t size)
{
    while (size > 0 && (text[size - 1] == ' ' || text[size - 1] == '\0'))
        size--;
    return (int)size;
}

/* Narrow searches passed over what is not permitted; the message counts it. */
static void read_all(struct gate *gate)
{
    for (size_t i = 0; i < gate->n_tokens; i++) {
        if ((gate->tokens[i]->info.flags & CKF_TOKEN_INITIALIZED) != 0)
            token_read_whole(gate->tokens[i]);
    }
}

/* A token that cannot be read is another matter than one without a permitted key. */
static bool say_errors(const struct gate *gate)
{
    bool said = false;

    for (size_t i = 0; i < gate->n_tokens; i++) {
        const struct token *token = gate->tokens[i];
        if (!token->present || token->error == CKR_OK)
            continue;
        log_error("token \"%.*s\" cannot be read: %s",
                  text_size(token->info.label, sizeof(token->info.label)),
                  (const char *)token->info.label, name_of_rv(token->error));
        said = true;
    }
    return said;
}

static const char *plural(size_t count)
{
    return count == 1 ? "" : "s";
}

/* A clock that is wrong, as after an empty battery, would lock everybody out without a word. */
static void describe_clock(const struct gate *gate, char text[CLOCK_TEXT])
{
    time_t now = time(NULL);
    size_t count = 0;
    char moment[32];
    struct tm utc;

    text[0] = '\0';
    for (size_t i = 0; i < gate->n_tokens; i++)
        count += trust_log_out_of_date(gate->tokens[i]);
    if (count > 0 && gmtime_r(&now, &utc) != NULL &&
        strftime(moment, sizeof(moment), "%F %TZ", &utc) > 0)
        snprintf(text, CLOCK_TEXT, "; %zu certificate%s not valid now, by a clock that says %s", count,
                 count == 1 ? " is" : "s are", moment);
}

void nothing_shown_say(struct gate *gate)
{
    const struct token *unnamed;
    size_t tokens, keys;
    char clock[CLOCK_TEXT];

    if (gate->said_nothing_shown || gate->broken)
        return;
    gate->said_nothing_shown = true;
    if (say_errors(gate))
        return;
    read_all(gate);
    count_hidden(gate, &tokens, &keys);
    describe_clock(gate, clock);
    unnamed = unnamed_token(gate);
    if (tokens == 0) {
        log_notice("nothing is shown: there is no token; is the card in the reader? See "
                   "`p11gate doctor`");
        return;
    }
    if (unnamed == NULL) {
        log_notice("nothing is shown: %zu key%s found on %zu token%s, none permitted by %s%s; see "
                   "`p11gate explain`", keys, plural(keys), tokens, plural(tokens),
                   gate->config->path, clock);
        return;
    }
    log_notice("nothing is shown: %zu key%s found on %zu token%s, none permitted by %s%s; if yours "
               "shows only after login, name its token in the rule: "
               "token: {label: \"%.*s\", serial: \"%.*s\"}; see `p11gate explain`", keys,
               plural(keys), tokens, plural(tokens), gate->config->path, clock,
               text_size(unnamed->info.label, sizeof(unnamed->info.label)),
               (const char *)unnamed->info.label,
               text_size(unnamed->info.serialNumber, sizeof(unnamed->info.serialNumber)),
               (const char *)unnamed->info.serialNumber);
}
