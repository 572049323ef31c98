// SPDX-License-Identifier: BSD-2-Clause
#include "module/trust_log.h"

#include <time.h>
#include "common/log.h"

static void log_end(const struct trust_result *result)
{
    char text[32];
    struct tm utc;

    if (result->ends_soon && gmtime_r(&result->ends, &utc) != NULL &&
        strftime(text, sizeof(text), "%F %TZ", &utc) > 0)
        log_always("certificate: %s: ends %s", result->path, text);
}

/* Of a certificate that is hidden the log, which is the user's, says nothing. */
static bool is_shown(const struct token *token, const struct object *certificate)
{
    for (size_t i = 0; i < token->exposure.n_objects; i++) {
        if (token->exposure.objects[i].source == certificate)
            return true;
    }
    return false;
}

static void log_answer(void *data, const struct trust_answer *answer,
                       const struct object *certificate)
{
    const struct trust_result *result = &answer->result;

    if (answer->truth != TRUTH_TRUE || !is_shown(data, certificate))
        return;
    if (result->reason[0] != '\0')
        log_always("certificate: %s: trusted, although %s", result->path, result->reason);
    log_end(result);
}

static void count_out_of_date(void *data, const struct trust_answer *answer,
                              const struct object *certificate)
{
    size_t *count = data;

    (void)certificate;
    *count += answer->truth == TRUTH_FALSE && answer->result.out_of_date ? 1 : 0;
}

size_t trust_log_out_of_date(const struct token *token)
{
    size_t count = 0;

    if (token->trust != NULL)
        trust_memo_each(token->trust, count_out_of_date, &count);
    return count;
}

void trust_log(struct token *token)
{
    if (token->trust != NULL)
        trust_memo_each(token->trust, log_answer, token);
}
