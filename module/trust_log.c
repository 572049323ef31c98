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

static void log_answer(void *data, const struct trust_answer *answer,
                       const struct object *certificate)
{
    const struct trust_result *result = &answer->result;

    (void)data;
    (void)certificate;
    if (answer->truth != TRUTH_TRUE)
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

void trust_log(const struct token *token)
{
    if (token->trust != NULL)
        trust_memo_each(token->trust, log_answer, NULL);
}
